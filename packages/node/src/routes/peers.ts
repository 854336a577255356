/** The peer API: POST /peer/v1/<method>, signed; the log's files; the channel between compute nodes. */

import { isProtocolError, jcs } from '@drempel/protocol/encoding'
import { type Context, Hono } from 'hono'
import { acceptChannel, answerBytes, type PeerEnv, type PeerGate } from '../peers/index.ts'
import { acceptPsiChannel, acceptRoundChannel } from '../sessions/index.ts'
import { memberLogRoutes } from './log.ts'
import type { RunningNode } from './node.ts'
import { witnessRoutes } from './witness.ts'

/** A round between two busy nodes may be silent for a while. */
const CHANNEL_IDLE_MS = 5 * 60_000
/**
 * There may be as many as there are cores, and until the round is computed nobody reads. Bulk goes the
 * other way, from who accepted, and so much in its queue keeps a connection busy.
 */
const PART_LIMITS = { idleMs: CHANNEL_IDLE_MS, maxFrame: 1 << 20, maxQueued: 4 << 20 }

export function peerRoutes(node: RunningNode, gate: PeerGate): Hono<PeerEnv> {
  const { ctx, rounds, intersections, methods } = node.sessions
  const app = new Hono<PeerEnv>()
  for (const method of methods) {
    const { name, maxBody, overlap = false } = method
    app.post(`/${name}`, gate.verify({ maxBody, overlap }), async (c) => {
      const answer = await method.handle(c.get('peer'), c.get('body'))
      return answer instanceof Uint8Array
        ? answerBytes(c, answer, 'application/octet-stream')
        : answerBytes(c, jcs(answer), 'application/json')
    })
  }
  app.route('/', memberLogRoutes(node, gate))
  app.route('/witness', witnessRoutes(node, gate))
  for (const [path, limits] of [
    ['/rounds/:round/channel', { idleMs: CHANNEL_IDLE_MS }],
    ['/rounds/:round/channel/:part', PART_LIMITS],
  ] as const) {
    const accept = async (c: Context<PeerEnv>) =>
      acceptRoundChannel(ctx, rounds, c.get('peer'), new URL(c.req.url).pathname)
    app.get(path, gate.verify({ maxBody: 0 }), acceptChannel({ limits, accept }))
  }
  app.get(
    '/psi/:id/channel',
    gate.verify({ maxBody: 0 }),
    acceptChannel({
      limits: { idleMs: CHANNEL_IDLE_MS },
      accept: (c) => acceptPsiChannel(intersections, c.get('peer'), new URL(c.req.url).pathname),
    }),
  )
  return app
}

/** A refused request of a peer, as the log keeps it: who as far as that was proven, and why. */
export async function journalRefusedPeer(
  node: RunningNode,
  error: unknown,
  peer: string | undefined,
) {
  const { ctx } = node.sessions
  if (node.convenant.peek() === null) return
  const reason = isProtocolError(error) ? error.code : 'INTERNAL'
  const event = { type: 'peer.refused', role: 'peer', reason } as const
  await ctx.audit.append(peer === undefined ? event : { ...event, parties: [peer] }, null)
}
