/** Bodies of peers' requests and answers, read strictly: what is refused names its sender and its place. */

import { type Bytes, ProtocolError, utf8 } from '@drempel/protocol/encoding'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseBody, readBody } from '../../../packages/node/src/sessions/parse.ts'

const schema = z.strictObject({ a: z.strictObject({ b: z.int().positive() }) })
const parse = (body: Bytes) => parseBody(schema, body, 'bank-a')
const refused = (at: string) =>
  expect.objectContaining({ code: 'BAD_REQUEST', culprit: 'bank-a', at })

describe('JSON', () => {
  test('of the form that is asked for is taken', () => {
    expect(parse(utf8('{"a":{"b":1}}'))).toEqual({ a: { b: 1 } })
  })

  test.each([
    '{"b":1,"a":2}',
    '{ }',
    '{"a":1,"a":1}',
    '',
    '\u0000',
    '{"a":{"b":1}}\n',
    '{"a":{"b":1.0}}',
    '\ufeff{"a":{"b":1}}',
  ])('that is not canonical is refused: %j', (text) => {
    expect(() => parse(utf8(text))).toThrow(refused('body'))
  })

  test('that is no UTF-8 is refused', () => {
    const body = utf8('{"a":"?"}')
    expect(() => parse(body.with(body.indexOf(0x3f), 0xff))).toThrow(refused('body'))
  })

  test.each([
    ['{}', 'a'],
    ['{"a":{"b":0}}', 'a.b'],
    ['{"a":{"b":1,"c":1}}', 'a'],
    ['{"a":{"b":1},"c":1}', ''],
    ['[]', ''],
    ['null', ''],
  ])('of another form is refused with its place: %s', (text, at) => {
    expect(() => parse(utf8(text))).toThrow(refused(at))
  })
})

describe('a binary reader', () => {
  test('passes on what it reads', () => {
    expect(readBody('bank-a', () => 7)).toBe(7)
  })

  test('has its refusal put down to the sender, and its faults to itself', () => {
    const throws = (error: Error) => () =>
      readBody('bank-a', () => {
        throw error
      })
    expect(throws(new ProtocolError('TRUNCATED'))).toThrow(refused('TRUNCATED'))
    expect(throws(new TypeError('a fault'))).toThrow(TypeError)
  })
})
