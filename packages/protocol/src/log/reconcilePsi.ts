/**
 * Intersections in two members' logs compared: both enter an intent before the first byte of the
 * protocol, with one txid and one digest of what they agreed to.
 *
 * The adversary is one of the two, who writes its own log as it likes. A session that one of them never
 * began, since the other refused it or was not there, stands in one log alone and is no fault.
 */

import { hex, jcs } from '../encoding/index.ts'
import type { EventOf, LeafFields } from './event.ts'
import type { Finding, Place, Unanswered } from './reconcile.ts'

type Intent = EventOf<'psi.intent'>

type Entry<Event> = { readonly index: number; readonly event: Event; readonly time: number }

export type PsiSide = {
  readonly member: string
  readonly settled: number
  readonly entries: readonly Entry<LeafFields>[]
}

/** What both logs say of one intersection must be the same. */
const FIELDS = ['kind', 'protocol', 'purpose', 'sizeBucket', 'digest'] as const
const NOTHING = { fields: [], minutes: null } as const

/**
 * @param isBeyond whether an entry's other side may lie where nobody looks here
 * @param isOf whether a transaction is asked about
 */
export function reconcilePsi<Side extends PsiSide>(
  one: Side,
  other: Side,
  isBeyond: (log: Side, entry: Entry<unknown>, by: Side) => boolean,
  isOf: (txid: string) => boolean,
) {
  const [ours, theirs] = [intentsOf(one, other, isOf), intentsOf(other, one, isOf)]
  const findings: Finding[] = []
  const unanswered: Unanswered[] = []
  let [matched, undecided] = [0, 0]
  for (const [txid, intent] of ours) {
    const match = theirs.get(txid)
    if (match === undefined) continue
    const fields = psiDifferences(intent.event, match.event)
    const places = [at(one, intent), at(other, match)]
    if (fields.length === 0) matched++
    else findings.push({ kind: 'mismatch', txid, places, member: null, fields, minutes: null })
  }
  const lacking = (log: Side, intents: typeof ours, by: Side, known: typeof ours) => {
    const begun = new Set(
      log.entries.flatMap(({ event }) =>
        event.type === 'psi.result' && event.status !== 'failed' ? [event.txid] : [],
      ),
    )
    for (const [txid, intent] of intents) {
      if (known.has(txid)) continue
      const place = at(log, intent)
      if (!begun.has(txid)) unanswered.push({ txid, place, member: by.member })
      else if (intent.index >= log.settled || isBeyond(log, intent, by)) undecided++
      else {
        findings.push({ ...NOTHING, kind: 'one-sided', txid, places: [place], member: by.member })
      }
    }
  }
  lacking(one, ours, other, theirs)
  lacking(other, theirs, one, ours)
  return { matched, undecided, findings, unanswered }
}

function intentsOf(
  log: PsiSide,
  peer: PsiSide,
  isOf: (txid: string) => boolean,
): Map<string, Entry<Intent>> {
  return new Map(
    log.entries.flatMap(({ event, ...entry }) =>
      event.type === 'psi.intent' && event.parties.includes(peer.member) && isOf(event.txid)
        ? [[event.txid, { ...entry, event }] as const]
        : [],
    ),
  )
}

/** What the two entries of one intersection contradict each other in. */
export function psiDifferences(one: Intent, other: Intent): string[] {
  return [
    ...FIELDS.filter((field) => one[field] !== other[field]),
    // One of them proposed it.
    ...(one.role === other.role ? ['role'] : []),
    ...(hex(jcs(one.convenant)) === hex(jcs(other.convenant)) ? [] : ['convenant']),
  ]
}

function at({ member }: PsiSide, { index }: { readonly index: number }): Place {
  return { member, index }
}
