/**
 * A node's logs as files, per c2sp.org/tlog-tiles. Members get checkpoints and hash tiles, enough to
 * check that a log only grows and that a receipt is in it; the node's own auditors get entry bundles
 * too, since leaves show its habits. `cosigned` is the last checkpoint with a quorum of witnesses.
 */

import type { WitnessingView } from '@drempel/protocol/api'
import { ProtocolError } from '@drempel/protocol/encoding'
import { type Context, Hono } from 'hono'
import type { OperatorEnv } from '../http/index.ts'
import type { PeerEnv, PeerGate } from '../peers/index.ts'
import type { NodeContext } from '../sessions/index.ts'
import { comparedWith } from './compared.ts'
import type { RunningNode } from './node.ts'

/** The latest. */
const DISCREPANCIES = 100
const PATH = '/log/:path{drempel/.+}'
const FILE = /^(drempel\/[^/]+\/[^/]+\/[^/]+)\/(checkpoint|cosigned|tile\/.+)$/

export function auditorLogRoutes({ sessions, operators }: RunningNode): Hono<OperatorEnv> {
  const app = new Hono<OperatorEnv>()
  app.get(PATH, operators.requireRole('auditor', 'fg', 'admin'), (c) =>
    serve(sessions.ctx, c, c.req.param('path'), true),
  )
  app.get('/witnessing', operators.requireRole('auditor', 'fg', 'admin'), async (c) =>
    c.json(await witnessingView(sessions.ctx)),
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

async function witnessingView(ctx: NodeContext): Promise<WitnessingView> {
  const { audit, store, witnessing } = ctx
  const { witnesses, quorum, waitingSince } = witnessing.cosigning.state()
  const logs = (await audit.origins()).map(async (origin) => {
    const [size, cosigned] = await Promise.all([audit.size(origin), store.witness.cosigned(origin)])
    return {
      origin,
      size,
      cosigned: cosigned === null ? null : { size: cosigned.size, time: isoTime(cosigned.at) },
    }
  })
  return {
    witnesses: [...witnesses],
    quorum,
    waitingSince: waitingSince === null ? null : isoTime(waitingSince),
    logs: await Promise.all(logs),
    held: (await store.witness.heads()).map(({ log, size, at }) => ({
      log,
      size,
      time: isoTime(at),
    })),
    conflicts: (await store.witness.conflicts()).map(({ at, ...conflict }) => ({
      ...conflict,
      time: isoTime(at),
    })),
    compared: (await comparedWith(ctx)).map(({ member, at }) => ({
      ...{ member, time: at === null ? null : isoTime(at) },
    })),
    discrepancies: (await store.comparisons.discrepancies(DISCREPANCIES)).map(({ at, ...one }) => ({
      ...one,
      fields: [...one.fields],
      time: isoTime(at),
    })),
  }
}

const isoTime = (time: number) => new Date(time).toISOString()

async function serve(
  { audit, store }: NodeContext,
  c: Context,
  path: string,
  withEntries: boolean,
): Promise<Response> {
  const [, origin, file] = FILE.exec(path) ?? []
  if (origin === undefined || file === undefined) throw new ProtocolError('NOT_FOUND')
  if (file === 'checkpoint' || file === 'cosigned') {
    const note =
      file === 'checkpoint'
        ? await audit.checkpoint(origin)
        : ((await store.witness.cosigned(origin))?.note ?? null)
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
