/**
 * The part of RFC 6455 that two nodes need: the opening handshake and the frames. A message is one
 * binary frame; fragments, text, extensions and subprotocols are not offered and not accepted.
 *
 * Written out here since a library hands every message over in fresh memory (bulk/memory.ts), which costs
 * three times as much as the channel itself.
 */

import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Bytes, base64 } from '@drempel/protocol/encoding'
import { takeBuffer } from '../bulk/index.ts'

export const OPCODE = { binary: 2, close: 8, ping: 9, pong: 10 } as const
export type ControlOpcode = 8 | 9 | 10

/** Section 7.4.2: 4000 to 4999 are for private use. */
export const CLOSED_FOR_ERROR = 4000
export const CLOSED_NORMALLY = 1000
/** Section 5.5. */
export const MAX_CONTROL = 125
/** u16 length and a step of at least one character. */
export const LEAST_MESSAGE = 3

const LARGEST_U16 = 0xffff
const FINAL = 0x80
const MASKED = 0x80

/** Section 4.1. @param key 16 random bytes */
export function offer(key: Bytes): Record<string, string> {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': base64(key),
  }
}

/** The key of a well-formed offer, else undefined (section 4.2.1). */
export function offeredKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['sec-websocket-key']
  const formed =
    isUpgrade(headers) &&
    headers['sec-websocket-version'] === '13' &&
    key !== undefined &&
    /^[A-Za-z0-9+/]{22}==$/.test(key)
  return formed ? key : undefined
}

/** Lines of the 101 (section 4.2.2). */
export function acceptance(key: string): readonly string[] {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'connection: Upgrade',
    'upgrade: websocket',
    `sec-websocket-accept: ${acceptKey(key)}`,
  ]
}

/** Whether a 101 accepts the offer, and nothing that was not offered (section 4.1). */
export function isAccepted(headers: IncomingHttpHeaders, key: Bytes): boolean {
  return (
    isUpgrade(headers) &&
    headers['sec-websocket-accept'] === acceptKey(base64(key)) &&
    headers['sec-websocket-extensions'] === undefined &&
    headers['sec-websocket-protocol'] === undefined
  )
}

function isUpgrade({ connection = '', upgrade = '' }: IncomingHttpHeaders): boolean {
  const tokens = connection.toLowerCase().split(/\s*,\s*/)
  return tokens.includes('upgrade') && upgrade.toLowerCase() === 'websocket'
}

function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/**
 * A message in a frame of its own memory.
 *
 * Section 5.3 masks what a client sends so that scripts in browsers can't choose the bytes that a
 * proxy between sees (section 10.3). Here are no scripts and no proxies: the key is zero, which every
 * server accepts and which changes no byte.
 * @param step printable ASCII, 1 to 255 characters
 * @param masked whether the sender is the client of the handshake
 */
export function encodeMessage(step: string, payload: Bytes, masked: boolean): Buffer {
  const body = 2 + step.length + payload.length
  const frame = takeBuffer(headLength(body, masked) + body)
  let at = writeHead(frame, OPCODE.binary, body, masked)
  at = frame.writeUInt16BE(step.length, at)
  at += frame.write(step, at, 'latin1')
  frame.set(payload, at)
  return frame
}

export function encodeControl(opcode: ControlOpcode, body: Bytes, masked: boolean): Buffer {
  const frame = Buffer.alloc(headLength(body.length, masked) + body.length)
  frame.set(body, writeHead(frame, opcode, body.length, masked))
  return frame
}

/** The body of a close frame. */
export function closeBody(code: number, reason = ''): Bytes {
  const body = Buffer.alloc(2 + reason.length)
  body.writeUInt16BE(code)
  body.write(reason, 2, 'latin1')
  return body
}

function headLength(body: number, masked: boolean): number {
  const extended = body <= MAX_CONTROL ? 0 : body <= LARGEST_U16 ? 2 : 8
  return 2 + extended + (masked ? 4 : 0)
}

/** @returns the offset after it */
function writeHead(frame: Buffer, opcode: number, body: number, masked: boolean): number {
  const bit = masked ? MASKED : 0
  frame[0] = FINAL | opcode
  let at = 2
  if (body <= MAX_CONTROL) frame[1] = bit | body
  else if (body <= LARGEST_U16) {
    frame[1] = bit | 126
    at = frame.writeUInt16BE(body, at)
  } else {
    frame[1] = bit | 127
    at = frame.writeUInt32BE(0, at)
    at = frame.writeUInt32BE(body, at)
  }
  return masked ? frame.writeUInt32BE(0, at) : at
}
