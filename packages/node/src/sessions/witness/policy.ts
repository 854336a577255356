/** Whose cosignatures count for a member's log, and how many are needed: from the convenant alone. */

import { witnessTerms } from '@drempel/protocol/convenant'
import { fromBase64url } from '@drempel/protocol/encoding'
import {
  cosignatureKey,
  isQuorum,
  type Origin,
  parseOrigin,
  quarterOf,
  type VerifierKey,
  verifierKey,
} from '@drempel/protocol/log'
import type { InForce } from '../context.ts'
import { memberKey } from '../federation.ts'

/** How soon a checkpoint is cosigned when all is well. */
export const PROMPT_MS = 60_000

export type Policy = {
  readonly witnesses: readonly {
    readonly member: string
    readonly key: VerifierKey
    /** Where a witness that is no member is asked. */
    readonly url: string | null
  }[]
  /** 0 where nobody but the owner itself could cosign: then nothing is asked for. */
  readonly quorum: number
  /** Whether those are enough, of all and of each group. */
  isMet(signed: readonly VerifierKey[]): boolean
  /** From the last cosigned entry to the end of the grace; milliseconds. */
  readonly patienceMs: number
}

export function policyOf({ convenant }: InForce, owner: string): Policy {
  const { witnesses, quorum, groups, graceMinutes } = witnessTerms(convenant, owner)
  return {
    witnesses: witnesses.map(({ id, keyName, signingKey, url }) => ({
      ...{ member: id, url },
      key: cosignatureKey(keyName, fromBase64url(signingKey)),
    })),
    quorum,
    isMet: (signed) =>
      isQuorum(
        signed.map(({ name }) => name),
        { quorum, groups },
      ),
    patienceMs: PROMPT_MS + graceMinutes * 60_000,
  }
}

export type KnownLog = {
  readonly owner: string
  readonly key: VerifierKey
  /** In the store: a new key begins a new record. */
  readonly name: string
}

/** The log of an origin, if it is a member's and of about now: else a member could open any number. */
export function knownLog(inForce: InForce, origin: string, now: number): KnownLog | undefined {
  const named = read(origin)
  if (named === undefined) return undefined
  const { convenant, member, quarter } = named
  const publicKey = memberKey(inForce, member)
  if (convenant !== inForce.convenant.id || publicKey === undefined) return undefined
  if (!quartersAbout(now).includes(quarter)) return undefined
  const key = verifierKey(origin, publicKey)
  return { owner: member, key, name: logName(key) }
}

/** The last one, this and the next. By the calendar: quarters have 90 to 92 days. */
export function quartersAbout(now: number): readonly [string, string, string] {
  const [year, month] = [new Date(now).getUTCFullYear(), new Date(now).getUTCMonth()]
  const first = month - (month % 3)
  const quarter = (from: number) => quarterOf(Date.UTC(year, from))
  return [quarter(first - 3), quarter(first), quarter(first + 3)]
}

function read(origin: string): Origin | undefined {
  try {
    return parseOrigin(origin)
  } catch {
    return undefined
  }
}

export function logName({ name, id }: VerifierKey): string {
  return `${name}+${id}`
}

/** The member of whose log that is the name. */
export function ownerOf(log: string): string {
  return parseOrigin(log.slice(0, log.lastIndexOf('+'))).member
}
