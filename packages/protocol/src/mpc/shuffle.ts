/**
 * Oblivious shuffle of shared rows by pairs (Laur, Willemson, Zhang, ISC 2011), on replicated shares:
 * each pair (i, i+1) in turn permutes by a permutation that party i+2 does not know, so that after three
 * passes no party knows the whole.
 *
 * One pass: party i takes A = x_i ⊕ x_{i+1}, party i+1 takes B = x_{i+2}; both permute. Fresh y_i comes
 * from the stream of i and i+2, fresh y_{i+2} from that of i+1 and i+2. Party i sends m = A ⊕ y_i, party
 * i+1 sends m' = B ⊕ y_{i+2}; both set y_{i+1} = m ⊕ m'. Adversary: one semi-honest party. Each m is
 * masked by a stream that its receiver does not have, and party i+2 receives nothing.
 */

import { MAX_PAYLOAD, type Prg } from './context.ts'
import type { Session, Side } from './session.ts'
import { bytesOf, type Share, type Words, wordsOf, xorInto } from './share.ts'

const CHUNK_WORDS = MAX_PAYLOAD / 4
const WINDOW = 4
/** Done between pauses. */
const PAUSE_ROWS = 65_536
const FILL_WORDS = 1 << 20
/** Drawn at a time. */
const NUMBERS = 4_096

/** Consumes `rows` (its arrays are reused for the result); `fields` words a row. */
export async function shuffle(session: Session, rows: Share, fields: number): Promise<Share> {
  let current = rows
  for (let pass = 0; pass < 3; pass++) {
    const here = session.narrow(`pass${pass}`)
    const role = (session.party - pass + 3) % 3
    if (role === 0) current = await lower(here, current, fields)
    else if (role === 1) current = await upper(here, current, fields)
    else current = await helper(here, current)
    session.countRound()
    await session.pause()
  }
  return current
}

async function lower(session: Session, { first, second }: Share, fields: number): Promise<Share> {
  xorInto(first, 0, second)
  await permute(session, second, first, fields, session.pairStream('next', 'permutation'))
  await remask(session, 'next', second, first, session.pairStream('previous', 'lower'))
  return { first, second }
}

async function upper(session: Session, { first, second }: Share, fields: number): Promise<Share> {
  await permute(session, first, second, fields, session.pairStream('previous', 'permutation'))
  await remask(session, 'previous', first, second, session.pairStream('next', 'upper'))
  return { first, second }
}

async function helper(session: Session, { first, second }: Share): Promise<Share> {
  await fillAll(session, first, session.pairStream('previous', 'upper'))
  await fillAll(session, second, session.pairStream('next', 'lower'))
  return { first, second }
}

// own ⊕= fresh is sent to `side`, then own ⊕= what came back: own becomes the common component.
async function remask(
  session: Session,
  side: Side,
  own: Words,
  fresh: Words,
  stream: Prg,
): Promise<void> {
  await fillAll(session, fresh, stream)
  const pending: Promise<void>[] = []
  const chunks = Math.ceil(own.length / CHUNK_WORDS)
  const finish = async (k: number) => {
    const from = k * CHUNK_WORDS
    const bytes = 4 * Math.min(CHUNK_WORDS, own.length - from)
    const received = await session.receive(side, String(k), bytes)
    await pending.shift()
    xorInto(own, from, wordsOf(received))
  }
  for (let k = 0; k < chunks; k++) {
    if (k >= WINDOW) await finish(k - WINDOW)
    const from = k * CHUNK_WORDS
    const part = own.subarray(from, from + CHUNK_WORDS)
    xorInto(part, 0, fresh.subarray(from, from + CHUNK_WORDS))
    pending.push(session.send(side, String(k), bytesOf(part)))
  }
  for (let k = Math.max(0, chunks - WINDOW); k < chunks; k++) await finish(k)
}

async function fillAll(session: Session, words: Words, stream: Prg): Promise<void> {
  for (let from = 0; from < words.length; from += FILL_WORDS) {
    fill(words.subarray(from, from + FILL_WORDS), stream)
    await session.pause()
  }
}

function fill(words: Words, stream: Prg): void {
  const bytes = bytesOf(words)
  stream.xorInto(bytes.fill(0), bytes)
}

async function permute(
  session: Session,
  into: Words,
  from: Words,
  fields: number,
  stream: Prg,
): Promise<void> {
  const order = await permutation(from.length / fields, stream, () => session.pause())
  for (let row = 0; row < order.length; row += PAUSE_ROWS) {
    moveRows(into, row, from, fields, order.subarray(row, row + PAUSE_ROWS))
    await session.pause()
  }
}

function moveRows(into: Words, row: number, from: Words, fields: number, order: Uint32Array): void {
  let to = row * fields
  for (let i = 0; i < order.length; i++) {
    const at = order[i]! * fields
    for (let field = 0; field < fields; field++, to++) into[to] = from[at + field]!
  }
}

/** Fisher-Yates; draws of just enough bits are rejected from the bound on, so it is uniform. */
export async function permutation(
  length: number,
  stream: Prg,
  pause?: () => Promise<void> | undefined,
): Promise<Uint32Array> {
  const order = new Uint32Array(length)
  for (let i = 0; i < length; i++) order[i] = i
  const numbers = new Int32Array(NUMBERS)
  let at = NUMBERS
  for (let left = length; left > 1; left--) {
    const spare = Math.clz32(left - 1)
    let chosen = left
    while (chosen >= left) {
      if (at === NUMBERS) {
        fill(numbers, stream)
        at = 0
      }
      chosen = numbers[at++]! >>> spare
    }
    const last = order[left - 1]!
    order[left - 1] = order[chosen]!
    order[chosen] = last
    if (left % PAUSE_ROWS === 0) await pause?.()
  }
  return order
}
