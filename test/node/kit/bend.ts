/** What a test puts in the place of a node's own methods, until it is over. */

import type { Store } from '@drempel/node/internal/store'
import { ProtocolError } from '@drempel/protocol/encoding'
import { onTestFinished } from 'vitest'

/** @returns puts the honest one back before the test is over */
export function bend<Of extends object, Name extends keyof Of>(
  of: Of,
  name: Name,
  how: (honest: Of[Name]) => Of[Name],
): () => void {
  const bent = of as { -readonly [One in keyof Of]?: Of[One] }
  const honest = of[name]
  const own = Object.hasOwn(of, name)
  bent[name] = how(typeof honest === 'function' ? honest.bind(of) : honest)
  const restore = () => {
    if (own) bent[name] = honest
    else delete bent[name]
  }
  onTestFinished(restore)
  return restore
}

type Loose = Record<string, (...given: never[]) => Promise<unknown>>

type Held = {
  /** A call waits. */
  readonly reached: Promise<void>
  readonly release: () => void
}

/** Calls that fit wait until they are let go. */
export function hold(
  of: object,
  name: string,
  fits: (...given: never[]) => boolean = () => true,
): Held {
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  bend(of as Loose, name, (honest) => async (...given) => {
    if (fits(...given)) {
      reached.resolve()
      await gate.promise
    }
    return honest(...given)
  })
  onTestFinished(() => gate.resolve())
  return { reached: reached.promise, release: gate.resolve }
}

/** What makes a step of a session durable: a method of the store, and which of its calls. */
export type DurableStep = {
  readonly step: string
  readonly of: (store: Store) => object
  readonly name: string
  readonly meant?: (...given: never[]) => boolean
}

/** A step that fails on a full disk: as if nothing was written, or after all of it was. */
export type Fault = 'lost' | 'persisted'

/**
 * The next call of it that is meant fails so; those before and after it do not.
 * @returns whether it did by now, and what puts the honest one back
 */
export function failOnce(
  of: object,
  name: string,
  fault: Fault,
  meant: (...given: never[]) => boolean = () => true,
): { readonly failed: () => boolean; readonly restore: () => void } {
  let failed = false
  const restore = bend(of as Loose, name, (honest) => async (...given) => {
    if (failed || !meant(...given)) return honest(...given)
    failed = true
    if (fault === 'persisted') await honest(...given)
    throw new ProtocolError('STORE_FAILED', { at: 'SQLITE_FULL' })
  })
  return { failed: () => failed, restore }
}

/** Long enough for an answer that nothing keeps. */
export const moment = () => new Promise((done) => setTimeout(done, 300))

/** The next call of it fails as on a full disk. */
export function failing<Name extends string>(
  of: { readonly [One in Name]: (...given: never[]) => Promise<unknown> },
  name: Name,
): void {
  const restore = bend(of, name, () => () => {
    restore()
    return Promise.reject(new ProtocolError('STORE_FAILED'))
  })
}
