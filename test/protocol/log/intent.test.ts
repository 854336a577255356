import { isProtocolError, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  batchDigest,
  type EventOf,
  type ExpectedIntent,
  emptyTree,
  encodeEvent,
  encodeReceipt,
  type Hash,
  inclusionProof,
  type LeafFields,
  leafHash,
  noteSigner,
  parseReceipt,
  rootOf,
  signCheckpoint,
  timeOf,
  unverifiedCheckpoint,
  verifyIntent,
} from '@drempel/protocol/log'
import { describe, expect, test } from 'vitest'
import { digestOf, intent } from './events.ts'
import { memoryReader, nodeKey } from './tree.ts'

const asker = signerFromSeed(new Uint8Array(32).fill(3))
const stranger = signerFromSeed(new Uint8Array(32).fill(4))
const origin = 'drempel/proef/bank-a/2026Q4'
const batch = new Uint8Array(2 * 32).fill(5)

const logged: EventOf<'query.intent'> = { ...intent, batch: batchDigest(batch) }

const expected: ExpectedIntent = {
  asker: 'bank-a',
  signingKey: asker.publicKey,
  holder: 'bank-b',
  convenant: { id: 'proef', ...intent.convenant },
  txid: intent.txid,
  protocol: 'check',
  kind: 'iban',
  purpose: 'account-opening',
  rule: 'two-partners',
  batch,
  count: 2,
  now: timeOf(intent.time) + 59_000,
  maxAge: 300_000,
}

/** The asker's receipt for a leaf in a log of five entries. */
async function receiptOf(leaf: Uint8Array, name = origin, signer = asker): Promise<string> {
  const others = ['a', 'b', 'c', 'd'].map(utf8)
  const leaves = others.toSpliced(2, 0, leaf).map(leafHash)
  const { state, stored } = appendLeaves(emptyTree(), leaves)
  const nodes = new Map<string, Hash>(stored.map((node) => [nodeKey(node), node.hash]))
  const head = { origin: name, size: 5, root: rootOf(state) }
  return encodeReceipt({
    index: 2,
    proof: await inclusionProof(2, 5, memoryReader(nodes)),
    checkpoint: signCheckpoint(head, [noteSigner(name, signer)]),
    extra: leaf,
  })
}

const honest = await receiptOf(encodeEvent(logged))

function refusal(receipt: string, request: ExpectedIntent): { code: string; at?: string } {
  try {
    verifyIntent(receipt, request)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    expect(error.culprit).toBe(request.asker)
    expect(error.evidence).toEqual(utf8(receipt))
    return error.at === undefined ? { code: error.code } : { code: error.code, at: error.at }
  }
  return { code: 'accepted' }
}

test('an honest intent gives the leaf', () => {
  const { leaf, checkpoint, note } = verifyIntent(honest, expected)
  expect(leaf).toEqual(logged)
  expect(parseReceipt(honest).checkpoint).toBe(note)
  expect(unverifiedCheckpoint(note)).toEqual(checkpoint)
  for (const holder of intent.parties) verifyIntent(honest, { ...expected, holder })
})

describe('a request other than the one logged', () => {
  const others: [string, Partial<ExpectedIntent>, string][] = [
    ['another holder', { holder: 'bank-z' }, 'parties'],
    ['another transaction', { txid: 'ff'.repeat(16) }, 'txid'],
    ['another protocol', { protocol: 'screen' }, 'protocol'],
    ['another kind', { kind: 'phone' }, 'kind'],
    ['another purpose', { purpose: 'payment' }, 'purpose'],
    ['another rule', { rule: 'three-partners' }, 'rule'],
    ['an epoch that the leaf does not name', { epoch: '12' }, 'epoch'],
    ['another version', { convenant: { ...expected.convenant, version: 4 } }, 'convenant.version'],
    [
      'another text of the convenant',
      { convenant: { ...expected.convenant, digest: digestOf('x') } },
      'convenant.digest',
    ],
    ['another convenant', { convenant: { ...expected.convenant, id: 'ander' } }, 'origin'],
    ["another member's entry", { asker: 'bank-c' }, 'origin'],
    ['one bit of the batch', { batch: batch.with(40, 4) }, 'batch'],
    ['a shorter batch', { batch: batch.subarray(32), count: 1 }, 'batch'],
    ['more elements than the bucket', { count: 17 }, 'sizeBucket'],
  ]
  test.each(others)('%s', (_, change, at) => {
    expect(refusal(honest, { ...expected, ...change })).toEqual({ code: 'INTENT_MISMATCH', at })
  })

  test('without the purpose that the leaf names', () => {
    const { purpose, ...rest } = expected
    expect(refusal(honest, rest)).toEqual({ code: 'INTENT_MISMATCH', at: 'purpose' })
  })
})

describe('a leaf other than an intent of the asker', () => {
  const leafOf = (change: Partial<EventOf<'query.intent'>>) =>
    encodeEvent({ ...logged, ...change } as LeafFields)

  test.each<[string, Uint8Array, string, string?]>([
    ['a result', resultLeaf(), 'INTENT_MISMATCH', 'type'],
    ['in the role of a holder', leafOf({ role: 'key-holder' }), 'INTENT_MISMATCH', 'role'],
    ['for other holders', leafOf({ parties: ['bank-z'] }), 'INTENT_MISMATCH', 'parties'],
    ['not canonical', utf8(JSON.stringify(logged)), 'BAD_EVENT'],
    ['no event', utf8('{}'), 'BAD_EVENT'],
  ])('%s', async (_, leaf, code, at) => {
    expect(refusal(await receiptOf(leaf), expected)).toMatchObject(
      at === undefined ? { code } : { code, at },
    )
  })

  test('tagging names no purpose, and neither does its request', async () => {
    const { purpose, rule, ...tag } = logged
    const receipt = await receiptOf(encodeEvent({ ...tag, protocol: 'tag', epoch: '12' }))
    const { purpose: _, rule: __, ...request } = expected
    const tagging = { ...request, protocol: 'tag', epoch: '12' } as const
    expect(verifyIntent(receipt, tagging).leaf.protocol).toBe('tag')
    expect(refusal(receipt, { ...tagging, purpose: 'account-opening' }).at).toBe('purpose')
    expect(refusal(receipt, { ...tagging, epoch: '13' }).at).toBe('epoch')
  })
})

describe("a log that is not the asker's", () => {
  test('signed by another key', async () => {
    const forged = await receiptOf(encodeEvent(logged), origin, stranger)
    expect(refusal(forged, expected).code).toBe('NO_KNOWN_SIGNATURE')
  })

  test('a name outside Drempel', async () => {
    const foreign = await receiptOf(encodeEvent(logged), 'example.com/log')
    expect(refusal(foreign, expected).code).toBe('BAD_ORIGIN')
  })

  test('a leaf that was never appended', async () => {
    const leaf = encodeEvent({ ...logged, txid: 'ee'.repeat(16) })
    const extra = (await receiptOf(leaf)).split('\n')[1]!
    const swapped = honest.split('\n').with(1, extra).join('\n')
    expect(refusal(swapped, { ...expected, txid: 'ee'.repeat(16) }).code).toBe(
      'BAD_INCLUSION_PROOF',
    )
  })

  test('no receipt at all', () => {
    expect(refusal('', expected).code).toBe('BAD_RECEIPT')
    expect(refusal('c2sp.org/tlog-proof@v1\nindex 0\n\n', expected).code).toBe('BAD_NOTE')
  })
})

test('an intent is fresh for maxAge on either side of the clock', () => {
  const at = (offset: number) => refusal(honest, { ...expected, now: timeOf(intent.time) + offset })
  expect(at(300_000).code).toBe('accepted')
  expect(at(-300_000).code).toBe('accepted')
  expect(at(300_001).code).toBe('INTENT_STALE')
  expect(at(-300_001).code).toBe('INTENT_STALE')
  expect(at(Number.NaN).code).toBe('INTENT_STALE')
})

test('the batch digest is plain SHA-256', () => {
  expect(batchDigest(new Uint8Array(0))).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
  expect(batchDigest(utf8('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

function resultLeaf(): Uint8Array {
  return encodeEvent({ ...logged, type: 'query.result', status: 'answered' })
}
