/**
 * Whose cosignatures count for a member's log, and how many are needed. Two quorums of w witnesses
 * share at least 2q - w; where that is more than f, at least one of them is honest and cosigns no
 * second history, so that no two checkpoints that contradict each other both have a quorum.
 */

import type { Convenant } from './schema.ts'

export type WitnessTerm = {
  readonly id: string
  /** Under which it cosigns. */
  readonly keyName: string
  readonly signingKey: string
  /** Where an outside witness is asked; null for a member, which is asked as a peer. */
  readonly url: string | null
}

export type WitnessTerms = {
  /** In order of id; the owner is not among them, nor who is suspended. */
  readonly witnesses: readonly WitnessTerm[]
  /** 0 where nobody but the owner itself could cosign: then nothing is asked for. */
  readonly quorum: number
  /** Of each of these it takes so many besides. */
  readonly groups: readonly WitnessGroup[]
  readonly graceMinutes: number
}

export type WitnessGroup = {
  readonly id: string
  /** Names of the keys of its witnesses, without the owner's and those of the suspended. */
  readonly keyNames: readonly string[]
  readonly quorum: number
}

/** Where the convenant does not say. */
const GRACE_MINUTES = 15

/** The own node is not counted: a log that vouches for itself vouches for nothing. */
export function witnessTerms(convenant: Convenant, owner: string): WitnessTerms {
  const members = convenant.members
    .filter(({ id }) => convenant.witnesses.includes(id) && id !== owner)
    .filter(({ id }) => !convenant.suspended.includes(id))
    .map(({ id, signingKey }) => {
      return { id, keyName: `drempel/${convenant.id}/${id}`, signingKey, url: null }
    })
  const outside = (convenant.outsideWitnesses ?? []).map(({ id, keyName, signingKey, url }) => {
    return { id, keyName, signingKey, url }
  })
  const witnesses = [...members, ...outside].sort((a, b) => (a.id < b.id ? -1 : 1))
  const count = witnesses.length
  const terms: Partial<NonNullable<Convenant['witnessing']>> = convenant.witnessing ?? {}
  const { quorum = leastQuorum(count, bearable(count)), graceMinutes = GRACE_MINUTES } = terms
  const groups = (terms.groups ?? []).map(({ witnesses: ids, ...group }) => ({
    ...group,
    keyNames: witnesses.filter(({ id }) => ids.includes(id)).map(({ keyName }) => keyName),
  }))
  return { witnesses, quorum: count === 0 ? 0 : quorum, groups, graceMinutes }
}

/** The smallest safe quorum of w witnesses of which f may lie: floor((w + f) / 2) + 1. */
export function leastQuorum(witnesses: number, faulty: number): number {
  return Math.floor((witnesses + faulty) / 2) + 1
}

/** As many liars as w witnesses can bear while that many again may be silent: floor((w - 1) / 3). */
export function bearable(witnesses: number): number {
  return Math.max(0, Math.floor((witnesses - 1) / 3))
}
