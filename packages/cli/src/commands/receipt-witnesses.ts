/** Who cosigned the checkpoint under a receipt: no history without this entry has the same quorum. */

import { type Convenant, witnessTerms } from '@drempel/protocol/convenant'
import { fromBase64url } from '@drempel/protocol/encoding'
import {
  cosignatureKey,
  isQuorum,
  openCosigned,
  parseOrigin,
  parseReceipt,
  unverifiedCheckpoint,
  verifierKey,
} from '@drempel/protocol/log'
import type { Lang, Text } from '../output/language.ts'

export type Witnessed = {
  /** Whose cosignature verifies under its key in the convenant. */
  readonly witnesses: readonly { readonly member: string; readonly time: string }[]
  /** For a quorum; 0 where the convenant names nobody. */
  readonly needed: number
  /** Whether those are enough, of all and of each group. */
  readonly enough: boolean
}

/**
 * @param receipt verified, of a member's log
 * @throws ProtocolError `BAD_SIGNATURE` for a false line under a witness's name
 */
export function witnessesOf(convenant: Convenant, receipt: string): Witnessed {
  const { checkpoint: note } = parseReceipt(receipt)
  const { origin } = unverifiedCheckpoint(note)
  const owner = parseOrigin(origin).member
  const { signingKey } = convenant.members.find(({ id }) => id === owner)!
  const { witnesses, quorum, groups } = witnessTerms(convenant, owner)
  const keys = witnesses.map((witness) =>
    cosignatureKey(witness.keyName, fromBase64url(witness.signingKey)),
  )
  const log = verifierKey(origin, fromBase64url(signingKey))
  const { times } = openCosigned(note, log, keys, 0)
  const signed = witnesses.flatMap(({ id }, i) => {
    const time = times.get(keys[i]!.name)
    return time === undefined ? [] : [{ member: id, time: new Date(time * 1000).toISOString() }]
  })
  const enough = isQuorum([...times.keys()], { quorum, groups })
  return { witnesses: signed, needed: quorum, enough }
}

/** Null where the convenant names nobody. */
export function witnessText({ witnesses, needed, enough }: Witnessed, lang: Lang): string | null {
  if (needed === 0) return null
  const names = witnesses.map(({ member, time }) => `${member} ${time}`).join(', ')
  return enough ? names : FEW(needed, names)[lang]
}

const FEW = (needed: number, names: string): Text => ({
  nl: `${names === '' ? 'nog geen' : 'te weinig'} (nodig: ${needed})${names === '' ? '' : `: ${names}`}; drempel receipt get haalt later een bevestiging met meer getuigen op`,
  en: `${names === '' ? 'none yet' : 'too few'} (needed: ${needed})${names === '' ? '' : `: ${names}`}; drempel receipt get fetches a receipt with more witnesses later`,
})
