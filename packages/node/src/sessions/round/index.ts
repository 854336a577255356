/** The round's peer methods: each parses, finds the round, checks who speaks, and hands over. */

import { memberOf } from '@drempel/protocol/convenant'
import { type Bytes, isProtocolError, type Json, ProtocolError } from '@drempel/protocol/encoding'
import { combineOwners } from '@drempel/protocol/threshold'
import { z } from 'zod'
import type { Channel } from '../../peers/index.ts'
import type { NodeContext, PeerMethod } from '../context.ts'
import { fail, failure } from '../errors.ts'
import { rulesOf } from '../federation.ts'
import { perMinute } from '../limit.ts'
import { keepOwners } from '../owners.ts'
import { parseBody, readBody } from '../parse.ts'
import { checkingList } from '../refused.ts'
import { compute, offerChannel, openNonce, partyOf, readUploadHead, takeUpload } from './compute.ts'
import { journalRoundPublished, journalRoundRefused } from './journal.ts'
import {
  currentPublications,
  decodePublications,
  encodePublications,
  putInForce,
  verifyPublications,
} from './lists.ts'
import { type LiveRound, OPEN, type Rounds } from './live.ts'
import { agreed, announced, upload } from './member.ts'
import { announcement, hex16, signedCommitment, terms } from './messages.ts'

const SMALL = 64 * 1024
const STATEMENTS = 4 * 1024 * 1024
/** Some 5 million keys, or a list of 5 million flags. */
const LARGE = 64 * 1024 * 1024

const REFUSALS_PER_MINUTE = 60

const ofRound = z.strictObject({ round: hex16 })
const ok: Json = { ok: true }

export function roundMethods(ctx: NodeContext, rounds: Rounds): readonly PeerMethod[] {
  /** The round, for a request that only its coordinator may make. */
  const led = (round: string, from: string): LiveRound => {
    const live = rounds.get(round, from)
    if (live.announcement.coordinator !== from)
      fail('ROUND_WRONG_STATE', { culprit: from, at: 'coordinator' })
    return live
  }

  const refusals = perMinute(REFUSALS_PER_MINUTE, ctx.clock)

  return [
    {
      name: 'rounds/announce',
      maxBody: SMALL,
      async handle(from, body) {
        const value = parseBody(announcement, body, from)
        try {
          await rounds.claim(value.kind, () => announced(ctx, rounds, from, value))
        } catch (error) {
          // The convenant does not allow it; what is merely false is entered as any false message.
          if (isProtocolError(error, 'REFUSED') && from !== ctx.self && refusals(from)) {
            await journalRoundRefused(ctx, value, from, error.at!)
          }
          throw error
        }
        return ok
      },
    },
    {
      name: 'rounds/commitment',
      maxBody: SMALL,
      async handle(from, body) {
        const live = led(parseBody(ofRound, body, from).round, from)
        // The step alone: counts would show the exact size of the list, which is padded elsewhere.
        if (live.commitment === null) return { ready: false, step: live.progress.step }
        return { ready: true, commitment: live.commitment as unknown as Json }
      },
    },
    {
      name: 'rounds/open',
      maxBody: STATEMENTS,
      async handle(from, body) {
        const schema = z.strictObject({
          round: hex16,
          commitments: z.array(signedCommitment).max(64),
        })
        const { round, commitments } = parseBody(schema, body, from)
        return openNonce(ctx, led(round, from), commitments) as unknown as Json
      },
    },
    {
      name: 'rounds/terms',
      maxBody: STATEMENTS,
      async handle(from, body) {
        const agreedTerms = parseBody(terms, body, from)
        await agreed(ctx, rounds, led(agreedTerms.announcement.round, from), agreedTerms)
        return ok
      },
    },
    {
      name: 'rounds/share',
      maxBody: SMALL,
      async handle(from, body) {
        await upload(ctx, led(parseBody(ofRound, body, from).round, from))
        return ok
      },
    },
    {
      name: 'rounds/upload',
      maxBody: LARGE,
      async handle(from, body) {
        const { round, share } = readUploadHead(from, body)
        takeUpload(ctx, rounds.get(round, from), from, share)
        return ok
      },
    },
    {
      name: 'rounds/compute',
      maxBody: SMALL,
      async handle(from, body) {
        const schema = z.strictObject({
          round: hex16,
          included: z.array(z.string().max(64)).max(64),
        })
        const { round, included } = parseBody(schema, body, from)
        const live = led(round, from)
        partyOf(ctx, ctx.self)
        rounds.background(round, compute(ctx, rounds, live, included))
        return ok
      },
    },
    {
      name: 'rounds/outcome',
      maxBody: SMALL,
      async handle(from, body) {
        const live = led(parseBody(ofRound, body, from).round, from)
        if (live.opened === null) return { ready: false }
        const statements = live.opened.map(({ statement }) => statement)
        return { ready: true, statements: statements as unknown as Json }
      },
    },
    {
      name: 'rounds/owners',
      maxBody: LARGE,
      async handle(from, body) {
        const { round, rule, part } = ownersBody(from, body)
        await takeOwnerPart(ctx, rounds.get(round, from), from, rule, part)
        return ok
      },
    },
    {
      name: 'rounds/publish',
      maxBody: LARGE,
      async handle(from, body) {
        await published(ctx, rounds, from, body)
        return ok
      },
    },
    {
      name: 'rounds/fail',
      maxBody: SMALL,
      async handle(from, body) {
        const schema = z.strictObject({
          round: hex16,
          reason: z.string().regex(/^[A-Z0-9_]{1,48}$/),
          culprit: z.string().max(64).nullable(),
        })
        const { round, reason, culprit } = parseBody(schema, body, from)
        led(round, from)
        const named = memberOf(ctx.inForce().convenant, culprit ?? '')?.id ?? from
        await rounds.fail(round, failure('ROUND_FAILED', { at: reason, culprit: named }))
        return ok
      },
    },
    {
      name: 'lists/current',
      maxBody: SMALL,
      async handle(from, body) {
        const { kind } = parseBody(z.strictObject({ kind: z.string().max(32) }), body, from)
        return encodePublications(await currentPublications(ctx, kind, from))
      },
    },
  ]
}

/** For the WebSocket route. @throws ProtocolError for who is not the previous party of that round */
export function acceptRoundChannel(
  ctx: NodeContext,
  rounds: Rounds,
  peer: string,
  path: string,
): (channel: Channel) => void {
  const parts = /^\/peer\/v1\/rounds\/([0-9a-f]{32})\/channel(?:\/([1-9][0-9]{0,2}))?$/.exec(path)
  const round = parts?.[1] ?? fail('BAD_REQUEST', { culprit: peer, at: 'path' })
  return offerChannel(ctx, rounds.get(round, peer), peer, Number(parts?.[2] ?? 0))
}

async function published(
  ctx: NodeContext,
  rounds: Rounds,
  from: string,
  body: Bytes,
): Promise<void> {
  const publications = decodePublications(from, body)
  if (publications.length === 0) fail('BAD_REQUEST', { culprit: from, at: 'lists' })
  const round = publications[0]?.statements[0]?.body.round
  const live = round === undefined ? undefined : rounds.find(round)
  if (live === undefined) {
    await putInForce(ctx, verifyPublications(ctx, from, publications), [...OPEN, 'failed'])
    return
  }
  for (const { statements } of publications) {
    const { body } = statements[0]!
    if (body.announcement === live.digest) continue
    checkingList(body, () => fail('STATEMENTS_DIFFER', { culprit: from, at: 'announcement' }))
  }
  const { announcement } = live
  const rules = publications.map(({ statements }) => statements[0]!.body.rule)
  if (rules.join() !== announcement.rules.join()) {
    const { body } = publications[0]!.statements[0]!
    checkingList(body, () => fail('STATEMENTS_DIFFER', { culprit: from, at: 'rules' }))
  }
  // Verified before a word of it enters the log.
  const records = verifyPublications(ctx, from, publications)
  await journalRoundPublished(ctx, announcement, publications)
  const accepted = await putInForce(ctx, records, {
    id: announcement.round,
    // Whatever this node heard of the round on the way: who was left out of it heard little.
    from: OPEN,
    to: 'published',
    patch: {},
  })
  if (!accepted) fail('ROUND_WRONG_STATE', { at: 'publish' })
  ctx.log('info', 'round.published', { round: announcement.round })
  rounds.drop(announcement.round)
}

function ownersBody(from: string, body: Bytes): { round: string; rule: string; part: Bytes } {
  return readBody(from, () => {
    const end = body.indexOf(10)
    const head = new TextDecoder().decode(body.subarray(0, Math.max(end, 0)))
    const match = /^([0-9a-f]{32}) ([a-z0-9-]{1,64})$/.exec(head)
    if (match === null) return fail('BAD_REQUEST', { culprit: from, at: 'head' })
    return { round: match[1]!, rule: match[2]!, part: body.slice(end + 1) }
  })
}

async function takeOwnerPart(
  ctx: NodeContext,
  live: LiveRound,
  from: string,
  rule: string,
  part: Bytes,
): Promise<void> {
  const party = partyOf(ctx, from)
  const { plan, prepared } = live
  if (plan === null || prepared === null) return fail('ROUND_WRONG_STATE', { at: 'owners' })
  const { convenant } = ctx.inForce()
  const known = rulesOf(convenant, live.announcement.kind)
  if (!known.some(({ id, output }) => id === rule && output === 'owners')) {
    fail('STATEMENTS_DIFFER', { culprit: from, at: 'rule' })
  }
  const parts = live.ownerParts.get(rule) ?? new Map<number, Bytes>()
  live.ownerParts.set(rule, parts)
  if (parts.has(party)) fail('ROUND_WRONG_STATE', { culprit: from, at: 'second part' })
  parts.set(party, part)
  if (parts.size < 3) return
  const over = blaming(convenant.computeNodes, () =>
    combineOwners(plan, prepared, [parts.get(0)!, parts.get(1)!, parts.get(2)!]),
  )
  await keepOwners(ctx, live.announcement, rule, live.flags, over)
}

/** A part that is not of the right form names its node; of two that disagree, one of them. */
function blaming<Value>(computeNodes: readonly string[], work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (!isProtocolError(error, 'BAD_OWNER_PARTS')) throw error
    const { code, at = '', hint } = error
    const culprit = computeNodes[Number(at)] ?? ''
    throw new ProtocolError(code, { culprit, at: 'part', ...(hint === undefined ? {} : { hint }) })
  }
}
