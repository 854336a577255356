import { readFileSync } from 'node:fs'
import { base64, concat, fromBase64, signerFromSeed } from '@drempel/protocol/encoding'
import {
  COSIGNATURE_V1,
  cosigner,
  encodeNote,
  encodeVerifierKey,
  noteSigner,
  openNote,
  parseNote,
  parseVerifierKey,
  signNote,
  verifierKey,
} from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const go: {
  signerKey: string
  verifierKey: string
  badVerifierKeys: { key: string }[]
  note: string
} = JSON.parse(readFileSync(new URL('../../vectors/log/signed-note.json', import.meta.url), 'utf8'))
const text = go.note.slice(0, go.note.lastIndexOf('\n\n') + 1)
const peterSigner = signerFromSeed(
  fromBase64(go.signerKey.split('+').slice(4).join('+')).subarray(1),
)
const enochSigner = signerFromSeed(new Uint8Array(32))
const peter = noteSigner('PeterNeumann', peterSigner)
const enoch = noteSigner('EnochRoot', enochSigner)
const [peterLine, enochLine] = go.note.slice(text.length + 1).split(/(?<=\n)/) as [string, string]

const code = (code: string) => expect.objectContaining({ code })

describe('the notes published with Go', () => {
  test('are signed byte for byte', () => {
    expect(signNote(text, [peter, enoch])).toBe(go.note)
    expect(signNote(text, [enoch], parseNote(`${text}\n${peterLine}`).signatures)).toBe(go.note)
  })

  test('open with either key or both', () => {
    const names = (keys: Parameters<typeof openNote>[1]) =>
      openNote(go.note, keys).signers.map(({ key }) => key.name)
    expect(openNote(go.note, [peter.key]).text).toBe(text)
    expect(names([peter.key])).toEqual(['PeterNeumann'])
    expect(names([enoch.key])).toEqual(['EnochRoot'])
    expect(names([enoch.key, peter.key])).toEqual(['PeterNeumann', 'EnochRoot'])
    expect(() => openNote(go.note, [])).toThrow(code('NO_KNOWN_SIGNATURE'))
  })

  test('verifier keys: as published, and no mangling of them', () => {
    const key = parseVerifierKey(go.verifierKey)
    expect(key).toEqual(peter.key)
    expect(encodeVerifierKey(key)).toBe(go.verifierKey)
    const refuses = (text: string) =>
      expect(() => parseVerifierKey(text)).toThrow(code('BAD_VERIFIER_KEY'))
    for (const { key } of go.badVerifierKeys) refuses(key)
    const whole = go.verifierKey
    for (let i = 0; i <= whole.length; i++) {
      for (let j = i + 1; j <= whole.length; j++) {
        if (j - i < whole.length) refuses(whole.slice(i, j))
      }
      if (i === whole.length) continue
      const next = String.fromCharCode(whole.charCodeAt(i) + 1)
      refuses(whole.slice(0, i) + next + whole.slice(i + 1))
    }
    refuses(`${whole}\n`)
    refuses(whole.replace('c74f20a3', 'C74F20A3'))
  })
})

describe('parsing', () => {
  test('gives back the same characters', () => {
    expect(encodeNote(parseNote(go.note))).toBe(go.note)
    const poem = 'line\n\n\nlast\n'
    expect(parseNote(signNote(poem, [peter])).text).toBe(poem)
  })

  test.each([
    ['no signature block', text],
    ['an empty signature block', `${text}\n`],
    ['no final newline', go.note.slice(0, -1)],
    ['an extra newline', `${go.note}\n`],
    ['a control character', `\x01${go.note}`],
    ['a carriage return', go.note.replaceAll('\n', '\r\n')],
    ['half a surrogate pair', `\ud800${go.note}`],
    ['a space in the name', go.note.replace('— PeterNeumann', '— Peter Neumann')],
    ['a no-break space in the name', go.note.replace('— PeterN', '— Peter\u00a0N')],
    ['a plus in the name', go.note.replace('— PeterN', '— Peter+N')],
    ['a hyphen for the dash', go.note.replace('— Peter', '- Peter')],
    ['two spaces', go.note.replace('— Peter', '—  Peter')],
    ['no name', `${text}\n—  x08go/ZJ\n`],
    ['an unexpected line', `${go.note}Unexpected line.\n`],
    ['a key id without signature', `${text}\n— PeterNeumann x08gow==\n`],
    ['loose base64 bits', go.note.replace('yBwJnAM=', 'yBwJnAN=')],
    ['unpadded base64', go.note.replace('yBwJnAM=', 'yBwJnAM')],
    ['65 signatures', `${text}\n${peterLine.repeat(65)}`],
    ['a note too long', `${'x'.repeat(256 * 1024)}\n${go.note}`],
  ])('refuses %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(code('BAD_NOTE'))
  })

  test('takes 64 signatures, and counts a signer once', () => {
    const note = `${text}\n${peterLine.repeat(64)}`
    expect(openNote(note, [peter.key]).signers).toHaveLength(1)
  })

  test('a text that looks like a signature block stays text', () => {
    const nested = go.note
    expect(parseNote(signNote(nested, [enoch])).text).toBe(nested)
    expect(() => openNote(signNote(nested, [enoch]), [peter.key])).toThrow(
      code('NO_KNOWN_SIGNATURE'),
    )
    expect(() => signNote('no newline', [enoch])).toThrow(code('BAD_NOTE'))
  })
})

describe('verifying', () => {
  test('a false signature of a known key spoils the note, and names the key', () => {
    const forged = forge(peterLine)
    for (const note of [
      `${text}\n${forged}`,
      `${text}\n${enochLine}${forged}`,
      `${text}\n${peterLine}${forged}`,
    ]) {
      expect(() => openNote(note, [peter.key, enoch.key])).toThrow(
        expect.objectContaining({ code: 'BAD_SIGNATURE', culprit: 'PeterNeumann' }),
      )
    }
    expect(openNote(`${text}\n${enochLine}${forged}`, [enoch.key]).signers).toHaveLength(1)
  })

  test('a key under another name, or another key under the name, is unknown', () => {
    const other = verifierKey('PeterNeumann2', peterSigner.publicKey)
    const namesake = verifierKey('PeterNeumann', enochSigner.publicKey)
    for (const key of [other, namesake]) {
      expect(() => openNote(go.note, [key])).toThrow(code('NO_KNOWN_SIGNATURE'))
    }
  })

  test('no text with one character changed opens', () => {
    fc.assert(
      fc.property(
        fc.nat(text.length - 2),
        fc.constantFrom('x', 'é', '\n', ' '),
        (at, character) => {
          const changed = text.slice(0, at) + character + text.slice(at + 1)
          if (changed === text) return
          expect(() => openNote(`${changed}\n${peterLine}`, [peter.key])).toThrow(
            code('BAD_SIGNATURE'),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  test('key names', () => {
    const refuses = (name: string) =>
      expect(() => verifierKey(name, peterSigner.publicKey)).toThrow(code('BAD_KEY_NAME'))
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b', 'a\u0085b', 'a\udc00']) refuses(name)
    expect(() => verifierKey('a', new Uint8Array(31))).toThrow(code('BAD_VERIFIER_KEY'))
  })
})

describe('cosignatures', () => {
  const time = 1_679_315_147
  const witness = cosigner('witness.example/w1', enochSigner, time)

  test('sign the header, the time and the text, and tell the time', () => {
    const note = signNote(text, [peter, witness])
    const { signers } = openNote(note, [peter.key, witness.key])
    expect(signers).toEqual([{ key: peter.key }, { key: witness.key, time }])
    const expected = enochSigner.sign(
      new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`),
    )
    const { bytes } = parseNote(note).signatures[1]!
    expect(bytes.subarray(8)).toEqual(expected)
    expect(new DataView(bytes.slice(0, 8).buffer).getBigUint64(0)).toBe(BigInt(time))
  })

  test('another time, a time beyond 2^53, a cut and a plain signature are refused', () => {
    const lie = (change: (bytes: Uint8Array) => Uint8Array) => {
      const sign = (text: string) => change(witness.sign(text))
      const note = signNote(text, [{ key: witness.key, sign }])
      expect(() => openNote(note, [witness.key])).toThrow(code('BAD_SIGNATURE'))
    }
    lie((bytes) => bytes.with(7, bytes[7]! ^ 1))
    lie((bytes) => bytes.with(0, 0x20))
    lie((bytes) => bytes.with(1, 0x20))
    lie((bytes) => bytes.subarray(1))
    lie((bytes) => concat(bytes, Uint8Array.of(0)))
    lie(() => enochSigner.sign(new TextEncoder().encode(text)))
  })

  test('one key signing as log and as witness has two ids', () => {
    const asLog = verifierKey('a', enochSigner.publicKey)
    const asWitness = verifierKey('a', enochSigner.publicKey, COSIGNATURE_V1)
    expect(asLog.id).not.toBe(asWitness.id)
    expect(parseVerifierKey(encodeVerifierKey(asWitness))).toEqual(asWitness)
    expect(() => openNote(signNote(text, [noteSigner('a', enochSigner)]), [asWitness])).toThrow(
      code('NO_KNOWN_SIGNATURE'),
    )
  })

  test('the witness line of the specification parses as one', () => {
    const { cosigned } = JSON.parse(
      readFileSync(new URL('../../vectors/log/checkpoint.json', import.meta.url), 'utf8'),
    )
    const [, line] = parseNote(cosigned).signatures
    expect(line!.name).toBe('witness.example.com/w1')
    expect(line!.bytes).toHaveLength(72)
    expect(new DataView(line!.bytes.slice(0, 8).buffer).getBigUint64(0)).toBe(BigInt(time))
  })
})

/** The line with one bit of its signature flipped. */
function forge(line: string): string {
  const [, name, data] = /^— (\S+) (\S+)\n$/.exec(line)!
  const bytes = fromBase64(data!)
  return `— ${name} ${base64(bytes.with(20, bytes[20]! ^ 1))}\n`
}
