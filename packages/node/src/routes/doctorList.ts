/**
 * Whether the next round would have this node's list, by the very decision that the node makes in it: a round
 * goes by without a list that the convenant keeps out, and tells nobody but that node's log.
 */

import { capsOf, kindOf } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { nextContribution } from '../sessions/index.ts'
import type { Check, Ctx, Text } from './doctor.ts'

/** @returns none for a kind of no rule, and where it is not the list that the convenant refuses */
export async function listCheck(ctx: Ctx, kind: IdentifierKind): Promise<readonly Check[]> {
  const next = await nextContribution(ctx, kind)
  if (next === undefined) return []
  const { decision, counts } = next
  const { listSize, newFlags, withdrawnFlags } = counts
  const name = { nl: `lijst van ${kind}`, en: `list ${kind}` }
  const size = { nl: `${listSize} meldingen`, en: `${listSize} flags` }
  // Who has nothing to flag, and never had, misses nothing.
  if (decision.allow || (listSize === 0 && withdrawnFlags === 0)) {
    return [{ name, ok: true, detail: size, next: size }]
  }
  const entry = kindOf(ctx.inForce().convenant, kind)!
  const { listCap, newPerRound, withdrawnPerRound } = capsOf(entry, ctx.self)
  const out: Readonly<Record<string, { readonly detail: Text; readonly next: Text }>> = {
    LIST_TOO_LARGE: {
      detail: {
        nl: `${size.nl}, hoogstens ${listCap}`,
        en: `${size.en}, at most ${listCap}`,
      },
      next: {
        nl: 'trek er in, met drempel flag withdraw, of spreek met de deelnemers een versie van het convenant af die er meer toestaat',
        en: 'withdraw some, with drempel flag withdraw, or agree with the members on a version of the convenant that allows more',
      },
    },
    LIST_TOO_SMALL: {
      detail: {
        nl: `${size.nl}, minstens ${entry.minList}`,
        en: `${size.en}, at least ${entry.minList}`,
      },
      next: { nl: 'drempel flag import, met meer meldingen', en: 'drempel flag import, with more' },
    },
    TOO_MANY_NEW: {
      detail: {
        nl: `${newFlags} nieuwe meldingen sinds de laatste ronde, hoogstens ${newPerRound}`,
        en: `${newFlags} new flags since the last round, at most ${newPerRound}`,
      },
      next: {
        nl: 'spreek met de deelnemers een versie van het convenant af die deze node er meer toestaat, of trek er in met drempel flag withdraw: die kunnen pas onder een nieuwe sleutel terugkomen',
        en: 'agree with the members on a version of the convenant that allows this node more, or withdraw some with drempel flag withdraw: they can come back under a new key only',
      },
    },
    TOO_MANY_WITHDRAWN: {
      detail: {
        nl: `${withdrawnFlags} meldingen weg sinds de laatste ronde, hoogstens ${withdrawnPerRound}`,
        en: `${withdrawnFlags} flags gone since the last round, at most ${withdrawnPerRound}`,
      },
      next: {
        nl: 'spreek met de deelnemers een versie van het convenant af die deze node er meer toestaat',
        en: 'agree with the members on a version of the convenant that allows this node more',
      },
    },
  }
  const why = out[decision.code]
  // Other refusals are not of the list.
  if (why === undefined) return []
  const detail = {
    nl: `blijft buiten de volgende ronde: ${decision.code}, ${why.detail.nl}`,
    en: `stays out of the next round: ${decision.code}, ${why.detail.en}`,
  }
  return [{ name, ok: false, detail, next: why.next }]
}
