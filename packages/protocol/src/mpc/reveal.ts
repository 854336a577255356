/**
 * Opens shared words to all three parties. Party i lacks x_{i+2} = x_{i-1}: its previous neighbour sends
 * it, and its next one, which holds it too, sends a digest. Each party learns the opened words and
 * nothing else; a neighbour that sends another value than the third party holds is noticed, but not
 * which of the two lied.
 */

import { type Bytes, equalBytes, hashParts } from '../encoding/index.ts'
import { MAX_PAYLOAD } from './context.ts'
import { fail } from './errors.ts'
import type { Session } from './session.ts'
import { bytesOf, type Share, type Words, wordsOf, xorInto } from './share.ts'
import type { Verified } from './verify.ts'

const CHUNK_WORDS = MAX_PAYLOAD / 4

/** @throws ProtocolError `REVEAL_MISMATCH`: the other two disagree */
export async function reveal(session: Session, share: Verified<Share>): Promise<Words> {
  const { first, second } = share.value
  const opened = first.slice()
  xorInto(opened, 0, second)
  const missing = new Int32Array(opened.length)
  const digest = session.send('previous', 'digest', digestOf(bytesOf(second)))
  for (let from = 0, k = 0; from < opened.length; from += CHUNK_WORDS, k++) {
    const part = bytesOf(first.subarray(from, from + CHUNK_WORDS))
    const sending = session.send('next', String(k), part)
    missing.set(wordsOf(await session.receive('previous', String(k), part.length)), from)
    await sending
  }
  const expected = await session.receive('next', 'digest', 32)
  await digest
  if (!equalBytes(expected, digestOf(bytesOf(missing))))
    fail('REVEAL_MISMATCH', { at: session.step })
  session.countRound()
  xorInto(opened, 0, missing)
  return opened
}

function digestOf(bytes: Bytes): Bytes {
  return hashParts('drempel/v1/mpc/reveal', bytes)
}
