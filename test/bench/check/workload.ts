/** Who takes part, what is flagged, and what is asked. */

import type { Partner } from '@drempel/examples/federation/index'

export const PARTNERS: readonly Partner[] = [
  { id: 'bank-noord', name: 'Bank Noord', sector: 'bank' },
  { id: 'bank-zuid', name: 'Bank Zuid', sector: 'bank' },
  { id: 'telecom-oost', name: 'Telecom Oost', sector: 'telecom' },
  { id: 'platform-west', name: 'Platform West', sector: 'platform' },
]

/** Holds a share of the key itself, so that two others are asked. */
export const ASKER = 'bank-noord'
export const QUORUM = 3

/** A prompt purpose: the answer waits for the entries of this check, not for witnesses. */
export const QUESTION = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const

const HOSTS = 1_000

/** The host of the i-th question, at most as many different ones as the lists have. */
export function hostOf(i: number): string {
  return `host-${i % HOSTS}.example.net`
}

/** Every other host is on two lists, the rest on one. */
export function isOver(i: number): boolean {
  return i % 2 === 0
}

export function listOf(partner: number): readonly string[] {
  const holds = (i: number) => i % 4 === partner || (isOver(i) && (i + 2) % 4 === partner)
  return Array.from({ length: HOSTS }, (_, i) => i)
    .filter(holds)
    .map(hostOf)
}
