/**
 * What a key generation is for. Every message carries the digest of it and every proof is made over
 * it, so that nothing of one convenant, kind, epoch, session, quorum or set of holders passes in
 * another.
 */

import {
  ByteReader,
  type Bytes,
  ByteWriter,
  equalBytes,
  fromUtf8,
  hashParts,
  isProtocolError,
  utf8,
} from '../encoding/index.ts'
import { MAX_INDEX } from '../group/index.ts'
import { fail } from './errors.ts'

export type DkgHolder = { readonly index: number; readonly id: string }

/** What a client knows of a key before it sees the transcript. */
export type KeyPurpose = {
  /** SHA-256 that names the convenant. */
  readonly convenantDigest: Bytes
  readonly kind: string
  readonly epoch: string
  readonly quorum: number
  /** In ascending order of index. */
  readonly holders: readonly DkgHolder[]
}

export type DkgContext = KeyPurpose & {
  /** 32 bytes, never used before; another attempt has another one. */
  readonly session: Bytes
}

const TEXT_LIMIT = 64
const HOLDER_LIMIT = 256

export function dkgContextDigest(context: DkgContext): Bytes {
  return hashParts('drempel/v1/dkg/context', encodeDkgContext(context))
}

/** @throws ProtocolError `BAD_CONTEXT`, `at` = the field */
export function encodeDkgContext(context: DkgContext): Bytes {
  assertDkgContext(context)
  const writer = new ByteWriter()
    .bytes(context.convenantDigest)
    .block(utf8(context.kind))
    .block(utf8(context.epoch))
    .bytes(context.session)
    .u16(context.quorum)
    .u16(context.holders.length)
  for (const { index, id } of context.holders) writer.u16(index).block(utf8(id))
  return writer.finish()
}

/** @throws ProtocolError `BAD_MESSAGE`, `BAD_CONTEXT` */
export function parseDkgContext(bytes: Bytes): DkgContext {
  const context = strictly('context', bytes, (reader) => {
    const text = () => fromUtf8(reader.block(TEXT_LIMIT))
    return {
      convenantDigest: reader.bytes(32),
      kind: text(),
      epoch: text(),
      session: reader.bytes(32),
      quorum: reader.u16(),
      holders: Array.from({ length: reader.u16() }, () => ({ index: reader.u16(), id: text() })),
    }
  })
  assertDkgContext(context)
  return context
}

/** @throws ProtocolError `BAD_CONTEXT` */
export function assertDkgContext(context: DkgContext): void {
  const { convenantDigest, session, quorum, holders } = context
  const check = (good: boolean, at: string) => good || fail('BAD_CONTEXT', { at })
  const isText = (text: string) => text !== '' && utf8(text).length <= TEXT_LIMIT
  check(convenantDigest.length === 32, 'convenantDigest')
  check(isText(context.kind), 'kind')
  check(isText(context.epoch), 'epoch')
  check(session.length === 32, 'session')
  check(holders.length >= 2 && holders.length <= HOLDER_LIMIT, 'holders')
  holders.forEach(({ index, id }, i) => {
    const before = i === 0 ? 0 : holders[i - 1]!.index
    check(Number.isInteger(index) && index > before && index <= MAX_INDEX, `holders.${i}.index`)
    check(isText(id), `holders.${i}.id`)
  })
  check(new Set(holders.map((holder) => holder.id)).size === holders.length, 'holders')
  // With a quorum of one each holder would have the key.
  check(Number.isInteger(quorum) && quorum >= 2 && quorum <= holders.length, 'quorum')
}

/** @throws ProtocolError `WRONG_CONTEXT`, `at` = the first field that differs */
export function assertPurpose(actual: KeyPurpose, expected: KeyPurpose): void {
  const check = (good: boolean, at: string) => good || fail('WRONG_CONTEXT', { at })
  check(equalBytes(actual.convenantDigest, expected.convenantDigest), 'convenantDigest')
  check(actual.kind === expected.kind, 'kind')
  check(actual.epoch === expected.epoch, 'epoch')
  check(actual.quorum === expected.quorum, 'quorum')
  check(actual.holders.length === expected.holders.length, 'holders')
  actual.holders.forEach(({ index, id }, i) => {
    const other = expected.holders[i]!
    check(index === other.index && id === other.id, `holders.${i}`)
  })
}

export function holderById(context: DkgContext, id: string): DkgHolder {
  const holder = context.holders.find((candidate) => candidate.id === id)
  return holder ?? fail('UNKNOWN_HOLDER', { culprit: id })
}

/** Reads a whole message; every fault of the reader is a `BAD_MESSAGE`. */
export function strictly<T>(what: string, bytes: Bytes, read: (reader: ByteReader) => T): T {
  try {
    const reader = new ByteReader(bytes)
    const value = read(reader)
    reader.finish()
    return value
  } catch (error) {
    if (isProtocolError(error)) return fail('BAD_MESSAGE', { at: `${what}: ${error.code}` })
    throw error
  }
}
