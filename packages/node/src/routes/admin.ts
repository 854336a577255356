/** Operator API: status, convenant, tokens, keys, diagnosis. */

import {
  convenantRequest,
  type Diagnosis,
  type Origins,
  openApi,
  type Status,
  startRequest,
  tokenRequest,
} from '@drempel/protocol/api'
import { ProtocolError } from '@drempel/protocol/encoding'
import { encodeVerifierKey, verifierKey } from '@drempel/protocol/log'
import { Hono } from 'hono'
import { type OperatorEnv, roles } from '../http/index.ts'
import { daysLeft, generateKey, listCases, signDraft } from '../sessions/index.ts'
import { readJson } from './input.ts'
import type { RunningNode } from './node.ts'
import { epochView, listViews, roundView } from './views.ts'

const RECENT = 10
/** The latest. */
/** Alerts that are counted. */
const ALERTS = 1_000
const DISCREPANCIES = 100

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

  app.get('/doctor', anyone, async (c) => c.json(await diagnose(node)))

  app.get('/convenant', anyone, (c) => c.json({ convenant: convenant.get().signed }))
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
        names.map(async (origin) => ({ origin, size: (await ctx.audit.head(origin))?.size ?? 0 })),
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

function witnessesAre(late: boolean, count: number, quorum: number): string {
  if (count === 0) return 'the convenant names none for this log'
  return late ? 'the log waits for them' : `${quorum} of ${count} cosign the log`
}

async function diagnose({ home, convenant, sessions }: RunningNode): Promise<Diagnosis> {
  const { ctx } = sessions
  const inForce = convenant.peek()
  const checks: Diagnosis['checks'] = []
  const say = (name: string, ok: boolean, detail: string, next?: string) =>
    checks.push({ name, ok, detail, ...(ok || next === undefined ? {} : { next }) })
  say(
    'convenant',
    inForce !== null,
    inForce === null ? 'none' : `${inForce.convenant.id} version ${inForce.convenant.version}`,
    'drempel convenant install FILE',
  )
  try {
    await ctx.audit.verifySelf()
    say('log', true, 'checkpoint, hashes and last entries agree')
  } catch {
    say('log', false, 'the stored log contradicts itself', 'stop the node and restore its store')
  }
  if (inForce === null) return { checks }
  if (inForce.rehearsed !== null) {
    const next = 'drempel experiment rehearse goes on with it, with --end it ends'
    say('rehearsal', false, 'only what is made up is taken', next)
  }
  const { witnesses, quorum, waitingSince } = ctx.witnessing.cosigning.state()
  const late = waitingSince !== null && ctx.clock() - waitingSince > 60_000
  say(
    'witnesses',
    !late,
    witnessesAre(late, witnesses.length, quorum),
    'are the nodes of the witnesses up? see the lines of peers',
  )
  const caught = await ctx.store.witness.conflicts()
  say(
    'logs of members',
    caught.length === 0,
    caught.length === 0
      ? 'none was caught contradicting itself'
      : caught.map(({ log, code }) => `${code} ${log}`).join(', '),
    'drempel log conflicts has the evidence; tell the members and their FG',
  )
  const discrepancies = await ctx.store.comparisons.discrepancies(DISCREPANCIES)
  const counted = new Map<string, number>()
  for (const { member } of discrepancies) counted.set(member, (counted.get(member) ?? 0) + 1)
  say(
    'logs compared',
    discrepancies.length === 0,
    discrepancies.length === 0
      ? 'both sides of every query agree'
      : [...counted].map(([member, count]) => `${member}: ${count}`).join(', '),
    'drempel log conflicts has them; then: drempel log reconcile',
  )
  const [first] = await listCases(ctx, true)
  const overdue = first !== undefined && daysLeft(first, ctx.clock()) < 0
  say(
    'data subjects',
    !overdue,
    overdue ? 'the term of a case has passed' : 'no open case is late',
    'drempel subject list',
  )
  const unseen = (await ctx.store.alerts.list({ all: false, limit: ALERTS })).length
  say(
    'alerts',
    unseen === 0,
    unseen === 0 ? 'none that nobody looked at' : `${unseen} that nobody looked at`,
    'drempel alert list',
  )
  for (const { kind } of inForce.convenant.kinds) {
    const key = await ctx.store.keys.current(kind)
    const detail = key === null ? 'none' : `epoch ${key.epoch}`
    say(`key ${kind}`, key !== null, detail, `drempel keys generate --kind ${kind}`)
  }
  await Promise.all(
    inForce.convenant.members
      .filter(({ id }) => id !== home.member.id)
      .map(async ({ id }) => {
        try {
          await ctx.call(
            id,
            'keys/current',
            { kind: inForce.convenant.kinds[0]!.kind },
            { timeoutMs: 3_000 },
          )
          say(`peer ${id}`, true, 'answers, signed')
        } catch (error) {
          const code = error instanceof ProtocolError ? error.code : 'INTERNAL'
          say(`peer ${id}`, false, code, 'is that node up, and at the URL in the convenant?')
        }
      }),
  )
  return { checks: checks.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}
