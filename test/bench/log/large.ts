/**
 * A log of a million entries without a million entries in memory: leaves are written again whenever a
 * bundle is fetched, only the hash tiles are kept. What fetching takes is the log's, not the verifier's.
 */

import { type Bytes, hex, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  emptyTree,
  encodeBundle,
  encodeEvent,
  encodeHashTile,
  type FetchTile,
  type Hash,
  leafHash,
  noteSigner,
  rootOf,
  signCheckpoint,
  TILE_WIDTH,
  type VerifierKey,
} from '@drempel/protocol/log'

export type LargeLog = {
  readonly size: number
  readonly note: string
  readonly key: VerifierKey
  readonly fetchTile: FetchTile
  leaf(index: number): Bytes
  /** Seconds that fetching took so far. */
  fetching(): number
}

const ORIGIN = 'drempel/bench/bank-noord/2026Q4'

export function makeLargeLog(size: number): LargeLog {
  const leaf = leafWriter()
  const levels: Hash[][] = []
  let tree = emptyTree()
  for (let from = 0; from < size; from += TILE_WIDTH) {
    const count = Math.min(TILE_WIDTH, size - from)
    const hashes = Array.from({ length: count }, (_, i) => leafHash(leaf(from + i)))
    const { state, stored } = appendLeaves(tree, hashes)
    for (const { level, hash } of stored) {
      if (level % 8 !== 0) continue
      levels[level / 8] ??= []
      levels[level / 8]!.push(hash)
    }
    tree = state
  }
  const signer = noteSigner(ORIGIN, signerFromSeed(new Uint8Array(32).fill(7)))
  const note = signCheckpoint({ origin: ORIGIN, size, root: rootOf(tree) }, [signer])
  let seconds = 0
  const fetchTile: FetchTile = ({ level, index, width }) => {
    const begin = performance.now()
    const from = index * TILE_WIDTH
    const bytes =
      level === 'entries'
        ? encodeBundle(Array.from({ length: width }, (_, i) => leaf(from + i)))
        : encodeHashTile(levels[level]!.slice(from, from + width))
    seconds += (performance.now() - begin) / 1000
    return bytes
  }
  return { size, note, key: signer.key, fetchTile, leaf, fetching: () => seconds }
}

/** Leaves as a check's intent has them, each with a txid, batch and commitment of its own. */
function leafWriter(): (index: number) => Bytes {
  const digest = (text: string) => text.repeat(64).slice(0, 64)
  const template = encodeEvent({
    v: 1,
    type: 'query.intent',
    time: '2026-11-07T14:05Z',
    software: 'drempel/0.1.0',
    retentionClass: 'standard',
    period: '2026Q4',
    role: 'asker',
    parties: ['bank-noord', 'bank-zuid', 'platform-west', 'telecom-oost'],
    convenant: { version: 1, digest: digest('5') },
    txid: digest('a').slice(0, 32),
    kind: 'host',
    protocol: 'check',
    sizeBucket: 16,
    purpose: 'fraude-onderzoek',
    rule: 'host-t2',
    epoch: '1',
    batch: digest('b'),
    commit: digest('c'),
  })
  const text = new TextDecoder().decode(template)
  const places = ['"txid":"', '"batch":"', '"commit":"'].map(
    (name) => text.indexOf(name) + name.length,
  )
  const number = new DataView(new ArrayBuffer(4))
  return (index) => {
    const bytes = template.slice()
    number.setUint32(0, index)
    const digits = utf8(hex(new Uint8Array(number.buffer)))
    for (const place of places) bytes.set(digits, place)
    return bytes
  }
}
