/** Logs as a node serves them to the command line. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatSignedConvenant, type SignedConvenant } from '@drempel/protocol/convenant'
import {
  appendLeaves,
  emptyTree,
  encodeBundle,
  encodeEvent,
  encodeHashTile,
  type Hash,
  type LeafFields,
  leafHash,
  noteSigner,
  parseTilePath,
  rootOf,
  signCheckpoint,
  tileRange,
} from '@drempel/protocol/log'
import { draft, FOUR, signedBy, signerOf } from '../protocol/convenant/world.ts'
import { digestOf } from '../protocol/log/events.ts'
import { nodeKey } from '../protocol/log/tree.ts'
import { type Answer, folder } from './world.ts'

export const ORIGIN = 'drempel/proef/bank-a/2027Q2'
export const SIZE = 600

export type Log = ReturnType<typeof makeLog>

/** A log of SIZE entries, signed by its owner. */
export function makeLog(size = SIZE, { origin = ORIGIN, owner = 'bank-a', salt = '' } = {}) {
  const events = Array.from(
    { length: size },
    (_, i): LeafFields => ({
      v: 1,
      type: i % 2 === 0 ? 'node.started' : 'node.stopped',
      time: '2027-06-15T12:00Z',
      software: 'drempel/0.1.0',
      retentionClass: 'standard',
      period: '2027Q2',
      commit: digestOf(`${salt}${i}`),
    }),
  )
  return logOf(events, { origin, owner })
}

export function logOf(
  events: readonly LeafFields[],
  { origin = ORIGIN, owner = 'bank-a', signer = signerOf(owner) } = {},
) {
  const leaves = events.map(encodeEvent)
  const size = leaves.length
  const { state, stored } = appendLeaves(emptyTree(), leaves.map(leafHash))
  const checkpoint = { origin, size, root: rootOf(state) }
  const note = signCheckpoint(checkpoint, [noteSigner(origin, signer)])
  const hashes = new Map<string, Hash>(stored.map((node) => [nodeKey(node), node.hash]))
  return { origin, size, leaves, note, hashes }
}

/** What a node serves of a log; `change` bends a tile or bundle on its way. */
export function serve(
  log: Log,
  path: string,
  change?: (bytes: Uint8Array, path: string) => Uint8Array,
): Answer {
  if (path === 'log')
    return { json: { origins: [{ origin: log.origin, size: log.size }], verifier: 'x' } }
  if (path === `log/${log.origin}/checkpoint`) return { text: log.note }
  if (path === `log/${log.origin}/cosigned`) return undefined
  const tilePath = path.slice(`log/${log.origin}/`.length)
  const tile = parseTilePath(tilePath)
  const range = tileRange(tile, log.size)
  if (range === undefined) return undefined
  const numbers = Array.from({ length: range.to - range.from }, (_, i) => range.from + i)
  const bytes =
    tile.level === 'entries'
      ? encodeBundle(numbers.map((i) => log.leaves[i]!))
      : encodeHashTile(
          numbers.map((index) => log.hashes.get(nodeKey({ level: range.level, index }))!),
        )
  return { bytes: change?.(bytes, tilePath) ?? bytes }
}

export const ALL = FOUR.map(({ id }) => id)

export function convenantFile(signed: SignedConvenant = signedBy(draft(), ALL)): string {
  const path = join(folder(), 'convenant.json')
  writeFileSync(path, formatSignedConvenant(signed))
  return path
}
