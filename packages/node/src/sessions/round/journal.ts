/** What rounds and their lists leave in the audit log: what is said, and what is sealed. */

import { ruleOf } from '@drempel/protocol/convenant'
import { type Json, parseJcs } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { sizeBucket } from '@drempel/protocol/log'
import type { Appended } from '../../audit/index.ts'
import type { RoundRecord, ThresholdListRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { enterWaiting } from '../unentered.ts'
import { isWritten } from '../written.ts'
import type { Publication } from './lists.ts'
import {
  type Announcement,
  announcementDigest,
  listDigest,
  type SignedCommitment,
  type SignedList,
} from './messages.ts'

export function journalRoundRefused(
  ctx: NodeContext,
  { kind, round }: Pick<Announcement, 'kind' | 'round'>,
  from: string,
  reason: string,
): Promise<Appended> {
  const event = { type: 'round.refused', role: roleIn(ctx), kind, round, reason } as const
  return ctx.audit.append({ ...event, parties: [from] }, {})
}

/** The salt of the commitment is sealed: with it an auditor under dual control can check the list. */
export function journalRoundCommitted(
  ctx: NodeContext,
  { kind, round, epoch }: Announcement,
  commitment: SignedCommitment,
  salt: string,
): Promise<Appended> {
  const { list } = commitment.body
  const event = { type: 'round.committed', role: roleIn(ctx), kind, round, digest: list } as const
  return ctx.audit.append({ ...event, epoch: String(epoch) }, { salt })
}

export function journalExcluded(
  ctx: NodeContext,
  { kind, round }: Announcement,
  member: string,
  reason: string,
): Promise<Appended> {
  const event = { type: 'round.excluded', role: 'compute', kind, round, reason } as const
  return ctx.audit.append({ ...event, parties: [member] }, {})
}

export async function journalRoundPublished(
  ctx: NodeContext,
  { kind, round, epoch }: Announcement,
  publications: readonly Publication[],
): Promise<void> {
  await Promise.all(
    publications.map(({ statements }) => {
      const { body } = statements[0]!
      return ctx.audit.append(
        {
          type: 'round.published',
          role: roleIn(ctx),
          kind,
          round,
          rules: [body.rule],
          epoch: String(epoch),
          digest: listDigest(body),
          sizeBucket: sizeBucket(body.size),
        },
        {},
      )
    }),
  )
}

/** That rounds were announced, or failed, of which the store says so already. */
export function enterRounds(world: Pick<NodeContext, 'store' | 'audit'>): Promise<void> {
  const { store, audit } = world
  return enterWaiting(store.rounds, {
    rows: () => store.rounds.unentered(),
    nameOf: ({ id, state }) => `${id} ${state}`,
    isEntered: ({ id, state, updatedAt }) => {
      const type = state === 'failed' ? 'round.failed' : 'round.announced'
      return isWritten(world, updatedAt, (event) => event.type === type && event.round === id)
    },
    enter: (row) =>
      row.state === 'failed'
        ? audit.append(failedIn(row), recordOf(row))
        : audit.append(announcedIn(row), {}),
    entered: ({ id }) => store.rounds.setEntered(id),
  })
}

function announcedIn({ role, data }: RoundRecord) {
  const value = parseJcs(data) as unknown as Announcement
  const { kind, round, epoch, coordinator } = value
  const about = { role: role as Role, kind, round, parties: [coordinator] }
  const digest = announcementDigest(value)
  return { type: 'round.announced', ...about, epoch: String(epoch), digest } as const
}

function failedIn(row: RoundRecord) {
  const { id, kind, role, reason, culprit } = row
  const about = { role: role as Role, kind: kind as IdentifierKind, round: id, reason: reason! }
  // Whose clock is wrong neither of two can tell.
  const other = reason === 'CLOCK_SKEW' ? endingOf(row)?.refusedBy : null
  const named = new Set([culprit, other].filter((one) => typeof one === 'string'))
  const parties = named.size === 0 ? {} : { parties: [...named].sort() }
  return { type: 'round.failed', ...about, ...parties } as const
}

/** No leaf says who contributed, so neither does one say who did not. */
function recordOf(row: RoundRecord): Json {
  const ending = endingOf(row)
  return ending === null ? {} : (ending as unknown as Json)
}

/** What a coordinator keeps of a round that failed, beside why and who is named first. */
export type Ending = {
  /** Ascending, as in a list's statement. */
  readonly leftOut: readonly { readonly member: string; readonly reason: string }[]
  /** Ascending. */
  readonly culprits: readonly string[]
  /** Who refused the one that is named, by its word. */
  readonly refusedBy: string | null
}

/** @returns null where a row has none, as of a round that failed without one, or under an older release */
export function endingOf({ state, data }: Pick<RoundRecord, 'state' | 'data'>): Ending | null {
  if (state !== 'failed') return null
  const kept = parseJcs(data)
  const isEnding = typeof kept === 'object' && kept !== null && 'culprits' in kept
  return isEnding ? (kept as unknown as Ending) : null
}

export function journalListAccepted(
  ctx: NodeContext,
  list: ThresholdListRecord,
): Promise<Appended> {
  const size = Math.floor(list.keys.length / Math.ceil(list.keyBits / 8))
  return ctx.audit.append(
    {
      type: 'list.accepted',
      role: roleIn(ctx),
      kind: list.kind as IdentifierKind,
      rule: list.rule,
      round: list.round,
      epoch: list.epoch,
      digest: list.digest,
      sizeBucket: sizeBucket(size),
    },
    {},
  )
}

/** @param list as it was claimed: a rule that the convenant does not have is the sender's own text */
export function journalListRefused(
  ctx: NodeContext,
  from: string,
  list: SignedList['body'],
  reason: string,
  evidence: string | null,
): Promise<Appended> {
  const known = ruleOf(ctx.inForce().convenant, list.rule)
  return ctx.audit.append(
    {
      type: 'list.refused',
      role: roleIn(ctx),
      kind: list.kind as IdentifierKind,
      round: list.round,
      ...(known === undefined ? {} : { rule: list.rule }),
      digest: listDigest(list),
      parties: [from],
      reason,
    },
    { evidence },
  )
}

type Role = 'compute' | 'partner'

function roleIn(ctx: NodeContext): Role {
  return ctx.inForce().convenant.computeNodes.includes(ctx.self) ? 'compute' : 'partner'
}
