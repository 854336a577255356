import { failWith, isProtocolError } from '@drempel/protocol/encoding'

const CODES = [
  'POOL_CLOSED', // the node is ending
  'POOL_FULL', // more is waiting than memory should hold
  'WORKER_LOST', // the thread ended in the middle of the job; `at` is the class of its error
] as const

export type WorkerErrorCode = (typeof CODES)[number]

// Annotated, so that the compiler knows that nothing follows a call.
export const fail: ReturnType<typeof failWith<WorkerErrorCode>> = failWith<WorkerErrorCode>()

/** A fault of this machine, whatever the job was about: it says nothing of what another member sent. */
export function isWorkerFault(error: unknown): boolean {
  return isProtocolError(error) && CODES.some((code) => code === error.code)
}
