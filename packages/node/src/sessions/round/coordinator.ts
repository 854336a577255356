/**
 * The compute node whose operator starts a round leads it: it carries messages and decides when to
 * go on, never what is in them. Every step that it could bend is signed by its author, and a
 * coordinator that dies or lies costs a round, not a list.
 */

import { compareBytes, hex, isProtocolError, type Json, jcs } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { z } from 'zod'
import type { NodeContext } from '../context.ts'
import { codeOf, culpritOf, fail } from '../errors.ts'
import { activeMembers, mayHold, permit, rulesOf } from '../federation.ts'
import { roundUsage } from '../flags.ts'
import { keyDigest, usableKey } from '../oprf/keyring.ts'
import { parseBody } from '../parse.ts'
import { partyOf } from './compute.ts'
import { journalExcluded, journalRoundRefused } from './journal.ts'
import { encodePublications, type Publication } from './lists.ts'
import type { LiveRound, Rounds } from './live.ts'
import {
  type Announcement,
  type SignedCommitment,
  type SignedList,
  type SignedOpening,
  signedCommitment,
  signedList,
  signedOpening,
  type Terms,
} from './messages.ts'
import { contributors, verifyCommitment } from './terms.ts'

const POLL_MS = 250
const HEARTBEAT_MS = 20_000
/** Tagging a first list of a hundred thousand flags takes minutes. */
const COLLECT_MS = 60 * 60_000
const COMPUTE_MS = 30 * 60_000
/** A record that finds no room has probability 2^-30: more than a few new salts is another fault. */
const MAX_SALTS = 3
/** What a member said is false; another code may mean that it is slow, or down. */
const LIES = new Set(['BAD_REQUEST', 'BAD_STATEMENT', 'PEER_BAD_RESPONSE', 'STATEMENTS_DIFFER'])

/** Announces a round here; the rest runs in the background. @throws ProtocolError `REFUSED`, `NO_KEY`, `BUSY`, ... */
export async function startRound(
  ctx: NodeContext,
  rounds: Rounds,
  kind: IdentifierKind,
  salts = MAX_SALTS,
): Promise<string> {
  const inForce = ctx.inForce()
  partyOf(ctx, ctx.self)
  const rules = rulesOf(inForce.convenant, kind)
  if (rounds.ofKind(kind) !== undefined) fail('BUSY', { at: kind })
  const members = activeMembers(inForce.convenant)
  const round = hex(ctx.random(16))
  try {
    permit(
      ctx,
      {
        type: 'announce',
        coordinator: ctx.self,
        kind,
        rules: rules.map(({ id }) => id),
        contributors: members,
      },
      await roundUsage(ctx, kind),
    )
  } catch (error) {
    if (isProtocolError(error, 'REFUSED')) {
      await journalRoundRefused(ctx, { kind, round }, ctx.self, codeOf(error))
    }
    throw error
  }
  const tags = rules.some(({ keys }) => keys === 'tag')
  const key = tags ? await usableKey(ctx, kind) : null
  const announcement: Announcement = {
    convenant: inForce.digest,
    round,
    kind,
    epoch: key === null ? 1 : Number(key.epoch),
    key: keyDigest(key),
    rules: rules.map(({ id }) => id),
    coordinator: ctx.self,
    createdAt: new Date(ctx.clock()).toISOString(),
  }
  await ctx.call(ctx.self, 'rounds/announce', announcement as Json)
  const led = lead(ctx, rounds, announcement, members).catch(async (error: unknown) => {
    const reason = codeOf(error)
    const culprit = culpritOf(error) ?? null
    await rounds.fail(round, error)
    await tellAll(ctx, members, 'rounds/fail', { round, reason, culprit })
    if (reason === 'RECORD_DOES_NOT_FIT' && salts > 1) {
      await startRound(ctx, rounds, kind, salts - 1)
    }
  })
  rounds.background(round, led)
  return round
}

async function lead(
  ctx: NodeContext,
  rounds: Rounds,
  announcement: Announcement,
  members: readonly string[],
): Promise<void> {
  const live = rounds.get(announcement.round, ctx.self)
  const present = await announce(ctx, live, members)
  const stopBeats = keepAlive(ctx, live, present)
  try {
    await leadOn(ctx, live, members, present)
  } finally {
    stopBeats()
  }
}

async function leadOn(
  ctx: NodeContext,
  live: LiveRound,
  members: readonly string[],
  present: readonly string[],
): Promise<void> {
  const { announcement } = live
  const { round } = announcement
  const commitments = await collectCommitments(ctx, live, present)
  const openings = await collectOpenings(ctx, round, commitments)
  const terms: Terms = { announcement, commitments: [...commitments], openings: [...openings] }
  for (const { member, body } of commitments) {
    // Why, its own log says.
    if (body.paddedSize === null) live.absent.set(member, 'STAYED_OUT')
  }
  // Before anybody shares a list that would not be computed on.
  await mayCompute(ctx, live, members, contributors(terms))
  await Promise.all(
    commitments.map(({ member }) => ctx.call(member, 'rounds/terms', terms as unknown as Json)),
  )
  const included = await collectUploads(ctx, live, terms)
  await mayCompute(ctx, live, members, included)
  await runComputation(ctx, live, included)
  const publications = await collectLists(ctx, live)
  await publish(ctx, members, round, publications)
}

/** What every compute node will ask, asked here first: a refusal for who is missing names the missing. */
async function mayCompute(
  ctx: NodeContext,
  live: LiveRound,
  members: readonly string[],
  included: readonly string[],
): Promise<void> {
  const { announcement } = live
  const request = { type: 'compute', node: ctx.self, contributors: included } as const
  const usage = await roundUsage(ctx, announcement.kind)
  try {
    permit(ctx, { ...request, ...announcement }, usage)
  } catch (error) {
    const missing = members.filter((member) => !included.includes(member))
    const [first] = missing
    if (!isProtocolError(error, 'REFUSED') || first === undefined) throw error
    live.missing = missing
    fail('REFUSED', { at: codeOf(error), culprit: first })
  }
}

/** Members that have nothing to do but wait hear that the round goes on. */
function keepAlive(ctx: NodeContext, live: LiveRound, present: readonly string[]): () => void {
  const { round } = live.announcement
  const timer = setInterval(() => {
    live.touched = ctx.clock()
    for (const member of present) {
      if (member !== ctx.self)
        ctx.call(member, 'rounds/commitment', { round }).catch(() => undefined)
    }
  }, HEARTBEAT_MS)
  return () => clearInterval(timer)
}

/** Members that can't be reached stay out; a compute node that can't be ends the round. */
async function announce(
  ctx: NodeContext,
  live: LiveRound,
  members: readonly string[],
): Promise<readonly string[]> {
  const { announcement, absent } = live
  const { computeNodes } = ctx.inForce().convenant
  const present: string[] = [ctx.self]
  await Promise.all(
    members.map(async (member) => {
      if (member === ctx.self) return
      try {
        await ctx.call(member, 'rounds/announce', announcement as Json)
        present.push(member)
      } catch (error) {
        if (computeNodes.includes(member)) throw error
        ctx.log('warn', 'round.member-absent', { absent: member, code: codeOf(error) })
        absent.set(member, codeOf(error))
        await journalExcluded(ctx, announcement, member, codeOf(error))
      }
    }),
  )
  return present.sort()
}

const commitmentReply = z.union([
  z.strictObject({ ready: z.literal(true), commitment: signedCommitment }),
  z.strictObject({ ready: z.literal(false), step: z.string().max(64) }),
])

async function collectCommitments(
  ctx: NodeContext,
  live: LiveRound,
  present: readonly string[],
): Promise<readonly SignedCommitment[]> {
  const { computeNodes } = ctx.inForce().convenant
  const collected = await Promise.all(
    present.map(async (member) => {
      try {
        const reply = await poll(ctx, live, COLLECT_MS, async () => {
          const body = await ctx.call(member, 'rounds/commitment', {
            round: live.announcement.round,
          })
          const parsed = parseBody(commitmentReply, body, member)
          return parsed.ready ? parsed.commitment : undefined
        })
        // Here, so that a member that lies is left out, instead of failing the round at every node.
        if (reply.member !== member) fail('STATEMENTS_DIFFER', { culprit: member, at: 'member' })
        verifyCommitment(ctx.inForce(), live.announcement, reply)
        return [reply]
      } catch (error) {
        if (computeNodes.includes(member) || live.abort.signal.aborted) throw error
        const code = codeOf(error)
        ctx.log('warn', 'round.member-lost', { absent: member, code })
        live.absent.set(member, code)
        if (isProtocolError(error) && LIES.has(error.code)) {
          await journalExcluded(ctx, live.announcement, member, code)
        }
        return []
      }
    }),
  )
  return collected.flat()
}

async function collectOpenings(
  ctx: NodeContext,
  round: string,
  commitments: readonly SignedCommitment[],
): Promise<readonly SignedOpening[]> {
  return Promise.all(
    ctx.inForce().convenant.computeNodes.map(async (node) => {
      const body = { round, commitments } as unknown as Json
      return parseBody(signedOpening, await ctx.call(node, 'rounds/open', body), node)
    }),
  )
}

/** Contributors whose three shares arrived; one that failed is left out while enough remain. */
async function collectUploads(
  ctx: NodeContext,
  live: LiveRound,
  terms: Terms,
): Promise<readonly string[]> {
  const { round } = live.announcement
  const included: string[] = []
  await Promise.all(
    contributors(terms).map(async (member) => {
      try {
        await ctx.call(member, 'rounds/share', { round }, { timeoutMs: 10 * 60_000 })
        included.push(member)
      } catch (error) {
        const code = codeOf(error)
        if (code === 'RECORD_DOES_NOT_FIT' || live.abort.signal.aborted) throw error
        ctx.log('warn', 'round.member-lost', { absent: member, code })
        live.absent.set(member, code)
      }
    }),
  )
  return included.sort()
}

async function runComputation(
  ctx: NodeContext,
  live: LiveRound,
  included: readonly string[],
): Promise<void> {
  const { round } = live.announcement
  await Promise.all(
    ctx
      .inForce()
      .convenant.computeNodes.map((node) =>
        ctx.call(node, 'rounds/compute', { round, included } as Json),
      ),
  )
}

const outcomeReply = z.union([
  z.strictObject({ ready: z.literal(true), statements: z.array(signedList) }),
  z.strictObject({ ready: z.literal(false) }),
])

/** The three compute nodes' statements must be the same but for their signatures. */
async function collectLists(ctx: NodeContext, live: LiveRound): Promise<readonly Publication[]> {
  const { round } = live.announcement
  const outcomes = await Promise.all(
    ctx.inForce().convenant.computeNodes.map((node) =>
      poll(ctx, live, COMPUTE_MS, async () => {
        const body = await ctx.call(node, 'rounds/outcome', { round }, { maxResponse: 1 << 24 })
        const parsed = parseBody(outcomeReply, body, node)
        return parsed.ready ? { node, statements: parsed.statements } : undefined
      }),
    ),
  )
  return live.opened!.map(({ statement, keys }, i) => {
    const statements = outcomes.map(({ node, statements }) => {
      const other: SignedList | undefined = statements[i]
      const same = other !== undefined && compareBytes(jcs(other.body), jcs(statement.body)) === 0
      return same ? other : fail('STATEMENTS_DIFFER', { culprit: node, at: 'list' })
    })
    return { statements, keys }
  })
}

async function publish(
  ctx: NodeContext,
  members: readonly string[],
  round: string,
  publications: readonly Publication[],
): Promise<void> {
  const bodyFor = (member: string) =>
    encodePublications(
      publications.map(({ statements, keys }) => {
        const may = mayHold(ctx, member, statements[0]!.body.rule)
        return { statements, keys: may ? keys : new Uint8Array() }
      }),
    )
  // Here first: from this moment the others can fetch it from this node.
  await ctx.call(ctx.self, 'rounds/publish', bodyFor(ctx.self))
  await Promise.all(
    members
      .filter((member) => member !== ctx.self)
      .map((member) =>
        ctx
          .call(member, 'rounds/publish', bodyFor(member), { timeoutMs: 60_000 })
          .catch((error: unknown) => {
            ctx.log('warn', 'round.publish-missed', { absent: member, round, code: codeOf(error) })
          }),
      ),
  )
}

async function tellAll(
  ctx: NodeContext,
  members: readonly string[],
  method: string,
  body: Json,
): Promise<void> {
  const others = members.filter((member) => member !== ctx.self)
  await Promise.allSettled(others.map((member) => ctx.call(member, method, body)))
}

/** Asks until there is an answer. @throws ProtocolError `ROUND_FAILED` after `limitMs` */
async function poll<Value>(
  ctx: NodeContext,
  live: LiveRound,
  limitMs: number,
  ask: () => Promise<Value | undefined>,
): Promise<Value> {
  for (let waited = 0; ; waited += POLL_MS) {
    const value = await ask()
    if (value !== undefined) return value
    if (live.error !== null) throw live.error
    if (waited > limitMs) fail('ROUND_FAILED', { at: live.progress.step })
    live.touched = ctx.clock()
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
