/** Operator API: status, convenant, tokens, keys. */

import {
  convenantRequest,
  type Origins,
  openApi,
  type Status,
  startRequest,
  tokenRequest,
} from '@drempel/protocol/api'
import { parseSignedConvenantText } from '@drempel/protocol/convenant'
import { fromUtf8, ProtocolError } from '@drempel/protocol/encoding'
import { encodeVerifierKey, verifierKey } from '@drempel/protocol/log'
import { Hono } from 'hono'
import { languageOf, type OperatorEnv, roles } from '../http/index.ts'
import { checkToken, generateKey, signDraft } from '../sessions/index.ts'
import { diagnose } from './doctor.ts'
import { readJson } from './input.ts'
import type { RunningNode } from './node.ts'
import { epochView, listViews, roundView } from './views.ts'

const RECENT = 10

export function adminRoutes(node: RunningNode): Hono<OperatorEnv> {
  const { home, convenant, sessions, operators, software } = node
  const { ctx, rounds, intersections } = sessions
  const anyone = operators.requireRole(...roles)
  const admin = operators.requireRole('admin')
  const app = new Hono<OperatorEnv>()

  app.get('/openapi.json', (c) => c.json(openApi(software)))
  app.get('/status', anyone, async (c) => {
    const inForce = convenant.peek()
    const now = ctx.clock()
    const origin = await ctx.audit.origin()
    const head = origin === null ? null : await ctx.audit.head(origin)
    const recent = await ctx.store.rounds.list({ limit: RECENT })
    const kinds = inForce?.convenant.kinds.map(({ kind }) => kind) ?? []
    const status: Status = {
      member: home.member.id,
      name: home.member.name,
      sector: home.member.sector,
      software,
      time: new Date(now).toISOString(),
      convenant:
        inForce === null
          ? null
          : {
              id: inForce.convenant.id,
              version: inForce.convenant.version,
              digest: inForce.digest,
            },
      roles: rolesOf(node),
      flags: await Promise.all(
        kinds.map(async (kind) => ({ kind, active: await ctx.store.flags.countActive(kind, now) })),
      ),
      epochs:
        inForce === null
          ? []
          : (await ctx.store.keys.list())
              .filter(({ state }) => state !== 'dropped')
              .map((row) => epochView(row, inForce.convenant)),
      rounds: await Promise.all(recent.map((row) => roundView(ctx.store, rounds, row))),
      lists: inForce === null ? [] : await listViews(ctx.store, inForce.convenant, now),
      log: origin === null || head === null ? null : { origin, size: head.size },
      traffic: node.traffic.totals(),
    }
    return c.json(status)
  })

  app.get('/doctor', anyone, async (c) =>
    c.json(await diagnose(node, languageOf(c.req.header('accept-language')))),
  )

  app.get('/convenant', anyone, (c) => c.json({ convenant: convenant.get().signed }))
  app.get('/convenant/versions', anyone, async (c) => {
    const rows = await ctx.store.convenants.history()
    const versions = rows.map(({ document }) => parseSignedConvenantText(fromUtf8(document)))
    return c.json({ versions: versions.reverse() })
  })
  app.post('/convenant/sign', admin, async (c) => {
    const { convenant: draft } = await readJson(c, convenantRequest)
    const { signature, digest } = signDraft(home, ctx.signer, draft)
    return c.json({ member: home.member.id, digest, signature: signature.signature })
  })
  app.put('/convenant', admin, async (c) => {
    const { convenant: signed } = await readJson(c, convenantRequest)
    const { convenant: document, digest } = await convenant.install(ctx, home, signed)
    await rounds.failOthers(digest)
    await intersections.failOthers()
    return c.json({ id: document.id, version: document.version, digest })
  })

  app.get('/keys', anyone, async (c) => {
    const { convenant: document } = convenant.get()
    const rows = await ctx.store.keys.list()
    const usable = rows.filter(({ state }) => state !== 'dropped')
    return c.json({ epochs: usable.map((row) => epochView(row, document)) })
  })
  app.post('/keys', operators.requireRole('admin', 'operator'), async (c) => {
    const { kind } = await readJson(c, startRequest)
    const { convenant: document } = convenant.get()
    return c.json(epochView(await generateKey(ctx, kind), document))
  })

  app.post('/tokens', admin, async (c) => {
    const request = await readJson(c, tokenRequest)
    const { token, record } = operators.issue(request)
    checkToken(ctx, request.name)
    await ctx.store.tokens.create(record)
    return c.json({ id: record.id, token })
  })
  app.get('/tokens', admin, async (c) => {
    const records = await ctx.store.tokens.list()
    return c.json({
      tokens: records.map(({ id, name, roles: held, createdAt, revokedAt }) => ({
        id,
        name,
        roles: held,
        createdAt: new Date(createdAt).toISOString(),
        revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
      })),
    })
  })
  app.delete('/tokens/:id', admin, async (c) => {
    if (!(await ctx.store.tokens.revoke(c.req.param('id')))) throw new ProtocolError('NOT_FOUND')
    return c.json({ ok: true })
  })

  app.get('/log', anyone, async (c) => {
    const names = await ctx.audit.origins()
    const answer: Origins = {
      origins: await Promise.all(
        names.map(async (origin) => ({ origin, size: await ctx.audit.size(origin) })),
      ),
      verifier:
        names.length === 0
          ? ''
          : encodeVerifierKey(verifierKey(names.at(-1)!, ctx.signer.publicKey)),
    }
    return c.json(answer)
  })
  return app
}

function rolesOf({ home, convenant }: RunningNode): string[] {
  const document = convenant.peek()?.convenant
  if (document === undefined) return []
  const self = home.member.id
  return [
    'partner',
    ...(document.computeNodes.includes(self) ? ['compute'] : []),
    ...(document.keyHolders.members.includes(self) ? ['key-holder'] : []),
    ...(document.witnesses.includes(self) ? ['witness'] : []),
  ]
}
