/**
 * A compute node's part: it opens its nonce for one set of commitments, takes in the shares, runs
 * the three-party computation with the other two and signs what was opened.
 * Adversary: semi-honest, one of three; see docs/PROTOCOL.md for what each role learns.
 */

import { memberOf, type Rule } from '@drempel/protocol/convenant'
import {
  ByteReader,
  type Bytes,
  concat,
  concatAll,
  hex,
  type Json,
  signStatement,
  utf8,
} from '@drempel/protocol/encoding'
import type { PartyIndex } from '@drempel/protocol/mpc'
import {
  type Aggregates,
  type AggregateTerms,
  computeRound,
  type RoundRule,
  readUpload,
} from '@drempel/protocol/threshold'
import { type Channel, farthestRoundTrip } from '../../peers/index.ts'
import { partsAtMost, partsOnThreads } from '../../workers/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, fail, failure } from '../errors.ts'
import { permit, rulesOf } from '../federation.ts'
import { rememberOpened, rememberRelease, roundUsage } from '../flags.ts'
import { readBody } from '../parse.ts'
import { journalExcluded } from './journal.ts'
import { Deferred, type LiveRound, type Rounds } from './live.ts'
import {
  commitmentsDigest,
  keysDigest,
  type SignedCommitment,
  type SignedOpening,
  STATEMENT,
} from './messages.ts'
import { contributors, verifyCommitments } from './terms.ts'

/** One share of one list; the largest that a convenant could ask for. */
const MAX_UPLOAD = 1 << 26

/** The channels to both neighbours. */
type Link = { readonly next: Channel; readonly previous: Channel }

/** Opens the nonce, once and for one set of commitments. */
export function openNonce(
  ctx: NodeContext,
  live: LiveRound,
  commitments: readonly SignedCommitment[],
): SignedOpening {
  const inForce = ctx.inForce()
  partyOf(ctx, ctx.self)
  if (live.commitment === null || live.nonce === null) fail('ROUND_WRONG_STATE', { at: 'open' })
  verifyCommitments(inForce, live.announcement, commitments, live.commitment)
  const set = commitmentsDigest(commitments)
  if (live.openedFor !== null && live.openedFor !== set) {
    fail('STATEMENTS_DIFFER', { culprit: live.announcement.coordinator, at: 'commitments' })
  }
  live.openedFor = set
  const body = {
    announcement: live.digest,
    round: live.announcement.round,
    commitments: set,
    nonce: hex(live.nonce),
  }
  return signStatement(STATEMENT.opening, body, ctx.self, ctx.signer)
}

export function readUploadHead(from: string, body: Bytes): { round: string; share: Bytes } {
  return readBody(from, () => {
    const reader = new ByteReader(body)
    const round = hex(reader.bytes(16))
    const share = reader.block(MAX_UPLOAD)
    reader.finish()
    return { round, share }
  })
}

/** Takes in one contributor's share. @throws ProtocolError `BAD_UPLOAD`, culprit = the contributor */
export function takeUpload(ctx: NodeContext, live: LiveRound, from: string, share: Bytes): void {
  const { plan, terms } = live
  if (plan === null || terms === null) fail('ROUND_WRONG_STATE', { at: 'upload' })
  const index = contributors(terms).indexOf(from)
  if (index < 0) fail('ROUND_WRONG_STATE', { culprit: from, at: 'upload' })
  if (live.uploads.has(index)) fail('ROUND_WRONG_STATE', { culprit: from, at: 'second upload' })
  live.uploads.set(index, readUpload(plan, index, partyOf(ctx, ctx.self), share))
}

/**
 * Where a channel from the previous party will be handed over.
 * @param link 0, or the number of a part
 * @throws ProtocolError `ROUND_WRONG_STATE` for any other party, a second channel, or one for more parts
 *   than this node computes
 */
export function offerChannel(
  ctx: NodeContext,
  live: LiveRound,
  peer: string,
  link: number,
): (channel: Channel) => void {
  const party = partyOf(ctx, ctx.self)
  const { computeNodes } = ctx.inForce().convenant
  const previous = computeNodes[(party + 2) % 3]
  // Before the upgrade: one that nobody waits for stays open as long as the round, and queues messages.
  const most = partsAtMost(ctx.workers)
  const wanted = link === 0 || (most > 1 && link <= most)
  if (peer !== previous || !wanted || live.offered.has(link)) {
    fail('ROUND_WRONG_STATE', { culprit: peer, at: 'channel' })
  }
  live.offered.add(link)
  return (channel) => {
    const waiting = linkOf(live, link)
    if (live.abort.signal.aborted) waiting.reject(live.abort.signal.reason)
    waiting.resolve(channel)
    // Too late: nobody else would close it.
    waiting.promise.catch(() => channel.close())
  }
}

function linkOf(live: LiveRound, link: number): Deferred<Channel> {
  const waiting = live.channels.get(link) ?? new Deferred<Channel>()
  live.channels.set(link, waiting)
  return waiting
}

/**
 * Runs the computation over the lists of `included` and signs its results.
 * @param included members whose list all three compute nodes have
 */
export async function compute(
  ctx: NodeContext,
  rounds: Rounds,
  live: LiveRound,
  included: readonly string[],
): Promise<void> {
  const { plan, terms, salt, announcement } = live
  if (plan === null || terms === null || salt === null || live.computing) {
    return fail('ROUND_WRONG_STATE', { at: 'compute' })
  }
  live.computing = true
  const { convenant } = ctx.inForce()
  const party = partyOf(ctx, ctx.self)
  const names = contributors(terms)
  const distinct = included.every((member, i) => i === 0 || included[i - 1]! < member)
  if (!distinct || !included.every((member) => names.includes(member))) {
    fail('STATEMENTS_DIFFER', { culprit: announcement.coordinator, at: 'included' })
  }
  // A share that did not come leaves its contributor out, on all three nodes alike.
  const inputs = new Map(
    included.flatMap((member) => {
      const index = names.indexOf(member)
      const share = live.uploads.get(index)
      return share === undefined ? [] : [[index, share] as const]
    }),
  )
  const request = { type: 'compute', node: ctx.self, contributors: included } as const
  const usage = await roundUsage(ctx, announcement.kind)
  permit(ctx, { ...request, ...announcement }, usage)

  const wanted = rulesOf(convenant, announcement.kind)
  const rules = wanted.map(roundRule)
  // A list that was left out as invalid leaves other contributors than were decided on.
  const beforeOpening = async (left: readonly number[]) => {
    const remaining = left.map((index) => names[index]!)
    permit(ctx, { ...request, ...announcement, contributors: remaining }, usage)
    const releases = wanted.some(({ aggregates }) => aggregates !== undefined)
    if (releases) await rememberRelease(ctx, announcement.kind)
  }
  const sectors = names.map((name) => memberOf(convenant, name)!.sector)
  // Leaving out an invalid list changes who contributes since the last round, which narrows what that
  // partner holds: without the members' word for it, the round ends instead.
  const mayChange =
    convenant.acknowledgements.contributorsMayChange || usage.lastContributors === null
  const minContributors = mayChange
    ? Math.max(...wanted.map((rule) => rule.minContributors))
    : included.length
  live.progress = { step: 'connecting' }
  const main = await openLink(ctx, live, party, 0)
  const links = [main]
  live.progress = { step: 'computing' }
  const ended = new AbortController()
  try {
    const roundTripMs = await farthestRoundTrip([main.next, main.previous])
    const members = convenant.computeNodes as unknown as [string, string, string]
    const open = async (parts: number) => {
      const numbers = Array.from({ length: parts }, (_, part) => part + 1)
      const opened = await Promise.all(
        numbers.map(async (number) => {
          const link = await openLink(ctx, live, party, number)
          links.push(link)
          // Another could not be opened, and the round has ended.
          if (ended.signal.aborted) await close(link)
          return link
        }),
      )
      const signal = AbortSignal.any([live.abort.signal, ended.signal])
      return partsOnThreads(ctx.workers, opened, { party, members }, ctx.pause, signal)
    }
    const partAnds = ctx.partAnds === undefined ? {} : { partAnds: ctx.partAnds }
    const threads = { most: partsAtMost(ctx.workers), open }
    const result = await computeRound(
      {
        party,
        ...main,
        prg: ctx.prg,
        mac: ctx.mac,
        random: ctx.random,
        members,
        roundTripMs,
        pause: ctx.pause,
        onProgress: (done) => {
          live.touched = ctx.clock()
          live.progress = { step: 'computing', done: Math.round(done * 100), total: 100 }
        },
        signal: live.abort.signal,
      },
      concat(utf8(live.digest), salt),
      plan,
      rules,
      inputs,
      { minContributors, sectors, beforeOpening, threads, ...partAnds },
    )
    await rounds.move(live, ['computing'], 'opening')
    const leftOut = result.leftOut.map(({ partner, reason }) => ({
      member: names[partner]!,
      reason,
    }))
    for (const { member, reason } of leftOut) {
      await journalExcluded(ctx, announcement, member, reason)
    }
    const remaining = included.filter((member) => leftOut.every((out) => out.member !== member))
    await rememberOpened(ctx, announcement.kind, { ...announcement, contributors: remaining })
    const opened = wanted.map((rule) => {
      const keys = concatAll(result.lists.get(rule.id) ?? [])
      const body = {
        announcement: live.digest,
        convenant: announcement.convenant,
        round: announcement.round,
        kind: announcement.kind,
        epoch: announcement.epoch,
        rule: rule.id,
        threshold: rule.t,
        salt: hex(salt),
        keyBits: plan.keyBits,
        size: result.lists.get(rule.id)?.length ?? 0,
        keys: keysDigest(keys),
        ...released(rule, result.aggregates.get(rule.id), names),
        contributors: remaining,
        leftOut,
        createdAt: announcement.createdAt,
      }
      return { statement: signStatement(STATEMENT.list, body, ctx.self, ctx.signer), keys }
    })
    const record = opened.map(({ statement }) => statement) as unknown as Json
    await rounds.move(live, ['opening'], 'opening', record)
    await handOutOwners(ctx, live, names, result.owners)
    live.opened = opened
  } finally {
    ended.abort()
    await Promise.allSettled(links.map(close))
  }
}

function released(rule: Rule, counted: Aggregates | undefined, names: readonly string[]) {
  if (counted === undefined) return {}
  const first = rule.aggregates?.from === undefined ? {} : { from: rule.aggregates.from }
  const overlaps = counted.overlaps.map(({ partners: [a, b], count }) => {
    return { members: [names[a]!, names[b]!] as [string, string], count }
  })
  return { aggregates: { ...first, histogram: [...counted.histogram], overlaps } }
}

function roundRule({ id, t, minSectors, reports, output, aggregates }: Rule): RoundRule {
  return {
    ...{ id, t, output },
    ...(minSectors === undefined ? {} : { minSectors }),
    ...(reports === undefined ? {} : { reports }),
    ...(aggregates === undefined ? {} : { aggregates: termsOf(aggregates) }),
  }
}

function termsOf({ everyDays: _, ...terms }: NonNullable<Rule['aggregates']>): AggregateTerms {
  return terms
}

/** Each contributor gets this node's part of its own flags, and of nobody else's. */
async function handOutOwners(
  ctx: NodeContext,
  live: LiveRound,
  names: readonly string[],
  owners: ReadonlyMap<string, ReadonlyMap<number, Bytes>>,
): Promise<void> {
  const sends: Promise<unknown>[] = []
  for (const [rule, parts] of owners) {
    for (const [index, part] of parts) {
      const body = ownerPart(live.announcement.round, rule, part)
      // A contributor that died misses its own answer, not the round.
      sends.push(
        ctx.call(names[index]!, 'rounds/owners', body).catch((error: unknown) => {
          ctx.log('warn', 'round.owner-missed', { absent: names[index]!, code: codeOf(error) })
        }),
      )
    }
  }
  await Promise.all(sends)
}

function ownerPart(round: string, rule: string, part: Bytes): Bytes {
  return concat(utf8(`${round} ${rule}\n`), part)
}

/** A channel to either neighbour. @param link 0, or the number of a part */
async function openLink(
  ctx: NodeContext,
  live: LiveRound,
  party: PartyIndex,
  link: number,
): Promise<Link> {
  const { computeNodes } = ctx.inForce().convenant
  const after = computeNodes[(party + 1) % 3]!
  const before = computeNodes[(party + 2) % 3]!
  const waiting = linkOf(live, link)
  const path = `/peer/v1/rounds/${live.announcement.round}/channel`
  const options = { signal: live.abort.signal, timeoutMs: 30_000 }
  const timer = setTimeout(
    () => waiting.reject(failure('ROUND_FAILED', { culprit: before, at: 'channel' })),
    30_000,
  )
  try {
    const next = await ctx.connectChannel(after, link === 0 ? path : `${path}/${link}`, options)
    try {
      return { next, previous: await waiting.promise }
    } catch (error) {
      await next.close()
      throw error
    }
  } finally {
    clearTimeout(timer)
  }
}

async function close({ next, previous }: Link): Promise<void> {
  await Promise.allSettled([next.close(), previous.close()])
}

/** @throws ProtocolError `NOT_COMPUTE_NODE` */
export function partyOf(ctx: NodeContext, member: string): PartyIndex {
  const index = ctx.inForce().convenant.computeNodes.indexOf(member)
  return index < 0 ? fail('NOT_COMPUTE_NODE', { culprit: member }) : (index as PartyIndex)
}
