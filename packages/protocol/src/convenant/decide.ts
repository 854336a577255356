/**
 * The one place where permission is decided. Every node asks its own copy of the convenant, about
 * its own requests and about those of others; nothing here trusts what another node concluded.
 *
 * `decide` is a pure function. Checks run in the order in which they are written and the first that
 * fails gives the code. A day is a UTC day; `validFrom` is included, `validUntil` is not. Counters
 * that lie in the future (a clock that went back) still count, and a number that is none refuses.
 */

import { sectorAlone } from './conditions.ts'
import type { RefusalCode } from './refusals.ts'
import type {
  AnnounceRequest,
  AnswerRequest,
  ComputeRequest,
  ConsumeRequest,
  ContributeRequest,
  Decision,
  EvaluateRequest,
  EvaluateTagsRequest,
  IntersectRequest,
  QueryRequest,
  Request,
  TagRequest,
  Usage,
} from './requests.ts'
import type { Convenant, Rule } from './schema.ts'
import {
  capsOf,
  holderShare,
  intersectionOf,
  kindOf,
  mayConsume,
  memberOf,
  paddedListSize,
  purposeOf,
  ruleOf,
} from './shares.ts'

/**
 * May this request go on?
 * @param convenant the version in force, parsed and verified
 * @param usage the node's counters before this request
 * @param now milliseconds since 1970
 */
export function decide(
  convenant: Convenant,
  request: Request,
  usage: Usage,
  now: number,
): Decision {
  return outsideValidity(convenant, now) ?? decideInForce(convenant, request, usage, now)
}

/** The UTC day that quotas count by, as in `Usage.queried.day`. */
export function quotaDay(now: number): string {
  return new Date(now).toISOString().slice(0, 10)
}

/** Of two nodes, at most. */
const CLOCKS_APART = 5 * 60_000

type Refusal = Extract<Decision, { allow: false }>

function refuse(code: RefusalCode): Refusal {
  return { allow: false, code }
}

function allow(remaining: number | null = null, stale = false): Decision {
  return { allow: true, remaining, stale }
}

// Both comparisons are false for NaN, which then refuses.
function outsideValidity(convenant: Convenant, now: number): Refusal | undefined {
  if (!(now >= Date.parse(convenant.validFrom))) return refuse('CONVENANT_NOT_YET_VALID')
  if (!(now < Date.parse(convenant.validUntil))) return refuse('CONVENANT_EXPIRED')
  return undefined
}

function decideInForce(c: Convenant, request: Request, usage: Usage, now: number): Decision {
  switch (request.type) {
    case 'check':
    case 'screen':
      return query(c, request, usage, now)
    case 'evaluate':
      return evaluate(c, request, usage, now)
    case 'tag':
      return tag(c, request, usage)
    case 'evaluate-tags':
      return evaluateTags(c, request, usage)
    case 'announce':
      return announce(c, request, usage, now)
    case 'contribute':
      return contribute(c, request, usage, now)
    case 'compute':
      return compute(c, request, usage, now)
    case 'consume':
      return consume(c, request)
    case 'answer':
      return answer(c, request, now)
    case 'intersect':
      return intersect(c, request, usage, now)
  }
}

function query(c: Convenant, request: QueryRequest, usage: Usage, now: number): Decision {
  const refusal = askable(c, { ...request, protocol: request.type })
  if (refusal) return refusal
  const purpose = purposeOf(c, request.purpose)!
  if (purpose.fourEyes && new Set(request.approvers).size < 2) return refuse('APPROVAL_REQUIRED')
  return spend(request.count, askedToday(usage, now), purpose.quotaPerDay, 'QUOTA_EXCEEDED')
}

function evaluate(c: Convenant, request: EvaluateRequest, usage: Usage, now: number): Decision {
  const refusal = addressed(c, request) ?? askable(c, request)
  if (refusal) return refusal
  const purpose = purposeOf(c, request.purpose)!
  if (purpose.fourEyes && !request.approved) return refuse('APPROVAL_REQUIRED')
  const { queryBudget } = kindOf(c, request.kind)!
  if (queryBudget !== undefined) {
    const budget = holderShare(queryBudget, c.keyHolders)
    const asked = ofEpoch(usage.asked, request.epoch)
    const enumerated = spend(request.count, asked, budget, 'ENUMERATION_EXCEEDED')
    if (!enumerated.allow) return enumerated
  }
  const share = holderShare(purpose.quotaPerDay, c.keyHolders)
  return spend(request.count, askedToday(usage, now), share, 'QUOTA_EXCEEDED')
}

function tag(c: Convenant, request: TagRequest, usage: Usage): Decision {
  const refusal = taggable(c, request.member, request.kind)
  if (refusal) return refusal
  const caps = capsOf(kindOf(c, request.kind)!, request.member)
  if (!isCount(request.listSize)) return refuse('COUNT_INVALID')
  if (request.listSize > caps.listCap) return refuse('LIST_TOO_LARGE')
  const used = ofEpoch(usage.tagged, request.epoch)
  return spend(request.count, used, caps.epochBudget, 'BUDGET_EXCEEDED')
}

function evaluateTags(c: Convenant, request: EvaluateTagsRequest, usage: Usage): Decision {
  const refusal = addressed(c, request) ?? taggable(c, request.member, request.kind)
  if (refusal) return refusal
  const caps = capsOf(kindOf(c, request.kind)!, request.member)
  const share = holderShare(caps.epochBudget, c.keyHolders)
  return spend(request.count, ofEpoch(usage.tagged, request.epoch), share, 'BUDGET_EXCEEDED')
}

function announce(c: Convenant, request: AnnounceRequest, usage: Usage, now: number): Decision {
  return round(c, request, usage, now) ?? allow()
}

function contribute(c: Convenant, request: ContributeRequest, usage: Usage, now: number): Decision {
  const refusal = active(c, request.member) ?? round(c, request, usage, now)
  if (refusal) return refusal
  if (!request.contributors.includes(request.member)) return refuse('NOT_A_CONTRIBUTOR')
  const kind = kindOf(c, request.kind)!
  const caps = capsOf(kind, request.member)
  const { listSize, newFlags, withdrawnFlags } = request
  if (![listSize, newFlags, withdrawnFlags].every(isCount)) return refuse('COUNT_INVALID')
  if (listSize > caps.listCap) return refuse('LIST_TOO_LARGE')
  if (listSize < kind.minList) return refuse('LIST_TOO_SMALL')
  // All flags of a first list are new: listCap alone bounds it.
  if (usage.contributed && newFlags > caps.newPerRound) return refuse('TOO_MANY_NEW')
  if (withdrawnFlags > caps.withdrawnPerRound) return refuse('TOO_MANY_WITHDRAWN')
  return allow()
}

function compute(c: Convenant, request: ComputeRequest, usage: Usage, now: number): Decision {
  const refusal = active(c, request.node)
  if (refusal) return refusal
  if (!c.computeNodes.includes(request.node)) return refuse('NOT_A_COMPUTE_NODE')
  return round(c, request, usage, now) ?? allow()
}

function consume(c: Convenant, request: ConsumeRequest): Decision {
  return active(c, request.member) ?? holdable(c, request.member, request.rule) ?? allow()
}

function answer(c: Convenant, request: AnswerRequest, now: number): Decision {
  const refusal =
    active(c, request.asker) ??
    purposeFor(c, request.asker, request.purpose) ??
    holdable(c, request.asker, request.rule)
  if (refusal) return refusal
  const purpose = purposeOf(c, request.purpose)!
  if (!purpose.rules.includes(request.rule)) return refuse('RULE_NOT_ALLOWED')
  // "Not fresh" rather than "old", so that a NaN is stale.
  const maxAge = ruleOf(c, request.rule)!.maxAgeHours * 3_600_000
  const stale = !(now - request.publishedAt <= maxAge)
  if (stale && purpose.answer === 'strict') return refuse('LIST_STALE')
  return allow(null, stale)
}

/** Terms first, then sizes and consent as far as they are known, then the runs there have been. */
function intersect(c: Convenant, request: IntersectRequest, usage: Usage, now: number): Decision {
  const { side, proposer, partner, purpose, sizes, listSize, consent } = request
  const refusal = active(c, proposer) ?? active(c, partner)
  if (refusal) return refusal
  const terms = intersectionOf(c, purpose)
  if (terms === undefined) return refuse('UNKNOWN_PURPOSE')
  if (!terms.proposers.includes(proposer)) return refuse('PROPOSER_NOT_ALLOWED')
  if (proposer === partner || !terms.partners.includes(partner)) {
    return refuse('PARTNER_NOT_ALLOWED')
  }
  const kind = kindOf(c, request.kind)
  if (kind === undefined) return refuse('UNKNOWN_KIND')
  if (!terms.kinds.includes(kind.kind)) return refuse('KIND_NOT_ALLOWED')
  const given = terms.outputs.includes(request.output) && terms.to.includes(request.to)
  if (!given) return refuse('OUTPUT_NOT_ALLOWED')
  const protocol = request.protocol === 'prepared' ? 'ecdh' : request.protocol
  if (protocol !== null && !terms.protocols.includes(protocol)) {
    return refuse('PSI_PROTOCOL_NOT_ALLOWED')
  }
  if (request.protocol === 'prepared') {
    const refused = ofPrepared(request, terms.preparedDays, now)
    if (refused !== undefined) return refused
  }
  // The other tells which items are in common.
  if (request.output === 'size' && request.protocol === 'ot')
    return refuse('PSI_PROTOCOL_NOT_ALLOWED')
  for (const whose of ['proposer', 'partner'] as const) {
    const size = sizes[whose]
    if (size === null) continue
    if (!isCount(size) || size === 0) return refuse('COUNT_INVALID')
    if (size > paddedListSize(terms, whose, terms.sizes[whose].most))
      return refuse('LIST_TOO_LARGE')
    if (size !== paddedListSize(terms, whose, size)) return refuse('PADDING_INVALID')
  }
  if (listSize !== null) {
    const { least, most } = terms.sizes[side]
    if (!isCount(listSize)) return refuse('COUNT_INVALID')
    if (listSize < least) return refuse('LIST_TOO_SMALL')
    if (listSize > most) return refuse('LIST_TOO_LARGE')
    if (sizes[side] !== paddedListSize(terms, side, listSize)) return refuse('PADDING_INVALID')
  }
  if (consent === null) return allow()
  if (consent === 'policy') {
    if (terms.consent !== 'policy' || terms.fourEyes) return refuse('CONSENT_BY_PEOPLE')
  } else if (new Set(consent).size < (terms.fourEyes ? 2 : 1)) return refuse('TWO_PEOPLE_REQUIRED')
  const { perPair, perList } = terms.quota
  const ofList = spend(1, usage.intersected.list, perList, 'LIST_QUOTA_EXCEEDED')
  if (!ofList.allow) return ofList
  return spend(1, usage.intersected.pair, perPair, 'PAIR_QUOTA_EXCEEDED')
}

/** By a list that was masked ahead: its key lives as long as the terms say, by either side's clock. */
function ofPrepared(
  { output, to, prepared }: IntersectRequest,
  days: number | undefined,
  now: number,
): Refusal | undefined {
  // Two counts under one key would show which items are in both questions.
  const fits = days !== undefined && output === 'items' && to !== 'partner'
  if (!fits) return refuse('PSI_PROTOCOL_NOT_ALLOWED')
  if (prepared === undefined) return undefined
  const { createdAt, expiresAt } = prepared
  // "Lives" rather than "has ended", so that a NaN refuses.
  const lives = now < expiresAt && now >= createdAt - CLOCKS_APART
  return lives && expiresAt - createdAt <= days * 86_400_000
    ? undefined
    : refuse('PREPARED_EXPIRED')
}

/** What asker and key holder check alike about a query, quota and approvals aside. */
function askable(
  c: Convenant,
  query: Pick<QueryRequest, 'asker' | 'purpose' | 'kind' | 'rule' | 'count'> & {
    readonly protocol: 'check' | 'screen'
  },
): Refusal | undefined {
  const refusal = active(c, query.asker) ?? purposeFor(c, query.asker, query.purpose)
  if (refusal) return refusal
  const purpose = purposeOf(c, query.purpose)!
  const kind = kindOf(c, query.kind)
  if (kind === undefined) return refuse('UNKNOWN_KIND')
  if (!purpose.kinds.includes(kind.kind)) return refuse('KIND_NOT_ALLOWED')
  const rule = ruleOf(c, query.rule)
  if (rule === undefined) return refuse('UNKNOWN_RULE')
  if (rule.kind !== kind.kind) return refuse('RULE_OF_OTHER_KIND')
  if (!purpose.rules.includes(rule.id)) return refuse('RULE_NOT_ALLOWED')
  if (query.protocol === 'screen' && purpose.protocol === 'check')
    return refuse('PROTOCOL_NOT_ALLOWED')
  if (!isCount(query.count) || query.count === 0) return refuse('COUNT_INVALID')
  const most = query.protocol === 'check' ? 1 : purpose.maxBatch
  return query.count > most ? refuse('BATCH_TOO_LARGE') : undefined
}

/** That the holder is one, in good standing, and one of a quorum that the intent names. */
function addressed(
  c: Convenant,
  request: { readonly holder: string; readonly recipients: readonly string[] },
): Refusal | undefined {
  const refusal = active(c, request.holder)
  if (refusal) return refusal
  const { members, quorum } = c.keyHolders
  if (!members.includes(request.holder)) return refuse('NOT_A_KEY_HOLDER')
  const { recipients } = request
  const valid =
    new Set(recipients).size === recipients.length &&
    recipients.length >= quorum &&
    recipients.includes(request.holder) &&
    recipients.every((id) => members.includes(id) && !c.suspended.includes(id))
  return valid ? undefined : refuse('RECIPIENTS_INVALID')
}

function taggable(c: Convenant, member: string, kind: string): Refusal | undefined {
  const refusal = active(c, member)
  if (refusal) return refusal
  if (kindOf(c, kind) === undefined) return refuse('UNKNOWN_KIND')
  const used = c.rules.some((rule) => rule.kind === kind && rule.keys === 'tag')
  return used ? undefined : refuse('TAGS_NOT_USED')
}

/** What everyone who takes part in a round checks about its announcement. */
function round(
  c: Convenant,
  request: Pick<AnnounceRequest, 'coordinator' | 'kind' | 'rules' | 'contributors'>,
  usage: Usage,
  now: number,
): Refusal | undefined {
  const refusal = active(c, request.coordinator)
  if (refusal) return refusal
  if (!c.computeNodes.includes(request.coordinator)) return refuse('NOT_A_COORDINATOR')
  if (c.computeNodes.some((id) => c.suspended.includes(id))) return refuse('COMPUTE_NODE_SUSPENDED')
  const { kind, rules, contributors } = request
  if (kindOf(c, kind) === undefined) return refuse('UNKNOWN_KIND')
  if (rules.length === 0 || new Set(rules).size !== rules.length) return refuse('UNKNOWN_RULE')
  const known =
    new Set(contributors).size === contributors.length &&
    contributors.every((id) => active(c, id) === undefined)
  if (!known) return refuse('CONTRIBUTORS_INVALID')
  for (const id of rules) {
    const rule = ruleOf(c, id)
    if (rule === undefined) return refuse('UNKNOWN_RULE')
    if (rule.kind !== kind) return refuse('RULE_OF_OTHER_KIND')
    if (contributors.length < rule.minContributors) return refuse('TOO_FEW_CONTRIBUTORS')
    if (tooSoon(rule, usage, now)) return refuse('RELEASE_TOO_SOON')
    if (sectorAlone(c, rule, contributors)) return refuse('SECTOR_ALONE')
  }
  const last = usage.lastContributors
  const same =
    last === null ||
    (last.length === contributors.length && last.every((id) => contributors.includes(id)))
  return same || c.acknowledgements.contributorsMayChange
    ? undefined
    : refuse('CONTRIBUTORS_CHANGED')
}

// "Not long enough" rather than "short", so that a NaN refuses.
function tooSoon({ aggregates }: Rule, { releasedAt }: Usage, now: number): boolean {
  if (aggregates === undefined || releasedAt === null) return false
  return !(now - releasedAt >= aggregates.everyDays * 86_400_000)
}

function active(c: Convenant, member: string): Refusal | undefined {
  if (memberOf(c, member) === undefined) return refuse('NOT_A_MEMBER')
  return c.suspended.includes(member) ? refuse('MEMBER_SUSPENDED') : undefined
}

function purposeFor(c: Convenant, asker: string, id: string): Refusal | undefined {
  const purpose = purposeOf(c, id)
  if (purpose === undefined) return refuse('UNKNOWN_PURPOSE')
  return purpose.askers.includes(asker) ? undefined : refuse('ASKER_NOT_ALLOWED')
}

function holdable(c: Convenant, member: string, id: string): Refusal | undefined {
  const rule = ruleOf(c, id)
  if (rule === undefined) return refuse('UNKNOWN_RULE')
  if (rule.output !== 'list') return refuse('RULE_HAS_NO_LIST')
  return mayConsume(rule, member) ? undefined : refuse('NOT_A_CONSUMER')
}

function spend(
  count: number,
  used: number,
  limit: number,
  code: Extract<RefusalCode, `${string}_EXCEEDED`>,
): Decision {
  if (!isCount(count) || count === 0) return refuse('COUNT_INVALID')
  const remaining = limit - used - count
  // A counter that is no count can't be spent from.
  return isCount(used) && remaining >= 0 ? allow(remaining) : refuse(code)
}

function askedToday(usage: Usage, now: number): number {
  return usage.queried.day < quotaDay(now) ? 0 : usage.queried.count
}

function ofEpoch(counter: Usage['tagged'], epoch: number): number {
  return counter.epoch < epoch ? 0 : counter.count
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
