/**
 * Receipts, per c2sp.org/tlog-proof: index, inclusion proof and signed checkpoint as one text that
 * anyone can check offline. Drempel puts the leaf itself into the extra data, so that a receipt file
 * is complete; the leaf is believed because it hashes into the tree, not because it stands there.
 */

import { type Bytes, base64 } from '../encoding/index.ts'
import { type Checkpoint, type OpenCheckpoint, openCheckpoint } from './checkpoint.ts'
import { fail } from './errors.ts'
import { decodeBase64, type VerifierKey } from './key.ts'
import { type Hash, leafHash, verifyInclusion } from './merkle.ts'

export type Receipt = {
  readonly index: number
  readonly proof: readonly Hash[]
  /** The signed note, verbatim. */
  readonly checkpoint: string
  /** Unauthenticated: the leaf, or whatever another log puts there. */
  readonly extra?: Bytes
}

export type VerifiedReceipt = {
  readonly checkpoint: Checkpoint
  readonly index: number
  readonly leaf: Bytes
}

const HEADER = 'c2sp.org/tlog-proof@v1'
// A tree of 2^53 leaves has paths of 53 hashes; a leaf is one entry of a bundle.
const MAX_PROOF = 53
const MAX_EXTRA = 65_535
const MAX_LENGTH = 512 * 1024

/** @throws ProtocolError `BAD_RECEIPT` for what can't be parsed again */
export function encodeReceipt(receipt: Receipt): string {
  const text = textOf(checked(receipt))
  return text.length <= MAX_LENGTH ? text : fail('BAD_RECEIPT')
}

/**
 * Every line is the only text of what it says, and all are needed in this order, so that what parses
 * re-encodes to the same characters.
 * @throws ProtocolError `BAD_RECEIPT`; the checkpoint is not parsed
 */
export function parseReceipt(text: string): Receipt {
  return split(text)
}

/**
 * That a log's owner has signed a tree with this leaf in it.
 * @param key the log's, named as its origin (see `unverifiedCheckpoint` for whose to take)
 * @param leaf the leaf bytes; by default those in the receipt
 * @throws ProtocolError `BAD_RECEIPT`, `LEAF_MISSING`, `BAD_INCLUSION_PROOF`, or as `openCheckpoint`
 */
export function verifyReceipt(text: string, key: VerifierKey, leaf?: Bytes): VerifiedReceipt {
  return verifyParsed(parseReceipt(text), key, openCheckpoint, leaf)
}

/** The same for a receipt that was parsed already. @param open as `openCheckpoint`, maybe with a memory */
export function verifyParsed(
  { index, proof, checkpoint: note, extra }: Receipt,
  key: VerifierKey,
  open: OpenCheckpoint,
  leaf?: Bytes,
): VerifiedReceipt {
  const checkpoint = open(note, key)
  const entry = leaf ?? extra ?? fail('LEAF_MISSING')
  verifyInclusion(leafHash(entry), index, checkpoint.size, proof, checkpoint.root)
  return { checkpoint, index, leaf: entry }
}

function split(text: string): Receipt {
  const refuse = () => fail('BAD_RECEIPT')
  if (text.length > MAX_LENGTH) refuse()
  const end = text.indexOf('\n\n')
  if (end < 0) refuse()
  const [header, ...lines] = text.slice(0, end).split('\n')
  if (header !== HEADER) refuse()
  const extra = lines[0]?.startsWith('extra ') ? bytesOf(lines.shift()!.slice(6)) : undefined
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '') ?? refuse()
  return checked({
    index: Number(index[1]),
    proof: lines.map(bytesOf),
    checkpoint: text.slice(end + 2),
    ...(extra === undefined ? {} : { extra }),
  })
}

function checked(receipt: Receipt): Receipt {
  const { index, proof, extra } = receipt
  const isIndex = Number.isSafeInteger(index) && index >= 0
  const isProof = proof.length <= MAX_PROOF && proof.every(({ length }) => length === 32)
  const isExtra = extra === undefined || (extra.length > 0 && extra.length <= MAX_EXTRA)
  return isIndex && isProof && isExtra ? receipt : fail('BAD_RECEIPT')
}

function textOf({ index, proof, checkpoint, extra }: Receipt): string {
  const extraLine = extra === undefined ? '' : `extra ${base64(extra)}\n`
  const hashes = proof.map((hash) => `${base64(hash)}\n`).join('')
  return `${HEADER}\n${extraLine}index ${index}\n${hashes}\n${checkpoint}`
}

function bytesOf(text: string): Bytes {
  return decodeBase64(text, 'BAD_RECEIPT')
}
