/** Rows of the store as the operator API shows them. */

import type { Epoch, List, Round } from '@drempel/protocol/api'
import { type Convenant, ruleOf } from '@drempel/protocol/convenant'
import { hex, parseJcs } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { parseTranscript, transcriptDigest } from '@drempel/protocol/oprf'
import { endingOf, type Rounds, type SignedList } from '../sessions/index.ts'
import type { KeyEpoch, RoundRecord, Store } from '../store/index.ts'

export function epochView(row: KeyEpoch, convenant: Convenant): Epoch {
  const transcript = parseTranscript(row.transcript)
  const days = convenant.round.keyEpochDays
  const lifetime = (days === 'round' ? 1 : days) * 86_400_000
  return {
    kind: row.kind as IdentifierKind,
    epoch: row.epoch,
    createdAt: new Date(row.createdAt).toISOString(),
    expiresAt: new Date(row.createdAt + lifetime).toISOString(),
    holders: transcript.context.holders.map(({ id }) => id),
    quorum: transcript.context.quorum,
    transcript: hex(transcriptDigest(transcript)),
  }
}

export async function roundView(store: Store, rounds: Rounds, row: RoundRecord): Promise<Round> {
  const live = rounds.find(row.id)
  const lists = await statementsOf(store, row)
  const first = lists[0]?.body
  const ending = endingOf(row)
  const refusedBy = ending?.refusedBy ?? null
  return {
    round: row.id,
    kind: row.kind as IdentifierKind,
    state: row.state,
    coordinator: row.coordinator,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
    ...(live === undefined ? {} : live.progress),
    ...(first === undefined
      ? {}
      : {
          contributors: first.contributors,
          leftOut: first.leftOut,
          lists: lists.map(({ body }) => ({
            ...{ rule: body.rule, size: body.size, digest: body.keys },
            ...(body.aggregates === undefined ? {} : { aggregates: body.aggregates }),
          })),
        }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.culprit === null ? {} : { culprit: row.culprit }),
    ...(ending === null ? {} : { culprits: [...ending.culprits], leftOut: [...ending.leftOut] }),
    ...(refusedBy === null ? {} : { refusedBy }),
  }
}

/** Of a published round whose lists are still in force, or whose statements this node kept. */
async function statementsOf(store: Store, row: RoundRecord): Promise<readonly SignedList[]> {
  if (row.state !== 'published') return []
  const inForce = (await store.lists.inForce()).filter(({ round }) => round === row.id)
  if (inForce.length > 0) {
    return inForce.map(({ signatures }) => (signatures as unknown as readonly SignedList[])[0]!)
  }
  const kept = parseJcs(row.data) as unknown
  return Array.isArray(kept) ? (kept as readonly SignedList[]) : []
}

export async function listViews(store: Store, convenant: Convenant, now: number): Promise<List[]> {
  const lists = await store.lists.inForce()
  return lists.flatMap((list) => {
    const rule = ruleOf(convenant, list.rule)
    if (rule === undefined || rule.output === 'aggregates') return []
    const { body } = (list.signatures as unknown as readonly SignedList[])[0]!
    return {
      kind: list.kind as IdentifierKind,
      rule: list.rule,
      threshold: body.threshold,
      ...(rule.minSectors === undefined ? {} : { minSectors: rule.minSectors }),
      ...(rule.reports === undefined ? {} : { reports: rule.reports }),
      round: list.round,
      size: body.size,
      contributors: list.contributors,
      createdAt: new Date(list.createdAt).toISOString(),
      stale: now - list.createdAt > rule.maxAgeHours * 3_600_000,
    }
  })
}
