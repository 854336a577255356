/** A node in the caller's own process, for tests: nothing here is part of the published package. */

export { type LiveNode, type NodeOptions, startNode } from './app/index.ts'
export { initHome } from './config/index.ts'
