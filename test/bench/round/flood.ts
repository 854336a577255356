/**
 * One link under full load: party 0 sends, party 1 takes in, and each says what it cost. The yardstick
 * is a plain socket with a length before each message, which is the least that any link needs.
 */

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Channel } from '@drempel/node/internal/peers'
import type { Bytes } from '@drempel/protocol/encoding'
import type { Question } from './messages.ts'

export type Ends = {
  readonly channel: { readonly next: Channel; readonly previous: Channel }
  readonly plain: { readonly next: Socket; readonly previous: Socket }
}

/** Messages under way at a time, as in a round. */
const WINDOW = 4
const STEP = 'group0/merge/layer12/compare/7'

/** @returns processor time of this process in seconds */
export async function flood(
  { via, size, count }: Extract<Question, { ask: 'flood' }>,
  party: number,
  { channel, plain }: Ends,
): Promise<number> {
  const before = process.cpuUsage()
  const payload = new Uint8Array(size)
  if (party === 0 && via === 'channel') await sendAll(channel.next, payload, count)
  if (party === 0 && via === 'plain') await writeAll(plain.next, payload, count)
  if (party === 1 && via === 'channel') await receiveAll(channel.previous, size, count)
  if (party === 1 && via === 'plain') await readAll(plain.previous, count)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

async function sendAll(channel: Channel, payload: Bytes, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await channel.send(STEP, payload)
    if (i % WINDOW === 0) await nextTurn()
  }
}

async function receiveAll(channel: Channel, size: number, count: number): Promise<void> {
  const places = Array.from({ length: WINDOW }, () => new Uint8Array(size))
  const waiting: Promise<void>[] = []
  for (let i = 0; i < count; i++) {
    if (i >= WINDOW) await waiting[i % WINDOW]
    waiting[i % WINDOW] = channel.receiveInto(STEP, places[i % WINDOW]!)
  }
  await Promise.all(waiting)
}

async function writeAll(socket: Socket, payload: Bytes, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(payload.length)
    socket.cork()
    socket.write(head)
    const room = socket.write(payload)
    socket.uncork()
    if (!room) await once(socket, 'drain')
    if (i % WINDOW === 0) await nextTurn()
  }
}

function readAll(socket: Socket, count: number): Promise<void> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let held = 0
    let left = count
    const read = (chunk: Buffer) => {
      chunks.push(chunk)
      held += chunk.length
      while (left > 0 && held >= 4) {
        if (chunks[0]!.length < 4) chunks.splice(0, chunks.length, Buffer.concat(chunks))
        const whole = 4 + chunks[0]!.readUInt32BE()
        if (held < whole) return
        const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
        chunks.splice(0, chunks.length, ...(held > whole ? [all.subarray(whole)] : []))
        held -= whole
        left--
      }
      if (left > 0) return
      socket.off('data', read)
      // What comes before the next turn listens must wait.
      socket.pause()
      resolve()
    }
    socket.on('data', read)
    socket.resume()
  })
}
