/**
 * The audit leaf: what may be read about an event for the whole audit term. It says that something
 * was asked, evaluated, run or refused, between which members and under which rule; never about
 * whom, with what answer, or by which person: that is in the sealed record, which `commit` binds.
 *
 * A leaf is RFC 8785 JSON of a strict schema; the bytes that hash into the tree are its only form.
 * An auditor reads millions of them, so a leaf that plain.ts knows at sight is not put to the schema,
 * which takes several times as long, says the same, and gives the errors.
 */

import { type Bytes, fromUtf8, type Json, jcs, parseJcs } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { framed, readPlain, writePlain } from './plain.ts'
import { type EventOf, type EventType, type LeafFields, validate } from './schema.ts'
import type { LeafFrame } from './shapes.ts'

export { EVENT_TYPES, type EventOf, type EventType, type LeafFields } from './schema.ts'
export type { LeafFrame } from './shapes.ts'

/** What differs from event to event; the node adds the rest to each alike. */
export type EventBody<Type extends EventType = EventType> = Type extends EventType
  ? Omit<EventOf<Type>, 'v' | 'time' | 'period' | 'software' | 'convenant' | 'commit'>
  : never

// No event that the schema allows is longer; an entry bundle could carry 65,535.
const MAX_LEAF = 16 * 1024

/** The leaf bytes. @throws ProtocolError `BAD_EVENT`, `at` the first bad field */
export function encodeEvent(event: LeafFields): Bytes {
  return noLonger(writePlain(event) ?? jcs(validate(event) as Json))
}

/**
 * As `encodeEvent`, of what is said of an event in a frame that many have in common.
 * @param frame the same object for as long as its values are the same: then it is looked at once
 * @param commit 32 bytes
 */
export function encodeFramed(said: object, frame: LeafFrame, commit: Bytes): Bytes {
  const value = said as { readonly [name: string]: unknown }
  return noLonger(
    writePlain(value, frame, commit) ?? jcs(validate(framed(value, frame, commit)) as Json),
  )
}

function noLonger(leaf: Bytes): Bytes {
  return leaf.length > MAX_LEAF ? fail('BAD_EVENT') : leaf
}

/** Reads leaf bytes, which must be in canonical form. @throws ProtocolError `BAD_EVENT` */
export function parseEvent(leaf: Bytes): LeafFields {
  if (leaf.length > MAX_LEAF) fail('BAD_EVENT')
  let value: Json
  try {
    const plain = readPlain(fromUtf8(leaf))
    if (plain !== undefined) return plain
    value = parseJcs(leaf)
  } catch {
    return fail('BAD_EVENT')
  }
  return validate(value)
}
