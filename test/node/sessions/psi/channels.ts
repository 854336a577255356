/** Channels that a test puts in the place of a member's own. */

import type { Channel } from '@drempel/node/internal/peers'
import { PsiLink } from '@drempel/node/internal/sessions'
import { bend } from '../../kit/bend.ts'
import type { Member } from '../../kit/member.ts'

/** Does what the other does, to be bent in part. */
export function wrapped(channel: Channel): Channel {
  return {
    ...{ peer: channel.peer, bytesSent: 0, bytesReceived: 0 },
    send: (step, payload) => channel.send(step, payload),
    receive: (step) => channel.receive(step),
    receiveInto: (step, into) => channel.receiveInto(step, into),
    roundTrip: () => channel.roundTrip(),
    close: () => channel.close(),
  }
}

const LIMITS = { window: 1 << 20, stallMs: 60_000, aliveMs: 60_000 }

/**
 * A member's connections from now on, run by somebody else than its node.
 * @returns gives them back before the test is over
 */
export function takeOver(
  { ctx }: Member,
  run: (link: PsiLink) => Promise<unknown> = async () => {},
): () => void {
  return bend(ctx, 'connectChannel', (honest) => async (peer, path) => {
    const channel = await honest(peer, path)
    const link = new PsiLink(peer, new Uint8Array(16).fill(5), LIMITS)
    void link.attach(channel)
    run(link).catch(() => {})
    return silent(peer)
  })
}

/** Takes all, says nothing. */
const silent = (peer: string): Channel => ({
  ...{ peer, bytesSent: 0, bytesReceived: 0 },
  send: async () => {},
  receive: () => new Promise(() => {}),
  receiveInto: () => new Promise(() => {}),
  roundTrip: () => new Promise(() => {}),
  close: async () => {},
})
