/** What a test puts in the place of a node's own methods, until it is over. */

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
  type Loose = Record<string, (...given: never[]) => Promise<unknown>>
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
