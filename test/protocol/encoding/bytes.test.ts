import {
  ByteReader,
  ByteWriter,
  base64,
  base64url,
  compareBytes,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  hashParts,
  hex,
  jcs,
  parseJcs,
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

  it.each(['A', 'AA', 'AA=', 'AB==', 'AAAA=', ' AAAA', 'AAA\n', 'AA-_'])(
    'refuse base64 %j that no encoder writes',
    (text) => expect(() => fromBase64(text)).toThrow('BAD_BASE64'),
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
