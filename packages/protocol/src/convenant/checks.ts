/**
 * What must hold between the fields of a convenant. Every check yields all its problems, with the
 * path of the field to change, so that a drafter sees them in one go.
 */

import { assessment, crossSector, grondslag, wholePairs } from './basisChecks.ts'
import { aggregateProblems, conditionProblems, thresholdOf } from './conditions.ts'
import { intersections } from './intersectionChecks.ts'
import { type ConvenantProblem, duplicates, problem, unknown } from './problem.ts'
import type { Convenant } from './schema.ts'
import { holderShare, kindOf, mayConsume, memberOf, ruleOf } from './shares.ts'

type Check = (convenant: Convenant) => Generator<ConvenantProblem>

/** All problems of a document that has the right shape; none means that it may be signed. */
export function problemsOf(convenant: Convenant): ConvenantProblem[] {
  const checks: readonly Check[] = [
    uniqueness,
    references,
    versions,
    transport,
    keyCustody,
    witnessing,
    kinds,
    rules,
    severalThresholds,
    purposes,
    intersections,
  ]
  return checks.flatMap((check) => [...check(convenant)])
}

/** One organisation twice would count twice: hence unique keys and origins, not only ids. */
function* uniqueness(c: Convenant) {
  for (const field of ['id', 'name', 'url', 'signingKey'] as const) {
    yield* duplicates(
      (i) => `members[${i}].${field}`,
      c.members.map((member) => member[field]),
    )
  }
  // Members first: what an outside witness has in common with one is that witness's fault.
  const outside = c.outsideWitnesses ?? []
  const first = c.members.length
  for (const field of ['id', 'name', 'signingKey'] as const) {
    const values = [...c.members, ...outside].map((party) => party[field])
    for (const { path, ...found } of duplicates((i) => String(i - first), values)) {
      if (Number(path) >= 0) yield { ...found, path: `outsideWitnesses[${path}].${field}` }
    }
  }
  for (const field of ['url', 'keyName'] as const) {
    yield* duplicates(
      (i) => `outsideWitnesses[${i}].${field}`,
      outside.map((witness) => witness[field]),
    )
  }
  yield* duplicates((i) => `suspended[${i}]`, c.suspended)
  yield* duplicates((i) => `computeNodes[${i}]`, c.computeNodes)
  yield* duplicates((i) => `keyHolders.members[${i}]`, c.keyHolders.members)
  yield* duplicates((i) => `witnesses[${i}]`, c.witnesses)
  yield* duplicates(
    (i) => `kinds[${i}].kind`,
    c.kinds.map((entry) => entry.kind),
  )
  yield* duplicates(
    (i) => `rules[${i}].id`,
    c.rules.map((rule) => rule.id),
  )
  yield* duplicates(
    (i) => `purposes[${i}].id`,
    c.purposes.map((purpose) => purpose.id),
  )
  for (const [i, kind] of c.kinds.entries()) {
    const named = kind.exceptions.map((exception) => exception.member)
    yield* duplicates((j) => `kinds[${i}].exceptions[${j}].member`, named)
  }
  for (const [i, rule] of c.rules.entries()) {
    if (rule.consumers !== 'all')
      yield* duplicates((j) => `rules[${i}].consumers[${j}]`, rule.consumers)
  }
  for (const [i, purpose] of c.purposes.entries()) {
    for (const field of ['askers', 'kinds', 'rules'] as const)
      yield* duplicates((j) => `purposes[${i}].${field}[${j}]`, purpose[field])
  }
}

function* references(c: Convenant) {
  const isMember = (id: string) => memberOf(c, id) !== undefined
  const isKind = (kind: string) => kindOf(c, kind) !== undefined
  yield* unknown('suspended', c.suspended, isMember)
  yield* unknown('computeNodes', c.computeNodes, isMember)
  yield* unknown('keyHolders.members', c.keyHolders.members, isMember)
  yield* unknown('witnesses', c.witnesses, isMember)
  for (const [i, kind] of c.kinds.entries()) {
    const named = kind.exceptions.map((exception) => exception.member)
    yield* unknown(`kinds[${i}].exceptions`, named, isMember)
  }
  for (const [i, rule] of c.rules.entries()) {
    if (!isKind(rule.kind))
      yield problem('UNKNOWN_REFERENCE', `rules[${i}].kind`, `not among kinds: ${rule.kind}`)
    if (rule.consumers !== 'all') yield* unknown(`rules[${i}].consumers`, rule.consumers, isMember)
  }
  for (const [i, purpose] of c.purposes.entries()) {
    yield* unknown(`purposes[${i}].askers`, purpose.askers, isMember)
    yield* unknown(`purposes[${i}].kinds`, purpose.kinds, isKind)
    yield* unknown(`purposes[${i}].rules`, purpose.rules, (id) => ruleOf(c, id) !== undefined)
  }
}

function* versions(c: Convenant) {
  if (!(Date.parse(c.validFrom) < Date.parse(c.validUntil)))
    yield problem('VALIDITY_EMPTY', 'validUntil', 'must lie after validFrom')
  if ((c.version === 1) !== (c.previous === null))
    yield problem('PREVIOUS_MISMATCH', 'previous', 'null in version 1, a digest after that')
}

function* transport(c: Convenant) {
  const schemes = new Set(c.members.map(({ url }) => new URL(url).protocol))
  if (schemes.size > 1)
    yield problem('TRANSPORT_MIXED', 'members', 'all on https, or all on http over loopback')
  for (const [i, member] of c.members.entries()) {
    const plain = member.url.startsWith('http:')
    if (!plain && member.tlsPin === null)
      yield problem('TLS_PIN_MISSING', `members[${i}].tlsPin`, 'https needs the pin of its key')
    if (plain && member.tlsPin !== null)
      yield problem('TLS_PIN_ON_HTTP', `members[${i}].tlsPin`, 'http has no key to pin: null')
  }
}

/**
 * q > n/2: two disjoint quorums would be two keys. And two of the three compute organisations, who
 * together can undo a round's secret sharing, must not also be able to test guesses against it.
 */
function* keyCustody(c: Convenant) {
  const { members, quorum } = c.keyHolders
  if (2 * quorum <= members.length)
    yield problem('QUORUM_TOO_SMALL', 'keyHolders.quorum', 'more than half of the key holders')
  if (quorum > members.length)
    yield problem('QUORUM_TOO_LARGE', 'keyHolders.quorum', 'at most the number of key holders')
  const computing = new Set(c.computeNodes.filter((id) => members.includes(id))).size
  if (Math.min(computing, 2) >= quorum)
    yield problem(
      'COMPUTE_HOLDS_KEY',
      'keyHolders',
      'two compute nodes would hold a quorum of the key: raise the quorum or choose other holders',
    )
}

/**
 * q > w/2: two disjoint quorums could cosign two histories. And a member that is a witness has one
 * witness less than the others, since its own word counts for nothing. Groups ask for more, so they
 * need no majority of their own.
 */
function* witnessing({ witnesses, outsideWitnesses = [], witnessing: terms }: Convenant) {
  if (terms === undefined) return
  const all = witnesses.length + outsideWitnesses.length
  const most = witnesses.length > 0 ? all - 1 : all
  if (2 * terms.quorum <= all)
    yield problem('QUORUM_TOO_SMALL', 'witnessing.quorum', 'more than half of the witnesses')
  if (terms.quorum > most)
    yield problem('QUORUM_TOO_LARGE', 'witnessing.quorum', 'what every log has witnesses for')
  const groups = terms.groups ?? []
  const path = (i: number) => `witnessing.groups[${i}]`
  const outside = outsideWitnesses.map(({ id }) => id)
  yield* duplicates(
    (i) => `${path(i)}.id`,
    groups.map(({ id }) => id),
  )
  for (const [i, group] of groups.entries()) {
    const named = `${path(i)}.witnesses`
    yield* duplicates((j) => `${named}[${j}]`, group.witnesses)
    yield* unknown(named, group.witnesses, (id) => witnesses.includes(id) || outside.includes(id))
    const owns = group.witnesses.some((id) => witnesses.includes(id))
    if (group.quorum > group.witnesses.length - (owns ? 1 : 0))
      yield problem('QUORUM_TOO_LARGE', `${path(i)}.quorum`, 'what every log has witnesses for')
  }
}

function* kinds(c: Convenant) {
  for (const [i, kind] of c.kinds.entries()) {
    if ((kind.kind === 'phone') !== (kind.defaultRegion !== null))
      yield problem(
        'REGION_MISPLACED',
        `kinds[${i}].defaultRegion`,
        'a region for phone, null for every other kind',
      )
    if (kind.kind === 'phone' && kind.queryBudget === undefined)
      yield problem(
        'BUDGET_MISSING',
        `kinds[${i}].queryBudget`,
        'telephone numbers are few enough to ask them all: say how many a member may ask in a key epoch',
      )
    const sets = [
      { path: `kinds[${i}]`, caps: kind },
      ...kind.exceptions.map((caps, j) => ({ path: `kinds[${i}].exceptions[${j}]`, caps })),
    ]
    for (const { path, caps } of sets) {
      for (const field of ['newPerRound', 'withdrawnPerRound'] as const)
        if (caps[field] > caps.listCap)
          yield problem('CAP_OUT_OF_ORDER', `${path}.${field}`, 'at most listCap')
      if (kind.minList > caps.listCap)
        yield problem('CAP_OUT_OF_ORDER', `${path}.listCap`, 'at least minList')
      if (holderShare(caps.epochBudget, c.keyHolders) < caps.listCap)
        yield problem(
          'BUDGET_BELOW_CAP',
          `${path}.epochBudget`,
          'one quorum could not tag a list at its cap: at least listCap·n/q for n holders, quorum q',
        )
    }
  }
}

function* rules(c: Convenant) {
  for (const [i, rule] of c.rules.entries()) {
    const path = `rules[${i}]`
    if (rule.minContributors < Math.max(3, rule.t + 1))
      yield problem('TOO_FEW_CONTRIBUTORS', `${path}.minContributors`, 'at least max(3, t + 1)')
    if (rule.minContributors > c.members.length)
      yield problem(
        'TOO_FEW_CONTRIBUTORS',
        `${path}.minContributors`,
        'more than there are members',
      )
    yield* conditionProblems(c, rule, path)
    yield* aggregateProblems(c, rule, path)
    if (rule.keys === 'plain' && (rule.output !== 'owners' || rule.t <= 2))
      yield problem('PLAIN_KEYS', `${path}.keys`, 'plain only with output owners and t above 2')
    if (rule.output !== 'list' && rule.consumers !== 'all')
      yield problem('OWNERS_CONSUMERS', `${path}.consumers`, 'there is no list to hold: all')
    if (rule.output !== 'owners' && !c.acknowledgements.semiHonestList)
      yield problem(
        'NOT_ACKNOWLEDGED',
        'acknowledgements.semiHonestList',
        `${path} opens what was computed: the members must accept what a deviating compute node can open`,
      )
  }
}

function* severalThresholds(c: Convenant) {
  if (c.acknowledgements.severalThresholds) return
  for (const { kind } of c.kinds) {
    const thresholds = new Set(c.rules.filter((rule) => rule.kind === kind).map(thresholdOf))
    if (thresholds.size > 1)
      yield problem(
        'NOT_ACKNOWLEDGED',
        'acknowledgements.severalThresholds',
        `rules of ${kind} have different thresholds: the members must accept what that narrows`,
      )
  }
}

function* purposes(c: Convenant) {
  // Members hold a list to ask it: for what, the members must have said.
  const listed = c.rules.find(({ output }) => output === 'list')
  if (listed !== undefined && c.purposes.length === 0)
    yield problem('PURPOSE_MISSING', 'purposes', `${listed.id} can be asked: say for what`)
  for (const [i, purpose] of c.purposes.entries()) {
    const path = `purposes[${i}]`
    const named = purpose.rules.map((id) => ruleOf(c, id))
    for (const [j, rule] of named.entries()) {
      if (rule === undefined) continue
      if (rule.output !== 'list')
        yield problem('RULE_NOT_LIST', `${path}.rules[${j}]`, 'only a list can be asked')
      if (!purpose.kinds.includes(rule.kind))
        yield problem('RULE_OF_OTHER_KIND', `${path}.rules[${j}]`, `add ${rule.kind} to kinds`)
      for (const [k, asker] of purpose.askers.entries())
        if (!mayConsume(rule, asker))
          yield problem('ASKER_NOT_CONSUMER', `${path}.askers[${k}]`, `may not hold ${rule.id}`)
    }
    for (const [j, kind] of purpose.kinds.entries())
      if (!named.some((rule) => rule?.kind === kind))
        yield problem('KIND_WITHOUT_RULE', `${path}.kinds[${j}]`, 'no rule of the purpose is of it')
    if (holderShare(purpose.quotaPerDay, c.keyHolders) < purpose.maxBatch)
      yield problem(
        'QUOTA_BELOW_BATCH',
        `${path}.quotaPerDay`,
        'one quorum could not evaluate a batch: at least maxBatch·n/q for n holders, quorum q',
      )
    if (purpose.protocol === 'check' && purpose.maxBatch !== 1)
      yield problem('BATCH_ON_CHECK', `${path}.maxBatch`, 'a check is about one identifier: 1')
    yield* grondslag(c, `${path}.askers`, purpose.grondslag, purpose.askers)
    yield* crossSector(path, purpose.crossSector, wholePairs(c, purpose.askers))
    yield* assessment(c, path, purpose.dpia)
  }
}
