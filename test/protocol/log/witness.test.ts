import { signerFromSeed } from '@drempel/protocol/encoding'
import {
  cosignedNote,
  cosigner,
  encodeAddCheckpoint,
  encodeCosignatures,
  leafHash,
  noteSigner,
  openCosigned,
  parseAddCheckpoint,
  parseNote,
  readCosignature,
  signCheckpoint,
  type VerifierKey,
  witnessKey,
} from '@drempel/protocol/log'
import { describe, expect, test } from 'vitest'

const NOW = 1_790_000_000
const origin = 'drempel/proef/bank-a/2026Q4'
const seed = (byte: number) => signerFromSeed(new Uint8Array(32).fill(byte))
const owner = noteSigner(origin, seed(1))
const checkpoint = (size: number, ...others: Parameters<typeof signCheckpoint>[1]) =>
  signCheckpoint({ origin, size, root: leafHash(new Uint8Array([size])) }, [owner, ...others])
const hashes = [3, 1, 2].map((byte) => leafHash(new Uint8Array([byte])))

const nameOf = (i: number) => `drempel/proef/witness-${i}`
const keyOf = (i: number): VerifierKey => witnessKey('proef', `witness-${i}`, seed(i).publicKey)
const cosign = (note: string, i: number, time = NOW) => {
  const { key, sign } = cosigner(nameOf(i), seed(i), time)
  return { name: key.name, id: key.id, bytes: sign(parseNote(note).text) }
}

describe('add-checkpoint', () => {
  test('is what the specification shows', () => {
    const note = checkpoint(9)
    const text = encodeAddCheckpoint({ oldSize: 4, proof: hashes.slice(0, 1), checkpoint: note })
    expect(text).toBe(
      `old 4\n${Buffer.from(hashes[0]!).toString('base64')}\n\n${origin}\n9\n${note.split('\n')[2]}\n\n${note.split('\n')[4]}\n`,
    )
    expect(parseAddCheckpoint(text)).toEqual({
      oldSize: 4,
      proof: hashes.slice(0, 1),
      checkpoint: note,
    })
    const first = encodeAddCheckpoint({ oldSize: 0, proof: [], checkpoint: note })
    expect(first.startsWith(`old 0\n\n${origin}\n`)).toBe(true)
    expect(parseAddCheckpoint(first).proof).toEqual([])
  })

  const good = encodeAddCheckpoint({ oldSize: 4, proof: hashes, checkpoint: checkpoint(9) })

  test.each([
    ['nothing', ''],
    ['no size', good.replace('old 4\n', '')],
    ['a leading zero', good.replace('old 4', 'old 04')],
    ['a sign', good.replace('old 4', 'old +4')],
    ['a fraction', good.replace('old 4', 'old 4.0')],
    ['no integer of its kind', good.replace('old 4', 'old 9007199254740993')],
    ['another word', good.replace('old', 'Old')],
    ['two spaces', good.replace('old 4', 'old  4')],
    ['a carriage return', good.replace('old 4\n', 'old 4\r\n')],
    ['a short hash', good.replace(/\n.{44}\n/, '\nAAAA\n')],
    ['base64 of another spelling', good.replace(/=\n/, '\n')],
    ['no empty line', good.replaceAll('\n\n', '\n')],
    ['64 hashes', good.replace('old 4\n', `old 4\n${`${'A'.repeat(43)}=\n`.repeat(61)}`)],
  ])('with %s is refused', (_, text) => {
    expect(() => parseAddCheckpoint(text)).toThrow('BAD_WITNESS_MESSAGE')
  })

  test('with 63 hashes is not', () => {
    const proof = Array.from({ length: 63 }, () => hashes[0]!)
    const text = encodeAddCheckpoint({ oldSize: 4, proof, checkpoint: checkpoint(9) })
    expect(parseAddCheckpoint(text).proof).toHaveLength(63)
    expect(() =>
      encodeAddCheckpoint({ oldSize: 4, proof: [...proof, hashes[0]!], checkpoint: checkpoint(9) }),
    ).toThrow('BAD_WITNESS_MESSAGE')
  })
})

describe('a cosignature', () => {
  const note = checkpoint(9)

  test('is found among others, with its time', () => {
    const answer = encodeCosignatures([cosign(note, 2), cosign(note, 3, NOW + 5)])
    expect(readCosignature(note, answer, keyOf(3)).time).toBe(NOW + 5)
    expect(answer).toMatch(/^— drempel\/proef\/witness-2 \S+\n— drempel\/proef\/witness-3 \S+\n$/u)
  })

  test("another's false line does not spoil it", () => {
    const forged = { ...cosign(note, 2), bytes: new Uint8Array(72) }
    const answer = encodeCosignatures([forged, cosign(note, 3)])
    expect(readCosignature(note, answer, keyOf(3)).time).toBe(NOW)
    expect(() => readCosignature(note, answer, keyOf(2))).toThrow('BAD_SIGNATURE')
  })

  test('of another tree, or of another time than it says, is none', () => {
    const other = encodeCosignatures([cosign(checkpoint(8), 2)])
    expect(() => readCosignature(note, other, keyOf(2))).toThrow('BAD_SIGNATURE')
    const { bytes, ...named } = cosign(note, 2)
    const later = encodeCosignatures([{ ...named, bytes: bytes.with(7, bytes[7]! ^ 1) }])
    expect(() => readCosignature(note, later, keyOf(2))).toThrow('BAD_SIGNATURE')
  })

  test.each([
    ['nothing', ''],
    ['no line', '\n'],
    ['prose', 'thank you\n'],
    ['an open end', encodeCosignatures([cosign(note, 2)]).slice(0, -1)],
    ['a second text', `\n${encodeCosignatures([cosign(note, 2)])}`],
  ])('an answer of %s holds none', (_, answer) => {
    expect(() => readCosignature(note, answer, keyOf(2))).toThrow('BAD_WITNESS_MESSAGE')
  })

  test('nor does one of strangers', () => {
    const answer = encodeCosignatures([cosign(note, 3)])
    expect(() => readCosignature(note, answer, keyOf(2))).toThrow('NO_KNOWN_SIGNATURE')
  })

  test("a log's own kind of signature under the witness's name is none", () => {
    const { key, sign } = noteSigner(nameOf(2), seed(2))
    const answer = encodeCosignatures([
      { name: key.name, id: key.id, bytes: sign(parseNote(note).text) },
    ])
    expect(() => readCosignature(note, answer, keyOf(2))).toThrow('NO_KNOWN_SIGNATURE')
  })
})

describe('a quorum', () => {
  const note = checkpoint(9)
  const keys = [2, 3, 4].map(keyOf)

  test('opens what enough witnesses signed', () => {
    const cosigned = cosignedNote(note, [cosign(note, 2), cosign(note, 4, NOW + 1)])
    const { size, times } = openCosigned(cosigned, owner.key, keys, 2)
    expect(size).toBe(9)
    expect([...times]).toEqual([
      [nameOf(2), NOW],
      [nameOf(4), NOW + 1],
    ])
  })

  test('is not one witness twice, nor strangers, nor the log itself', () => {
    const twice = cosignedNote(note, [cosign(note, 2), cosign(note, 2, NOW + 1)])
    expect(() => openCosigned(twice, owner.key, keys, 2)).toThrow('NO_WITNESS_QUORUM')
    const stranger = cosignedNote(note, [cosign(note, 2), cosign(note, 9)])
    expect(() => openCosigned(stranger, owner.key, keys, 2)).toThrow('NO_WITNESS_QUORUM')
    expect(() => openCosigned(note, owner.key, keys, 1)).toThrow('NO_WITNESS_QUORUM')
    expect(() => openCosigned(note, owner.key, keys, Number.NaN)).toThrow('NO_WITNESS_QUORUM')
  })

  test('is of each group what that group needs, however many there are in all', () => {
    const of = (...who: number[]) => ({ keyNames: who.map(nameOf), quorum: 1 })
    const open = (groups: ReturnType<typeof of>[], ...signers: number[]) => {
      const cosigned = cosignedNote(
        note,
        signers.map((i) => cosign(note, i)),
      )
      return openCosigned(cosigned, owner.key, keys, { quorum: 2, groups }).size
    }
    expect(open([], 2, 3)).toBe(9)
    expect(open([of(2), of(3, 4)], 2, 3)).toBe(9)
    expect(() => open([of(4)], 2, 3)).toThrow('NO_WITNESS_QUORUM')
    expect(() => open([of(2, 3), of(4)], 2, 3)).toThrow('NO_WITNESS_QUORUM')
    expect(() => open([of(2)], 2)).toThrow('NO_WITNESS_QUORUM')
    // A group of whom nobody is left is met by nobody.
    expect(() => open([of()], 2, 3, 4)).toThrow('NO_WITNESS_QUORUM')
  })

  test('with a false signature among them is nothing', () => {
    const forged = { ...cosign(note, 4), bytes: new Uint8Array(72) }
    const spoilt = cosignedNote(note, [cosign(note, 2), cosign(note, 3), forged])
    expect(() => openCosigned(spoilt, owner.key, keys, 2)).toThrow('BAD_SIGNATURE')
  })
})
