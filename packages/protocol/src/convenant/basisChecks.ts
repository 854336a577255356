/** What must hold of a purpose's basis in law, whether questions are asked for it or lists intersected. */

import { isLoopback } from './fields.ts'
import { type ConvenantProblem, duplicates, problem } from './problem.ts'
import type { Convenant, Grondslag, Purpose, Sector } from './schema.ts'
import { memberOf } from './shares.ts'

type Pairs = Purpose['crossSector']

/** Data of one sector from which another learns. */
export type SectorPair = { readonly from: Sector; readonly to: Sector }

/** Every list holds flags of all members. */
export function wholePairs(c: Convenant, askers: readonly string[]): SectorPair[] {
  const sectors = [...new Set(c.members.map(({ sector }) => sector))]
  const asking = new Set(askers.flatMap((id) => memberOf(c, id)?.sector ?? []))
  return [...asking].flatMap((to) => sectors.map((from) => ({ from, to })))
}

/**
 * Each pair of a sector that learns with another that has the data needs a basis of its own: data that
 * one sector holds may not answer another because the purpose is good.
 */
export function* crossSector(
  of: string,
  pairs: Pairs,
  wanted: readonly SectorPair[],
): Generator<ConvenantProblem> {
  const path = `${of}.crossSector`
  yield* duplicates(
    (j) => `${path}[${j}]`,
    pairs.map(({ from, to }) => `${from} ${to}`),
  )
  for (const [j, { from, to, grondslag }] of pairs.entries()) {
    if (from === to) yield problem('CROSS_SECTOR', `${path}[${j}]`, 'one sector twice')
    const police = from === 'police' || to === 'police'
    if (police && grondslag.law === 'avg-6-1-f')
      yield problem(
        'GRONDSLAG_OF_AUTHORITY',
        `${path}[${j}].grondslag`,
        'the police neither give nor get data on legitimate interests',
      )
    if (!police && grondslag.law === 'wpg')
      yield problem(
        'GRONDSLAG_OF_AUTHORITY',
        `${path}[${j}].grondslag`,
        'the Wet politiegegevens is no basis between others than the police',
      )
  }
  for (const { from, to } of wanted)
    if (from !== to && !pairs.some((pair) => pair.from === from && pair.to === to))
      yield problem(
        'CROSS_SECTOR',
        path,
        `no basis on which flags of ${from} may answer a question of ${to}`,
      )
}

/**
 * AVG art. 6(1), last sentence: public authorities can't rest their tasks on legitimate interests.
 * @param members who learns something for the purpose, as listed at `path`
 */
export function* grondslag(
  c: Convenant,
  path: string,
  { law }: Grondslag,
  members: readonly string[],
): Generator<ConvenantProblem> {
  for (const [j, id] of members.entries()) {
    const member = memberOf(c, id)
    if (member === undefined) continue
    const police = member.sector === 'police'
    if (police && law === 'avg-6-1-f')
      yield problem(
        'GRONDSLAG_OF_AUTHORITY',
        `${path}[${j}]`,
        'the police cannot rely on legitimate interests: give it a purpose of its own',
      )
    if (!police && law === 'wpg')
      yield problem(
        'GRONDSLAG_OF_AUTHORITY',
        `${path}[${j}]`,
        'the Wet politiegegevens is no basis for others than the police',
      )
  }
}

export function* assessment(
  c: Convenant,
  path: string,
  dpia: string | null,
): Generator<ConvenantProblem> {
  const trial = c.members.every((member) => isLoopback(member.url))
  if (dpia === null && !trial)
    yield problem('DPIA_MISSING', `${path}.dpia`, 'digest of the impact assessment (AVG art. 35)')
}
