/** What must hold between the terms of an intersection, and between them and the rest of the convenant. */

import { assessment, crossSector, grondslag, type SectorPair } from './basisChecks.ts'
import { type ConvenantProblem, duplicates, problem, unknown } from './problem.ts'
import type { Convenant, Intersection } from './schema.ts'
import { kindOf, memberOf } from './shares.ts'

export function* intersections(c: Convenant): Generator<ConvenantProblem> {
  const all = c.intersections ?? []
  // One name space: logs and quotas know a purpose by its id alone.
  const first = c.purposes.length
  const names = [...c.purposes, ...all].map(({ id }) => id)
  for (const { path, ...found } of duplicates((i) => String(i - first), names)) {
    if (Number(path) >= 0) yield { ...found, path: `intersections[${path}].id` }
  }
  for (const [i, terms] of all.entries()) yield* one(c, `intersections[${i}]`, terms)
}

function* one(c: Convenant, path: string, terms: Intersection): Generator<ConvenantProblem> {
  const isMember = (id: string) => memberOf(c, id) !== undefined
  for (const field of ['proposers', 'partners'] as const) {
    yield* duplicates((j) => `${path}.${field}[${j}]`, terms[field])
    yield* unknown(`${path}.${field}`, terms[field], isMember)
  }
  yield* duplicates((j) => `${path}.kinds[${j}]`, terms.kinds)
  yield* unknown(`${path}.kinds`, terms.kinds, (kind) => kindOf(c, kind) !== undefined)
  for (const field of ['outputs', 'to', 'protocols'] as const)
    yield* duplicates((j) => `${path}.${field}[${j}]`, terms[field])
  const pairs = terms.proposers.flatMap((proposer) =>
    terms.partners.filter((id) => id !== proposer).map((partner) => ({ proposer, partner })),
  )
  if (pairs.length === 0)
    yield problem('NO_PAIR', `${path}.partners`, 'nobody that a proposer could propose it to')
  for (const side of ['proposer', 'partner'] as const)
    if (terms.sizes[side].least > terms.sizes[side].most)
      yield problem('CAP_OUT_OF_ORDER', `${path}.sizes.${side}.least`, 'at most `most`')
  if (terms.quota.perList > terms.quota.perPair)
    yield problem('CAP_OUT_OF_ORDER', `${path}.quota.perList`, 'at most perPair')
  if (terms.outputs.includes('size') && !terms.protocols.includes('ecdh'))
    yield problem('SIZE_BY_ECDH', `${path}.protocols`, 'the size alone takes ecdh')
  if (terms.fourEyes && terms.consent === 'policy')
    yield problem('CONSENT_OF_NOBODY', `${path}.consent`, 'four eyes are people: operator')
  const learn = (side: 'proposer' | 'partner') =>
    terms.to.some((to) => to === side || to === 'both')
  if (learn('proposer')) yield* grondslag(c, `${path}.proposers`, terms.grondslag, terms.proposers)
  if (learn('partner')) yield* grondslag(c, `${path}.partners`, terms.grondslag, terms.partners)
  yield* crossSector(path, terms.crossSector, sectorPairs(c, pairs, learn))
  yield* assessment(c, path, terms.dpia)
}

/** From whose data whose sector learns, each once. */
function sectorPairs(
  c: Convenant,
  pairs: readonly { readonly proposer: string; readonly partner: string }[],
  learn: (side: 'proposer' | 'partner') => boolean,
): SectorPair[] {
  const found = new Map<string, SectorPair>()
  for (const { proposer, partner } of pairs) {
    const [a, b] = [memberOf(c, proposer)?.sector, memberOf(c, partner)?.sector]
    if (a === undefined || b === undefined) continue
    if (learn('proposer')) found.set(`${b} ${a}`, { from: b, to: a })
    if (learn('partner')) found.set(`${a} ${b}`, { from: a, to: b })
  }
  return [...found.values()]
}
