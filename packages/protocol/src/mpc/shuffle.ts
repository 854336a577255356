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
import { permuteRows } from './permute.ts'
import type { Session, Side } from './session.ts'
import { bytesOf, type Share, type Words, xorInto } from './share.ts'

const CHUNK_WORDS = MAX_PAYLOAD / 4
const WINDOW = 4
/** Done between pauses. */
const PAUSE_WORDS = 1 << 20

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
  await eachPiece(session, first, (piece, from) => {
    xorInto(piece, 0, second.subarray(from, from + piece.length))
  })
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
  const upper = session.pairStream('previous', 'upper')
  const lower = session.pairStream('next', 'lower')
  await eachPiece(session, first, (piece) => fill(piece, upper))
  await eachPiece(session, second, (piece) => fill(piece, lower))
  return { first, second }
}

function permute(
  session: Session,
  into: Words,
  from: Words,
  fields: number,
  stream: Prg,
): Promise<void> {
  return permuteRows(into, from, fields, stream, () => session.pause())
}

// own ⊕= fresh is sent to `side`, then own ⊕= what came back: own becomes the common component.
async function remask(
  session: Session,
  side: Side,
  own: Words,
  fresh: Words,
  stream: Prg,
): Promise<void> {
  const { arena } = session
  const mark = arena.mark()
  const landing = arena.words(CHUNK_WORDS)
  const pending: Promise<void>[] = []
  const chunks = Math.ceil(own.length / CHUNK_WORDS)
  const finish = async (k: number) => {
    const from = k * CHUNK_WORDS
    const received = landing.subarray(0, own.length - from)
    await session.receiveInto(side, String(k), bytesOf(received))
    await pending.shift()
    xorInto(own, from, received)
  }
  for (let k = 0; k < chunks; k++) {
    if (k >= WINDOW) await finish(k - WINDOW)
    const from = k * CHUNK_WORDS
    const mask = fresh.subarray(from, from + CHUNK_WORDS)
    const part = own.subarray(from, from + CHUNK_WORDS)
    fill(mask, stream)
    xorInto(part, 0, mask)
    pending.push(session.send(side, String(k), bytesOf(part)))
    if (k % WINDOW === 0) await session.pause()
  }
  for (let k = Math.max(0, chunks - WINDOW); k < chunks; k++) await finish(k)
  arena.release(mark)
}

async function eachPiece(
  session: Session,
  words: Words,
  use: (piece: Words, from: number) => void,
): Promise<void> {
  for (let from = 0; from < words.length; from += PAUSE_WORDS) {
    use(words.subarray(from, from + PAUSE_WORDS), from)
    await session.pause()
  }
}

function fill(words: Words, stream: Prg): void {
  const bytes = bytesOf(words)
  stream.xorInto(bytes.fill(0), bytes)
}
