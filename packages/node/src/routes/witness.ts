/** The witness API, per c2sp.org/tlog-witness, below `/peer/v1/witness`. */

import { Hono } from 'hono'
import type { PeerEnv, PeerGate } from '../peers/index.ts'
import type { RunningNode } from './node.ts'

/** 63 hashes and a checkpoint with 64 cosignatures take half of it. */
const MAX_BODY = 32 * 1024

export function witnessRoutes({ sessions }: RunningNode, gate: PeerGate): Hono<PeerEnv> {
  const { witness } = sessions.ctx.witnessing
  const app = new Hono<PeerEnv>()
  app.post('/add-checkpoint', gate.verify({ maxBody: MAX_BODY }), async (c) => {
    const answer = await witness.add(c.get('peer'), c.get('body'))
    if (answer.status === 409) {
      return c.body(`${answer.size}\n`, 409, { 'content-type': 'text/x.tlog.size' })
    }
    return c.body(answer.lines, 200, { 'content-type': 'text/plain; charset=utf-8' })
  })
  app.get('/:origin{drempel/.+}', gate.verify({ maxBody: 0 }), async (c) =>
    c.body(await witness.held(c.req.param('origin')), 200, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    }),
  )
  return app
}
