/** What crosses between the main thread and a worker. */

import { MessagePort } from 'node:worker_threads'
import { type Bytes, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import type { JobName } from './jobs.ts'

export type Order =
  | {
      readonly id: number
      readonly name: JobName
      readonly args: unknown
      /** The job's randomness where a run must repeat; null for the system's. */
      readonly seed: Bytes | null
    }
  | { readonly abort: number }

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: Fault }

/** Of an error that is none of ours only the class: its text may hold anything. */
export type Fault =
  | Pick<ProtocolError, 'code' | 'culprit' | 'evidence' | 'at' | 'hint'>
  | { readonly name: string }

export function faultOf(error: unknown): Fault {
  if (!isProtocolError(error)) return { name: error instanceof Error ? error.name : typeof error }
  const { code, culprit, evidence, at, hint } = error
  return { code, culprit, evidence, at, hint }
}

export function errorOf(fault: Fault): ProtocolError {
  if ('name' in fault) return new ProtocolError('WORKER_LOST', { at: fault.name })
  const { code, ...details } = fault
  const given = Object.entries(details).filter(([, value]) => value !== undefined)
  return new ProtocolError(code, Object.fromEntries(given))
}

/** Every typed array in a value made of plain objects and arrays. */
export function arraysIn(value: unknown): ArrayBufferView<ArrayBuffer>[] {
  if (ArrayBuffer.isView(value)) return [value as ArrayBufferView<ArrayBuffer>]
  if (typeof value !== 'object' || value === null || value instanceof MessagePort) return []
  return Object.values(value).flatMap(arraysIn)
}

/** Their buffers, each once. */
export function buffersIn(value: unknown): ArrayBuffer[] {
  return [...new Set(arraysIn(value).map(({ buffer }) => buffer))]
}
