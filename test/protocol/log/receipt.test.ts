import { base64, fromBase64, hex, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  cosigner,
  emptyTree,
  encodeReceipt,
  type Hash,
  inclusionProof,
  leafHash,
  noteSigner,
  parseNote,
  parseReceipt,
  rootOf,
  signCheckpoint,
  signNote,
  verifyReceipt,
} from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryReader, nodeKey, numberedLeaves } from './tree.ts'

const code = (code: string) => expect.objectContaining({ code })

const SIZE = 11
const origin = 'drempel/proef/bank-a/2026Q4'
const log = noteSigner(origin, signerOf(1))
const leaves = numberedLeaves(SIZE)
const { state, stored } = appendLeaves(emptyTree(), leaves.map(leafHash))
const nodes = new Map<string, Hash>(stored.map((node) => [nodeKey(node), node.hash]))
const checkpoint = signCheckpoint({ origin, size: SIZE, root: rootOf(state) }, [log])

async function receiptOf(index: number, extra?: Uint8Array): Promise<string> {
  const proof = await inclusionProof(index, SIZE, memoryReader(nodes))
  return encodeReceipt({ index, proof, checkpoint, ...(extra === undefined ? {} : { extra }) })
}

const text = await receiptOf(6, leaves[6]!)
const lines = text.split('\n')

test('has the form of the specification', () => {
  expect(lines.slice(0, 3)).toEqual([
    'c2sp.org/tlog-proof@v1',
    `extra ${base64(leaves[6]!)}`,
    'index 6',
  ])
  expect(lines.slice(3, 7).map((line) => fromBase64(line).length)).toEqual([32, 32, 32, 32])
  expect(text.slice(text.indexOf('\n\n') + 2)).toBe(checkpoint)
})

test('every entry, with the leaf inside or beside it', async () => {
  for (let index = 0; index < SIZE; index++) {
    const inside = verifyReceipt(await receiptOf(index, leaves[index]!), log.key)
    expect(hex(inside.leaf)).toBe(hex(leaves[index]!))
    expect([inside.index, inside.checkpoint.size]).toEqual([index, SIZE])
    expect(verifyReceipt(await receiptOf(index), log.key, leaves[index]!)).toEqual(inside)
  }
})

test('of a log with one entry', () => {
  const one = appendLeaves(emptyTree(), [leafHash(leaves[0]!)]).state
  const note = signCheckpoint({ origin, size: 1, root: rootOf(one) }, [log])
  const receipt = encodeReceipt({ index: 0, proof: [], checkpoint: note })
  expect(receipt.startsWith('c2sp.org/tlog-proof@v1\nindex 0\n\ndrempel/')).toBe(true)
  expect(parseReceipt(receipt)).toEqual({ index: 0, proof: [], checkpoint: note })
  verifyReceipt(receipt, log.key, leaves[0]!)
})

test('keeps cosignatures verbatim', () => {
  const witness = cosigner('witness.example/w1', signerOf(2), 1)
  const { text: body, signatures } = parseNote(checkpoint)
  const cosigned = signNote(body, [witness], signatures)
  const receipt = { ...parseReceipt(text), checkpoint: cosigned }
  expect(parseReceipt(encodeReceipt(receipt)).checkpoint).toBe(cosigned)
  verifyReceipt(encodeReceipt(receipt), log.key)
})

describe('parsing refuses', () => {
  const line = (at: number, value: string) => lines.with(at, value).join('\n')
  test.each([
    ['another header', line(0, 'c2sp.org/tlog-proof@v2')],
    ['no header', lines.slice(1).join('\n')],
    ['a space after the header', line(0, `${lines[0]} `)],
    ['loose extra data', line(1, 'extra !!')],
    ['empty extra data', line(1, 'extra ')],
    ['two extra lines', lines.toSpliced(1, 0, lines[1]!).join('\n')],
    ['extra data behind the index', lines.with(1, lines[2]!).with(2, lines[1]!).join('\n')],
    ['no index', lines.toSpliced(2, 1).join('\n')],
    ['a negative index', line(2, 'index -6')],
    ['a leading zero', line(2, 'index 06')],
    ['no number', line(2, 'index six')],
    ['an index of 2^53', line(2, 'index 9007199254740992')],
    ['a short hash', line(3, 'AAAA')],
    ['a long hash', line(3, base64(new Uint8Array(64)))],
    ['an unpadded hash', line(3, lines[3]!.replace('=', ''))],
    ['54 hashes', lines.toSpliced(3, 0, ...Array(50).fill(lines[3])).join('\n')],
    ['no blank line', text.replace('\n\n', '\n')],
    ['carriage returns', text.replaceAll('\n', '\r\n')],
    ['nothing', ''],
    ['half a megabyte', `${text}${'x'.repeat(512 * 1024)}`],
  ])('%s', (_, bad) => {
    expect(bad).not.toBe(text)
    expect(() => parseReceipt(bad)).toThrow(code('BAD_RECEIPT'))
  })

  test('any text but the one that is written for what it says', () => {
    const characters = 'Aa0=/+ \n\r\u0000\u00e9\ud800indexextra'
    const changes = fc.record({
      at: fc.nat(text.length),
      cut: fc.nat(2),
      put: fc.string({ unit: fc.constantFrom(...characters), maxLength: 2 }),
    })
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), (list) => {
        const bent = list.reduce(
          (before, { at, cut, put }) => before.slice(0, at) + put + before.slice(at + cut),
          text,
        )
        try {
          expect(encodeReceipt(parseReceipt(bent))).toBe(bent)
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_RECEIPT' })
        }
      }),
      { numRuns: 3_000 },
    )
  })

  test('what could not be parsed again is not written', () => {
    const receipt = parseReceipt(text)
    for (const bad of [
      { ...receipt, index: -1 },
      { ...receipt, index: 2 ** 53 },
      { ...receipt, proof: [utf8('short')] },
      { ...receipt, extra: new Uint8Array(65_536) },
    ]) {
      expect(() => encodeReceipt(bad)).toThrow(code('BAD_RECEIPT'))
    }
  })
})

describe('verifying refuses', () => {
  test('a leaf that is not in the tree, or at another place', async () => {
    expect(() => verifyReceipt(text, log.key, leaves[5]!)).toThrow(code('BAD_INCLUSION_PROOF'))
    expect(() => verifyReceipt(lines.with(2, 'index 5').join('\n'), log.key)).toThrow(
      code('BAD_INCLUSION_PROOF'),
    )
    expect(() => verifyReceipt(lines.with(2, 'index 11').join('\n'), log.key)).toThrow(
      code('BAD_INCLUSION_PROOF'),
    )
    const forged = await receiptOf(6, utf8('forged'))
    expect(() => verifyReceipt(forged, log.key)).toThrow(code('BAD_INCLUSION_PROOF'))
  })

  test('a receipt without leaf', async () => {
    const bare = await receiptOf(6)
    expect(() => verifyReceipt(bare, log.key)).toThrow(code('LEAF_MISSING'))
  })

  test('a checkpoint of another log or none at all', () => {
    const other = noteSigner(origin.replace('bank-a', 'bank-b'), signerOf(1))
    expect(() => verifyReceipt(text, other.key)).toThrow(code('NO_KNOWN_SIGNATURE'))
    const bare = text.slice(0, text.indexOf('\n\n') + 2)
    expect(() => verifyReceipt(bare, log.key)).toThrow(code('BAD_NOTE'))
  })

  test('any change of one character', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('A', '1', '\n', '=', ' '), (at, to) => {
        const changed = text.slice(0, at) + to + text.slice(at + 1)
        if (changed === text) return
        expect(() => verifyReceipt(changed, log.key)).toThrow(
          expect.objectContaining({ name: 'ProtocolError' }),
        )
      }),
      { numRuns: 500 },
    )
  })
})

function signerOf(byte: number) {
  return signerFromSeed(new Uint8Array(32).fill(byte))
}
