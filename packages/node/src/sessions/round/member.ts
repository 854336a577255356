/**
 * A member's part in a round: it tags what is new, commits to its list, prepares it under the salt
 * and hands a share to each compute node. Semi-honest protocol; see docs/PROTOCOL.md.
 * Learns: the announcement, padded sizes of the others, the published list.
 */

import {
  type Decision,
  decide,
  MOST_REPORTS,
  NO_USAGE,
  type Usage,
} from '@drempel/protocol/convenant'
import {
  type Bytes,
  ByteWriter,
  fromHex,
  hex,
  type Json,
  jcs,
  signStatement,
} from '@drempel/protocol/encoding'
import { type IdentifierKind, oprfInput } from '@drempel/protocol/identifiers'
import { paddedSize } from '@drempel/protocol/threshold'
import { prepareOnThreads } from '../../workers/index.ts'
import type { NodeContext } from '../context.ts'
import { fail, failure } from '../errors.ts'
import { activeMembers, permit, rulesOf, sameConvenant } from '../federation.ts'
import {
  activeIdentifiers,
  activeIndexes,
  activeReports,
  blockedFlags,
  roundUsage,
} from '../flags.ts'
import { keyDigest, usableKey } from '../oprf/keyring.ts'
import { activeTags, tagMissing } from '../tagging.ts'
import { enterRounds, journalRoundCommitted, journalRoundRefused } from './journal.ts'
import type { LiveRound, Rounds } from './live.ts'
import {
  type Announcement,
  announcementDigest,
  listCommitment,
  nonceCommitment,
  STATEMENT,
  type Terms,
} from './messages.ts'
import { contributors, countsReports, derive, verifyTerms } from './terms.ts'

const MAX_SKEW_MS = 5 * 60_000

/** Takes note of a round, durably, and starts on this node's list in the background. */
export async function announced(
  ctx: NodeContext,
  rounds: Rounds,
  from: string,
  announcement: Announcement,
): Promise<void> {
  const inForce = ctx.inForce()
  const { kind, round, rules, coordinator } = announcement
  sameConvenant(inForce, announcement.convenant, from)
  if (coordinator !== from) fail('BAD_REQUEST', { culprit: from, at: 'coordinator' })
  const known = rulesOf(inForce.convenant, kind).map(({ id }) => id)
  if (known.join() !== rules.join()) fail('STATEMENTS_DIFFER', { culprit: from, at: 'rules' })
  permit(
    ctx,
    {
      type: 'announce',
      coordinator,
      kind,
      rules,
      contributors: activeMembers(inForce.convenant),
    },
    await roundUsage(ctx, kind),
  )
  const key = needsTags(ctx, kind) ? await usableKey(ctx, kind) : null
  const sameKey =
    announcement.key === keyDigest(key) &&
    (key === null || key.epoch === String(announcement.epoch))
  if (!sameKey) fail('NO_KEY', { culprit: from, at: kind })
  const skew = Math.abs(Date.parse(announcement.createdAt) - ctx.clock())
  // A list from the future would stay in force, and fresh, whatever came after it.
  if (!(skew <= MAX_SKEW_MS)) fail('BAD_REQUEST', { culprit: from, at: 'createdAt' })
  const digest = announcementDigest(announcement)
  if (rounds.find(round)?.digest === digest) return
  if ((await ctx.store.rounds.get(round)) !== null) {
    fail('ROUND_WRONG_STATE', { culprit: from, at: 'announced before' })
  }
  const other = rounds.ofKind(kind)
  if (other !== undefined) {
    // Its coordinator starting anew has given up on the earlier one.
    if (other.announcement.coordinator !== coordinator) fail('BUSY', { at: kind })
    await rounds.fail(
      other.announcement.round,
      failure('ROUND_FAILED', { culprit: coordinator, at: 'abandoned' }),
    )
  }
  await ctx.store.rounds.create({
    id: round,
    kind,
    role: inForce.convenant.computeNodes.includes(ctx.self) ? 'compute' : 'partner',
    state: 'announced',
    coordinator,
    data: jcs(announcement as Json),
    reason: null,
    culprit: null,
    entered: false,
  })
  await enterRounds(ctx)
  const live = rounds.add(announcement, digest)
  rounds.background(round, collect(ctx, rounds, live))
}

/** A member whose list the convenant keeps out of this round says so, instead of failing the round. */
async function staysOut(
  ctx: NodeContext,
  live: LiveRound,
  flags: readonly Bytes[],
): Promise<boolean> {
  const { announcement } = live
  const { kind, coordinator } = announcement
  const { decision } = await contributing(ctx, announcement, flags, await roundUsage(ctx, kind))
  if (decision.allow) return false
  await journalRoundRefused(ctx, announcement, coordinator, decision.code)
  ctx.log('warn', 'round.stays-out', { round: announcement.round, code: decision.code })
  return true
}

/** What the convenant says of a list of these flags, beside those of the last round that had one. */
async function contributing(
  ctx: NodeContext,
  { kind, rules, coordinator }: Pick<Announcement, 'kind' | 'rules' | 'coordinator'>,
  flags: readonly Bytes[],
  known: Partial<Usage>,
): Promise<{ readonly decision: Decision; readonly counts: ListCounts }> {
  const { convenant } = ctx.inForce()
  const changes = await ctx.store.contributions.changes(kind, flags)
  const counts = {
    listSize: flags.length,
    newFlags: changes?.added ?? 0,
    withdrawnFlags: changes?.withdrawn ?? 0,
  }
  const decision = decide(
    convenant,
    {
      ...{ type: 'contribute', member: ctx.self, coordinator, kind, rules, ...counts },
      contributors: activeMembers(convenant),
    },
    { ...NO_USAGE, ...known, contributed: changes !== null },
    ctx.clock(),
  )
  return { decision, counts }
}

/** Since the last round with a list of this member; none are new before the first. */
type ListCounts = {
  readonly listSize: number
  readonly newFlags: number
  readonly withdrawnFlags: number
}

/**
 * Whether this node's list, as it is now, would be in the next round of a kind, whenever that may be;
 * nothing is entered.
 * @returns undefined for a kind of no rule
 */
export async function nextContribution(
  ctx: NodeContext,
  kind: IdentifierKind,
): Promise<{ readonly decision: Decision; readonly counts: ListCounts } | undefined> {
  const { convenant } = ctx.inForce()
  const rules = rulesOf(convenant, kind).map(({ id }) => id)
  if (rules.length === 0) return undefined
  const blocked = await blockedFlags(ctx, kind)
  const flags = (await activeIndexes(ctx, kind)).filter((index) => !blocked.has(hex(index)))
  return contributing(ctx, { kind, rules, coordinator: convenant.computeNodes[0]! }, flags, {})
}

/** The indexes of a long list are not kept while it is tagged. */
async function considered(
  ctx: NodeContext,
  live: LiveRound,
  free: (flag: { readonly index: Bytes }) => boolean,
): Promise<{ readonly stays: boolean; readonly listSize: number }> {
  const active = await activeIndexes(ctx, live.announcement.kind)
  const flags = active.filter((index) => free({ index }))
  return { stays: await staysOut(ctx, live, flags), listSize: active.length }
}

function needsTags(ctx: NodeContext, kind: string): boolean {
  return rulesOf(ctx.inForce().convenant, kind).some(({ keys }) => keys === 'tag')
}

async function collect(ctx: NodeContext, rounds: Rounds, live: LiveRound): Promise<void> {
  const { kind, round, epoch } = live.announcement
  const { convenant } = ctx.inForce()
  await rounds.move(live, ['announced'], 'collecting')
  const blocked = await blockedFlags(ctx, kind)
  const free = ({ index }: { readonly index: Bytes }) =>
    blocked.size === 0 || !blocked.has(hex(index))
  const { stays, listSize } = await considered(ctx, live, free)
  if (!stays) {
    if (needsTags(ctx, kind)) {
      const made = await tagMissing(
        ctx,
        kind,
        epoch,
        listSize,
        (done, total) => {
          live.touched = ctx.clock()
          live.progress = { step: 'tagging', done, total }
        },
        live.abort.signal,
      )
      const tags = (await activeTags(ctx, kind, String(epoch), { made })).filter(free)
      live.values = tags.map(({ tag }) => tag)
      live.flags = tags.map(({ index }) => index)
    } else {
      const flags = (await activeIdentifiers(ctx, kind)).filter(free)
      live.values = flags.map(({ identifier }) => oprfInput(kind, identifier))
      live.flags = flags.map(({ index }) => index)
    }
  }
  if (countsReports(convenant, kind)) {
    const reports = await activeReports(ctx, kind)
    live.reports = live.flags.map((index) => Math.min(MOST_REPORTS, reports.get(hex(index)) ?? 1))
  }
  const salt = ctx.random(32)
  live.nonce = convenant.computeNodes.includes(ctx.self) ? ctx.random(32) : null
  const body = {
    announcement: live.digest,
    round,
    paddedSize: stays ? null : paddedSize(live.values.length),
    list: await listCommitment(salt, round, live.values, live.reports, ctx.pause),
    nonce: live.nonce === null ? null : nonceCommitment(live.nonce, round, ctx.self),
  }
  const commitment = signStatement(STATEMENT.commitment, body, ctx.self, ctx.signer)
  await journalRoundCommitted(ctx, live.announcement, commitment, hex(salt))
  await rounds.move(live, ['collecting'], 'collecting', commitment as unknown as Json)
  live.commitment = commitment
  live.progress = { step: 'committed' }
}

/** The terms that all members act on; from here on the round has a salt and a plan. */
export async function agreed(
  ctx: NodeContext,
  rounds: Rounds,
  live: LiveRound,
  terms: Terms,
): Promise<void> {
  const inForce = ctx.inForce()
  if (live.terms !== null) fail('ROUND_WRONG_STATE', { at: 'terms' })
  if (announcementDigest(terms.announcement) !== live.digest) {
    fail('STATEMENTS_DIFFER', { culprit: live.announcement.coordinator, at: 'announcement' })
  }
  verifyTerms(inForce, terms, live.commitment)
  const { plan, salt } = derive(inForce.convenant, terms)
  live.terms = terms
  live.plan = plan
  live.salt = salt
  await rounds.move(live, ['collecting'], 'computing')
}

/**
 * Prepares the list and sends each compute node its share.
 * @throws ProtocolError `RECORD_DOES_NOT_FIT`: the round needs a new salt
 */
export async function upload(ctx: NodeContext, live: LiveRound): Promise<void> {
  const { plan, salt, announcement } = live
  const index = live.terms === null ? -1 : contributors(live.terms).indexOf(ctx.self)
  if (plan === null || salt === null || index < 0)
    return fail('ROUND_WRONG_STATE', { at: 'upload' })
  // Another preparation has other dummies, in other places: the answers of this one would be misread.
  if (live.preparing) fail('ROUND_WRONG_STATE', { at: 'second upload' })
  live.preparing = true
  const { uploads, ...prepared } = await prepareOnThreads(
    ctx.workers,
    { plan, partner: index, salt, values: live.values, reports: live.reports },
    {
      signal: live.abort.signal,
      pause: ctx.pause,
      onProgress: (done, total) => {
        live.progress = { step: 'preparing', done, total }
      },
    },
  )
  live.prepared = prepared
  // Before a share leaves: also a round that fails after this counts against the caps.
  await ctx.store.contributions.record(announcement.kind, live.flags, ctx.clock())
  live.progress = { step: 'uploading' }
  const { computeNodes } = ctx.inForce().convenant
  await Promise.all(
    computeNodes.map((node, i) =>
      ctx.call(node, 'rounds/upload', uploadBody(announcement.round, uploads[i]!), {
        timeoutMs: 120_000,
        signal: live.abort.signal,
      }),
    ),
  )
  live.progress = { step: 'uploaded' }
}

function uploadBody(round: string, share: Bytes): Bytes {
  return new ByteWriter().bytes(fromHex(round)).block(share).finish()
}
