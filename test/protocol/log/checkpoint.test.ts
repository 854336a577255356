import { readFileSync } from 'node:fs'
import { base64, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  encodeCheckpoint,
  encodeOrigin,
  leafHash,
  noteSigner,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseOrigin,
  parseVerifierKey,
  quarterOf,
  rememberingOpener,
  signCheckpoint,
  signNote,
  unverifiedCheckpoint,
} from '@drempel/protocol/log'
import { describe, expect, test } from 'vitest'

const origin = 'drempel/proef/bank-a/2026Q4'
const checkpoint: Checkpoint = { origin, size: 20_852_163, root: leafHash(utf8('root')) }
const text = encodeCheckpoint(checkpoint)
const signer = signerFromSeed(new Uint8Array(32).fill(7))
const log = noteSigner(origin, signer)
const code = (code: string) => expect.objectContaining({ code })

test('sum.golang.org: a checkpoint in use opens', () => {
  const vector = JSON.parse(
    readFileSync(new URL('../../vectors/log/checkpoint.json', import.meta.url), 'utf8'),
  )
  const { text } = openNote(vector.note, [parseVerifierKey(vector.verifierKey)])
  const parsed = parseCheckpoint(text)
  expect(parsed.origin).toBe('go.sum database tree')
  expect(parsed.size).toBe(vector.size)
  expect(base64(parsed.root)).toBe(vector.root)
  expect(encodeCheckpoint(parsed)).toBe(text)
  // Its key is not named after its origin, which Drempel asks of a log.
  expect(() => openCheckpoint(vector.note, parseVerifierKey(vector.verifierKey))).toThrow(
    code('WRONG_ORIGIN'),
  )
})

describe('parsing', () => {
  test('gives back what was encoded, at both ends of the sizes', () => {
    for (const size of [0, 1, 20_852_163, Number.MAX_SAFE_INTEGER]) {
      expect(parseCheckpoint(encodeCheckpoint({ ...checkpoint, size }))).toEqual({
        ...checkpoint,
        size,
      })
    }
  })

  test.each([
    ['a leading zero', text.replace('20852163', '020852163')],
    ['a double zero', text.replace('20852163', '00')],
    ['an empty size', text.replace('20852163', '')],
    ['a sign', text.replace('20852163', '+1')],
    ['a negative size', text.replace('20852163', '-1')],
    ['a fraction', text.replace('20852163', '1.0')],
    ['an exponent', text.replace('20852163', '1e3')],
    ['hexadecimal', text.replace('20852163', '0x10')],
    ['a space', text.replace('20852163', '1 ')],
    ['an Arabic digit', text.replace('20852163', '\u0661')],
    ['2^53', text.replace('20852163', '9007199254740992')],
    ['an empty origin', text.replace(origin, '')],
    ['an extension line', `${text}extension\n`],
    ['an empty line after', `${text}\n`],
    ['no final newline', text.slice(0, -1)],
    ['two lines', `${origin}\n1\n`],
    ['a short root', text.replace(base64(checkpoint.root), 'AAAA')],
    ['a hexadecimal root', text.replace(base64(checkpoint.root), '00'.repeat(32))],
    ['an unpadded root', text.replace('=\n', '\n')],
    ['a carriage return', text.replace('20852163', '20852163\r')],
  ])('refuses %s', (_, bad) => {
    expect(bad).not.toBe(text)
    expect(() => parseCheckpoint(bad)).toThrow(code('BAD_CHECKPOINT'))
  })

  test('encodes no size or root that it would not parse', () => {
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => encodeCheckpoint({ ...checkpoint, size })).toThrow(code('BAD_SIZE'))
    }
    expect(() => encodeCheckpoint({ ...checkpoint, root: utf8('x') })).toThrow(
      code('BAD_CHECKPOINT'),
    )
    expect(() => encodeCheckpoint({ ...checkpoint, origin: 'a\nb' })).toThrow(
      code('BAD_CHECKPOINT'),
    )
  })
})

describe('opening', () => {
  const note = signCheckpoint(checkpoint, [log])

  test("gives the checkpoint to who has the log's key", () => {
    expect(openCheckpoint(note, log.key)).toEqual(checkpoint)
    expect(unverifiedCheckpoint(note)).toEqual(checkpoint)
  })

  test("refuses another shard's checkpoint under this shard's key", () => {
    const other = encodeCheckpoint({ ...checkpoint, origin: origin.replace('Q4', 'Q3') })
    expect(() => openCheckpoint(signNote(other, [log]), log.key)).toThrow(code('WRONG_ORIGIN'))
  })

  test("refuses the same member's signature under another shard's name", () => {
    const old = noteSigner(origin.replace('Q4', 'Q3'), signer)
    expect(() => openCheckpoint(signCheckpoint(checkpoint, [old]), log.key)).toThrow(
      code('NO_KNOWN_SIGNATURE'),
    )
  })

  test('refuses a tree head that was changed after signing', () => {
    for (const [from, to] of [
      ['20852163', '20852164'],
      [origin, `${origin}x`],
    ] as const) {
      expect(() => openCheckpoint(note.replace(from, to), log.key)).toThrow(code('BAD_SIGNATURE'))
    }
  })

  test('refuses a signed note that is no checkpoint', () => {
    expect(() => openCheckpoint(signNote('hello\n', [log]), log.key)).toThrow(
      code('BAD_CHECKPOINT'),
    )
  })
})

describe('origins', () => {
  test('parse to convenant, member and quarter', () => {
    expect(parseOrigin(origin)).toEqual({ convenant: 'proef', member: 'bank-a', quarter: '2026Q4' })
    expect(encodeOrigin(parseOrigin(origin))).toBe(origin)
  })

  test.each([
    'drempel/proef/bank-a/2026Q5',
    'drempel/proef/bank-a/2026q4',
    'drempel/proef/bank-a/26Q4',
    'drempel/proef/bank-a',
    'drempel/proef/bank-a/2026Q4/',
    'drempel/proef/bank-a/x/2026Q4',
    'drempel//bank-a/2026Q4',
    'drempel/proef/Bank/2026Q4',
    'drempel/proef/-a/2026Q4',
    'dremple/proef/bank-a/2026Q4',
    'drempel/proef/bank-a/2026Q4\n',
  ])('%j is none', (text) => {
    expect(() => parseOrigin(text)).toThrow(code('BAD_ORIGIN'))
  })

  test('a quarter starts at midnight UTC', () => {
    expect(quarterOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toBe('2026Q4')
    expect(quarterOf(Date.UTC(2027, 0, 1))).toBe('2027Q1')
    expect(quarterOf(Date.UTC(2026, 2, 31, 23, 59))).toBe('2026Q1')
    expect(quarterOf(Date.UTC(2026, 3, 1))).toBe('2026Q2')
  })
})

describe('an opener with a memory', () => {
  const note = signCheckpoint(checkpoint, [log])

  test('opens what openCheckpoint opens, and gives the same again', () => {
    const open = rememberingOpener(2)
    expect(open(note, log.key)).toEqual(openCheckpoint(note, log.key))
    expect(open(note, log.key)).toBe(open(note, log.key))
  })

  test('believes no note under a key that did not sign it, however often it was opened', () => {
    const open = rememberingOpener(2)
    open(note, log.key)
    const other = noteSigner(origin, signerFromSeed(new Uint8Array(32).fill(8)))
    const elsewhere = noteSigner('drempel/proef/bank-b/2026Q4', signer)
    // The id alone would not do: whoever wants it to collide needs 2^32 keys.
    const collides = { ...other.key, id: log.key.id }
    expect(() => open(note, other.key)).toThrow(code('NO_KNOWN_SIGNATURE'))
    expect(() => open(note, collides)).toThrow(code('BAD_SIGNATURE'))
    expect(() => open(note, elsewhere.key)).toThrow(code('NO_KNOWN_SIGNATURE'))
    expect(() => open(note.replace('20852163', '20852164'), log.key)).toThrow(code('BAD_SIGNATURE'))
  })

  test('forgets the oldest, and never remembers what it refused', () => {
    const open = rememberingOpener(1)
    const first = open(note, log.key)
    const second = signCheckpoint({ ...checkpoint, size: 1 }, [log])
    open(second, log.key)
    expect(open(note, log.key)).toEqual(first)
    expect(open(note, log.key)).not.toBe(first)
    const forged = second.replace('\n1\n', '\n2\n')
    for (let again = 0; again < 2; again++) {
      expect(() => open(forged, log.key)).toThrow(code('BAD_SIGNATURE'))
    }
  })
})
