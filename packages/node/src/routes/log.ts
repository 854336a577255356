/**
 * A node's logs as files, per c2sp.org/tlog-tiles. Members get checkpoints and hash tiles, enough to
 * check that a log only grows and that a receipt is in it; the node's own auditors get entry bundles
 * too, since leaves show its habits.
 */

import { ProtocolError } from '@drempel/protocol/encoding'
import { type Context, Hono } from 'hono'
import type { OperatorEnv } from '../http/index.ts'
import type { PeerEnv, PeerGate } from '../peers/index.ts'
import type { NodeContext } from '../sessions/index.ts'
import type { RunningNode } from './node.ts'

const PATH = '/log/:path{drempel/.+}'
const FILE = /^(drempel\/[^/]+\/[^/]+\/[^/]+)\/(checkpoint|tile\/.+)$/

export function auditorLogRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const app = new Hono<OperatorEnv>()
  app.get(PATH, operators.requireRole('auditor', 'fg', 'admin'), (c) =>
    serve(sessions.ctx, c, c.req.param('path'), true),
  )
  return app
}

export function memberLogRoutes({ sessions }: RunningNode, gate: PeerGate): Hono<PeerEnv> {
  const app = new Hono<PeerEnv>()
  app.get(PATH, gate.verify({ maxBody: 0 }), (c) =>
    serve(sessions.ctx, c, c.req.param('path'), false),
  )
  return app
}

async function serve(
  { audit }: NodeContext,
  c: Context,
  path: string,
  withEntries: boolean,
): Promise<Response> {
  const [, origin, file] = FILE.exec(path) ?? []
  if (origin === undefined || file === undefined) throw new ProtocolError('NOT_FOUND')
  if (file === 'checkpoint') {
    const note = await audit.checkpoint(origin)
    if (note === null) throw new ProtocolError('NOT_FOUND')
    return c.body(note, 200, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    })
  }
  if (!withEntries && file.startsWith('tile/entries/')) throw new ProtocolError('NOT_FOUND')
  const tile = await audit.tile(origin, file)
  if (tile === null) throw new ProtocolError('NOT_FOUND')
  // Also a partial tile: the path names its width, so it never holds anything else.
  return c.body(tile.slice().buffer as ArrayBuffer, 200, {
    'content-type': 'application/octet-stream',
    'cache-control': 'private, max-age=31536000, immutable',
  })
}
