import { defaultGroup } from '@drempel/protocol/group'

/** The backend that the node computes with, in its main thread and in its workers. */
export const group = defaultGroup()
