import {
  ByteReader,
  ByteWriter,
  base64,
  base64url,
  compareBytes,
  concat,
  concatAll,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  hashParts,
  hex,
  jcs,
  PartsHash,
  parseJcs,
  sha256,
  utf8,
} from '@drempel/protocol/encoding'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytes = () => fc.uint8Array({ maxLength: 100 })

describe('text forms of bytes', () => {
  it('give back what went in', () => {
    fc.assert(
      fc.property(bytes(), (value) => {
        expect(fromHex(hex(value))).toEqual(value)
        expect(fromBase64(base64(value))).toEqual(value)
        expect(fromBase64url(base64url(value))).toEqual(value)
      }),
    )
  })

  it("write what Node's own encoders write", () => {
    fc.assert(
      fc.property(bytes(), (value) => {
        expect(base64(value)).toBe(Buffer.from(value).toString('base64'))
        expect(base64url(value)).toBe(Buffer.from(value).toString('base64url'))
        expect(hex(value)).toBe(Buffer.from(value).toString('hex'))
      }),
    )
  })

  it("are UTF-8 as Node's own encoder writes it, short and long, lone surrogates too", () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    const ascii = fc.string({ unit: 'binary-ascii', minLength: 100, maxLength: 300 })
    const lone = fc.constantFrom('\ud800', 'a\udc00b', `${'x'.repeat(127)}\u0080`)
    fc.assert(
      fc.property(fc.oneof(text, ascii, lone), (value) => {
        expect(utf8(value)).toEqual(new Uint8Array(Buffer.from(value)))
      }),
    )
  })

  it('refuse base64 with any one character replaced by what no encoder writes there', () => {
    const character = fc.constantFrom(...'AB/+=-_ \n9z\u0141\u00e9')
    fc.assert(
      fc.property(bytes(), fc.nat(), character, (value, position, other) => {
        const text = base64(value)
        const at = text === '' ? 0 : position % text.length
        const changed = text.slice(0, at) + other + text.slice(at + 1)
        const canonical = Buffer.from(changed, 'base64').toString('base64') === changed
        if (canonical) expect(base64(fromBase64(changed))).toBe(changed)
        else expect(() => fromBase64(changed)).toThrow('BAD_BASE64')
      }),
    )
  })

  it.each(['A', 'AA', 'AA=', 'AB==', 'AAAA=', ' AAAA', 'AAA\n', 'AA-_'])(
    'refuse base64 %j that no encoder writes',
    (text) => expect(() => fromBase64(text)).toThrow('BAD_BASE64'),
  )

  it('refuse base64url with any one character replaced by what no encoder writes there', () => {
    const character = fc.constantFrom(...'AB-_=+/ \n9z\u0141\u00e9')
    fc.assert(
      fc.property(bytes(), fc.nat(), character, (value, position, other) => {
        const text = base64url(value)
        const at = text === '' ? 0 : position % text.length
        const changed = text.slice(0, at) + other + text.slice(at + 1)
        const canonical = Buffer.from(changed, 'base64url').toString('base64url') === changed
        if (canonical) expect(base64url(fromBase64url(changed))).toBe(changed)
        else expect(() => fromBase64url(changed)).toThrow('BAD_BASE64')
      }),
    )
  })

  it.each(['A', 'AB', 'AAB', 'AA==', 'AAA=', 'AAAAA', ' AAA', 'AAA\n', 'AA+/', 'AAAA='])(
    'refuse base64url %j that no encoder writes',
    (text) => expect(() => fromBase64url(text)).toThrow('BAD_BASE64'),
  )

  it.each(['a', 'AB', '0g', '0x', ' 0'])('refuse hexadecimal %j', (text) =>
    expect(() => fromHex(text)).toThrow('BAD_HEX'),
  )

  it('refuse invalid UTF-8', () => {
    expect(() => fromUtf8(Uint8Array.of(0xc3, 0x28))).toThrow('BAD_UTF8')
  })
})

describe('ByteReader', () => {
  it('reads what ByteWriter wrote, and must finish', () => {
    const written = new ByteWriter()
      .u8(7)
      .u16(300)
      .u32(70_000)
      .u64(2 ** 40)
      .block(utf8('x'))
      .finish()
    const reader = new ByteReader(written)
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([
      7,
      300,
      70_000,
      2 ** 40,
    ])
    expect(() => reader.finish()).toThrow('TRAILING_BYTES')
    expect(fromUtf8(reader.block(1))).toBe('x')
    reader.finish()
    expect(() => reader.u8()).toThrow('TRUNCATED')
  })

  it('refuses a block longer than its limit before reading it', () => {
    expect(() => new ByteReader(Uint8Array.of(255, 255, 255, 255)).block(10)).toThrow(
      'OUT_OF_RANGE',
    )
  })
})

describe('hashParts', () => {
  it('tells apart lists of parts that concatenate alike', () => {
    const a = hashParts('drempel/v1/test', utf8('ab'), utf8('c'))
    const b = hashParts('drempel/v1/test', utf8('a'), utf8('bc'))
    expect(compareBytes(a, b)).not.toBe(0)
  })
})

describe('JCS', () => {
  it('sorts keys and refuses another form', () => {
    expect(fromUtf8(jcs({ b: 1, a: [true, null] }))).toBe('{"a":[true,null],"b":1}')
    expect(parseJcs(utf8('{"a":1}'))).toEqual({ a: 1 })
    expect(() => parseJcs(utf8('{"a": 1}'))).toThrow('BAD_JSON')
    expect(() => parseJcs(utf8('{"a":1,"a":2}'))).toThrow('BAD_JSON')
    expect(() => parseJcs(utf8('nope'))).toThrow('BAD_JSON')
  })
})

describe('lists longer than a call has arguments', () => {
  const parts = Array.from({ length: 200_000 }, (_, i) => Uint8Array.of(i, i >> 8))
  const flat = Uint8Array.from({ length: 400_000 }, (_, i) => (i >> 1) >> (i % 2 === 0 ? 0 : 8))

  it('are joined', () => {
    expect(hex(sha256(concatAll(parts)))).toBe(hex(sha256(flat)))
    expect(concat(...parts.slice(0, 3))).toEqual(flat.slice(0, 6))
    const writer = new ByteWriter()
    for (const part of parts) writer.bytes(part)
    expect(hex(sha256(writer.finish()))).toBe(hex(sha256(flat)))
  })

  it('are hashed as hashParts hashes short ones', () => {
    const hashed = (list: readonly Uint8Array[]) => {
      const hash = new PartsHash('drempel/v1/test')
      for (const part of list) hash.add(part)
      return hex(hash.digest())
    }
    for (const length of [0, 1, 7, 1_000]) {
      const some = parts.slice(0, length)
      expect(hashed(some)).toBe(hex(hashParts('drempel/v1/test', ...some)))
    }
    const framed = [utf8('drempel/v1/test'), ...parts.map((part) => part)].map((part) =>
      new ByteWriter().block(part).finish(),
    )
    expect(hashed(parts)).toBe(hex(sha256(concatAll(framed))))
  })
})
