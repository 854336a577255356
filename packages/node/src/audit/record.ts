/**
 * Sealed records. Each is salt ‖ length ‖ JSON ‖ zeros, padded to steps of 256 bytes, so that its size
 * does not tell a hit from a miss. Records of a batch that lie under one key are sealed together, since
 * a seal costs most of a record's time whatever it holds. Alone in its batch, a record is its box; else
 * a batch is a list of groups: n ‖ n places in the batch ‖ length ‖ box, big-endian, 16 bits a place.
 */

import {
  ByteReader,
  type Bytes,
  concat,
  concatAll,
  equalSecret,
  hexDigits,
  type Json,
  jcs,
  parseJcs,
  type RandomBytes,
  utf8,
} from '@drempel/protocol/encoding'
import { sealedCommits, verifySealed } from '@drempel/protocol/log'
import { sha256 } from '../bulk/index.ts'
import { openWith, sealWith } from '../config/index.ts'
import type { SealedBatch } from '../store/index.ts'
import { fail } from './errors.ts'

const SALT = 32
const STEP = 256
const MAX_RECORD = 16 * 1024 * 1024
const MAX_BOX = 64 * 1024 * 1024

/** Salt, and the record's JSON behind it. */
export type PlainRecord = Bytes
export type KeyedRecord = {
  /** 32 bytes. */
  readonly commit: Bytes
  readonly plain: PlainRecord
  readonly key: Bytes
}

/** @throws ProtocolError `BAD_JSON` */
export function writeRecord(record: Json, random: RandomBytes): PlainRecord {
  return concat(random(SALT), jcs(record))
}

/** What the leaves of these records say of them, 32 bytes each. */
export function commitsTo(records: readonly PlainRecord[]): Bytes[] {
  return sealedCommits(records, sha256)
}

/** In bytes, as it is sealed. */
export function paddedLength({ length }: PlainRecord): number {
  return padded(length)
}

/**
 * @param first index in the log of the batch's first entry
 * @param records in the order of the entries
 */
export function sealRecords(
  origin: string,
  first: number,
  records: readonly KeyedRecord[],
  random: RandomBytes,
): Bytes {
  const [alone] = records
  if (alone !== undefined && records.length === 1) {
    const context = [utf8(contextOf(origin, '')), hexDigits(alone.commit)]
    return sealWith(alone.key, context, pad([alone.plain]), random)
  }
  const groups = new Map<Bytes, number[]>()
  records.forEach(({ key }, place) => {
    const places = groups.get(key)
    if (places === undefined) groups.set(key, [place])
    else places.push(place)
  })
  const parts = Array.from(groups, ([key, places]) => {
    const plaintext = pad(places.map((place) => records[place]!.plain))
    const box = sealWith(key, contextOf(origin, String(first)), plaintext, random)
    return [headOf(places, box.length), box]
  })
  return concatAll(parts.flat())
}

/** Opens records of one batch, each group of them once. */
export type RecordOpener = {
  readonly batch: SealedBatch
  /**
   * @param index in the log
   * @param keys of which one is its own
   * @throws ProtocolError `RECORD_DAMAGED`
   */
  open(index: number, keys: readonly Bytes[], commit: string): Json
}

export function recordOpener(origin: string, batch: SealedBatch): RecordOpener {
  const { first, count, sealed } = batch
  const opened = new Map<Bytes, { readonly key: Bytes; readonly records: readonly Opened[] }>()
  const boxes = new Map<number, { readonly box: Bytes; readonly place: number }>()
  const find = (index: number) => {
    if (count === 1) return { box: sealed, place: 0 }
    if (boxes.size === 0) findBoxes(sealed, boxes)
    return boxes.get(index - first) ?? fail('RECORD_DAMAGED')
  }
  const openBox = (box: Bytes, key: Bytes, context: string): readonly Opened[] => {
    const before = opened.get(box)
    if (before !== undefined && equalSecret(before.key, key)) return before.records
    const records = split(openWith(key, context, box))
    opened.set(box, { key, records })
    return records
  }
  return {
    batch,
    open(index, keys, commit) {
      for (const key of keys) {
        try {
          const { box, place } = find(index)
          const context = contextOf(origin, count === 1 ? commit : String(first))
          const { salt, text } = openBox(box, key, context)[place] ?? fail('RECORD_DAMAGED')
          verifySealed(commit, salt, text)
          return parseJcs(text)
        } catch {
          // told below
        }
      }
      return fail('RECORD_DAMAGED')
    },
  }
}

function pad(records: readonly PlainRecord[]): Bytes {
  let length = 0
  for (const plain of records) length += paddedLength(plain)
  const bytes = new Uint8Array(length)
  let at = 0
  for (const plain of records) {
    // The salt, the length of the rest, the rest.
    const rest = plain.length - SALT
    bytes.set(plain, at + 4)
    bytes.copyWithin(at, at + 4, at + 4 + SALT)
    for (let i = 0; i < 4; i++) bytes[at + SALT + i] = rest >>> (24 - 8 * i)
    at += paddedLength(plain)
  }
  return bytes
}

/** @param length of salt and record */
function padded(length: number): number {
  return Math.ceil((length + 4) / STEP) * STEP
}

function headOf(places: readonly number[], length: number): Bytes {
  const bytes = new Uint8Array(2 + 2 * places.length + 4)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, places.length)
  places.forEach((place, i) => void view.setUint16(2 + 2 * i, place))
  view.setUint32(bytes.length - 4, length)
  return bytes
}

/** For each place in the batch the box that holds its record, and which of the box's records that is. */
function findBoxes(
  sealed: Bytes,
  into: Map<number, { readonly box: Bytes; readonly place: number }>,
): void {
  const reader = new ByteReader(sealed)
  while (reader.remaining > 0) {
    const places = Array.from({ length: reader.u16() }, () => reader.u16())
    const box = reader.block(MAX_BOX)
    for (const [place, at] of places.entries()) into.set(at, { box, place })
  }
}

type Opened = { readonly salt: Bytes; readonly text: Bytes }

function split(plaintext: Bytes): readonly Opened[] {
  const records: Opened[] = []
  for (let at = 0; at < plaintext.length; ) {
    const reader = new ByteReader(plaintext.subarray(at))
    const record = { salt: reader.bytes(SALT), text: reader.block(MAX_RECORD) }
    records.push(record)
    at += padded(SALT + record.text.length)
  }
  return records
}

/**
 * Of a record alone its commitment, of a batch its place: what was moved to another entry does not open.
 * Within a batch the commitment says which record is whose.
 */
function contextOf(origin: string, name: string): string {
  return `record/${origin}/${name}`
}
