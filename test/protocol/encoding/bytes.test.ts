import { createHmac } from 'node:crypto'
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
  hmacSha256,
  type Json,
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

it('HMACs are what OpenSSL makes, for keys of any length', () => {
  const key = fc.oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes())
  fc.assert(
    fc.property(key, fc.uint8Array({ maxLength: 300 }), (key, message) => {
      const expected = createHmac('sha256', key).update(message).digest()
      expect(hmacSha256(key, message)).toEqual(new Uint8Array(expected))
    }),
  )
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
  it('writes any value in one form, whatever its names are', () => {
    const names = ['__proto__', '10', '9', '', 'a', 'é', '\u2028', '\\ud800', '"', 'toJSON']
    const name = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'grapheme' }))
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false, -0, 1e21, 5e-324),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        name,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(name, tie('value'), { maxKeys: 5 }),
      ),
    }))
    const plain = (one: Json | undefined): string => {
      if (Array.isArray(one)) return `[${one.map(plain)}]`
      if (typeof one !== 'object' || one === null) return JSON.stringify(one)
      const members = Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))
      return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${plain(member)}`)}}`
    }
    fc.assert(
      fc.property(value, (one) => {
        expect(fromUtf8(jcs(one))).toBe(plain(one))
        expect(jcs(parseJcs(jcs(one)))).toEqual(jcs(one))
      }),
      { numRuns: 500 },
    )
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800', 'a\udc00']) {
      for (const one of [bad, [bad], { a: bad }, { [String(bad)]: bad }]) {
        expect(() => jcs(one)).toThrow('BAD_JSON')
      }
    }
    expect(() => jcs({ '\ud800': 1 })).toThrow('BAD_JSON')
    expect(fromUtf8(jcs({ b: undefined, a: 1 }))).toBe('{"a":1}')
    // As JSON.stringify writes an item that is absent.
    const absent = [[1]]
    absent[2] = []
    expect(fromUtf8(jcs([absent, new Array(1)]))).toBe('[[[1],null,[]],[null]]')
  })

  it('sorts keys and refuses another form', () => {
    expect(fromUtf8(jcs({ b: 1, a: [true, null] }))).toBe('{"a":[true,null],"b":1}')
    expect(parseJcs(utf8('{"a":1}'))).toEqual({ a: 1 })
    expect(() => parseJcs(utf8('{"a": 1}'))).toThrow('BAD_JSON')
    expect(() => parseJcs(utf8('{"a":1,"a":2}'))).toThrow('BAD_JSON')
    expect(() => parseJcs(utf8('nope'))).toThrow('BAD_JSON')
  })

  /** By the writer, the long way round. */
  const isCanonical = (text: string) => {
    try {
      return fromUtf8(jcs(JSON.parse(text))) === text
    } catch {
      return false
    }
  }
  const isAccepted = (text: string) => {
    try {
      parseJcs(utf8(text))
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_JSON' })
      return false
    }
  }

  it.each([
    ['{"10":1,"9":2}', true],
    ['{"9":2,"10":1}', false],
    ['{"b":{"b":1,"a":2}}', false],
    ['[{"b":1,"a":2}]', false],
    ['{"a":1,"A":2}', false],
    ['{"":0,"a":[],"b":{}}', true],
    ['{"__proto__":1,"a":2}', true],
    ['{"\u{1f600}":1,"\u{fb33}":2}', true],
    ['{"\u{fb33}":1,"\u{1f600}":2}', false],
    ['"\\u2028"', false],
    ['"\u2028"', true],
    ['"\\ud800"', false],
    ['"\\\\ud800"', true],
    ['"\\u001f\\n"', true],
    ['"\\u001F"', false],
    ['"\\u000a"', false],
    ['"\\/"', false],
    ['1e21', false],
    ['1e+21', true],
    ['1.0', false],
    ['-0', false],
    ['1e999', false],
    ['333333333.3333333', true],
    ['[1,2]', true],
    ['[1,2] ', false],
  ])('%s: %s', (text, accepted) => {
    expect(isAccepted(text)).toBe(accepted)
    expect(isCanonical(text)).toBe(accepted)
  })

  it('accepts what the writer writes and nothing else, in any order of names', () => {
    const name = fc.oneof(fc.string(), fc.integer({ min: 0, max: 99 }).map(String))
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, true, 1, -0, 0.1, 1e21),
        fc.string({ unit: 'binary' }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(value, (one) => {
        const text = JSON.stringify(one)
        expect(isAccepted(text)).toBe(isCanonical(text))
        expect(isAccepted(fromUtf8(jcs(JSON.parse(text))))).toBe(true)
      }),
    )
  })

  it('reads what is nested deeper than a stack', () => {
    expect(isAccepted('['.repeat(50_000) + ']'.repeat(50_000))).toBe(true)
    expect(isAccepted(`${'['.repeat(50_000)} ${']'.repeat(50_000)}`)).toBe(false)
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
