import {
  type Convenant,
  type Decision,
  decide,
  type EvaluateRequest,
  type IntersectRequest,
  NO_USAGE,
  parseConvenant,
  quotaDay,
  REFUSALS,
  type RefusalCode,
  type Request,
  type Usage,
} from '@drempel/protocol/convenant'
import { describe, expect, it } from 'vitest'
import {
  ANNOUNCE,
  ANSWER,
  CHECK,
  COMPUTE,
  CONSUME,
  CONTRIBUTE,
  EVALUATE,
  EVALUATE_TAGS,
  INTERSECT,
  SCREEN,
  TAG,
  WORLD,
} from './requests.ts'
import { bend, type Loose, NOW } from './world.ts'

type Row = {
  readonly name: string
  readonly code: RefusalCode
  readonly request: Request
  readonly change?: (c: Loose) => void
  readonly usage?: Partial<Usage>
  readonly now?: number
}

const spent = (count: number): Partial<Usage> => ({ queried: { day: quotaDay(NOW), count } })
const askedBefore = (count: number): Partial<Usage> => ({ asked: { epoch: 4, count } })
const budgeted = (c: Loose) => {
  c.kinds[0].queryBudget = 20_000
}
const taggedBefore = (count: number): Partial<Usage> => ({ tagged: { epoch: 4, count } })
const suspend = (id: string) => (c: Loose) => c.suspended.push(id)
const fourEyes = (c: Loose) => {
  c.purposes[0].fourEyes = true
}
/** Counts of e-mail addresses, every seven days. */
const counted = (c: Loose) => {
  const aggregates = { show: 'both', minCell: 10, everyDays: 7 }
  c.kinds.push({ ...c.kinds[0], kind: 'email', defaultRegion: null })
  c.rules.push({ ...c.rules[0], id: 'counts', kind: 'email', output: 'aggregates', aggregates })
}
const COUNTS = { kind: 'email', rules: ['counts'] }

const ownersOnly = (c: Loose) => {
  c.rules.push({ ...c.rules[1], id: 'iban-t3', kind: 'iban', output: 'owners', keys: 'plain' })
  c.kinds.push({ ...c.kinds[0], kind: 'iban' })
}

// 10,000 a day, quorum 3 of 4: a holder grants 7,500. Budget 266,667: a holder grants 200,000.
const DAY = 86_400_000
const CLOCKS = 5 * 60_000

const ROWS: readonly Row[] = [
  ...[
    CHECK,
    EVALUATE,
    TAG,
    EVALUATE_TAGS,
    ANNOUNCE,
    CONTRIBUTE,
    COMPUTE,
    CONSUME,
    ANSWER,
    INTERSECT,
  ].flatMap((request): Row[] => [
    {
      name: `${request.type} a second before the convenant begins`,
      code: 'CONVENANT_NOT_YET_VALID',
      request,
      now: Date.parse('2026-12-31T23:59:59Z'),
    },
    {
      name: `${request.type} at the moment it ends`,
      code: 'CONVENANT_EXPIRED',
      request,
      now: Date.parse('2028-01-01T00:00:00Z'),
    },
    {
      name: `${request.type} at no time`,
      code: 'CONVENANT_NOT_YET_VALID',
      request,
      now: Number.NaN,
    },
  ]),

  { name: 'check by a stranger', code: 'NOT_A_MEMBER', request: { ...CHECK, asker: 'x' } },
  {
    name: 'check while suspended',
    code: 'MEMBER_SUSPENDED',
    request: CHECK,
    change: suspend('bank-a'),
  },
  { name: 'check for no purpose', code: 'UNKNOWN_PURPOSE', request: { ...CHECK, purpose: 'x' } },
  {
    name: "a platform's check for onboarding",
    code: 'ASKER_NOT_ALLOWED',
    request: { ...CHECK, asker: 'platform', purpose: 'klantacceptatie' },
  },
  { name: 'check of an unknown kind', code: 'UNKNOWN_KIND', request: { ...CHECK, kind: 'iban' } },
  {
    name: 'check of a kind outside the purpose',
    code: 'KIND_NOT_ALLOWED',
    request: { ...CHECK, kind: 'iban' },
    change: ownersOnly,
  },
  { name: 'check by no rule', code: 'UNKNOWN_RULE', request: { ...CHECK, rule: 'x' } },
  {
    name: 'check by a rule of another kind',
    code: 'RULE_OF_OTHER_KIND',
    request: { ...CHECK, rule: 'iban-t3' },
    change: ownersOnly,
  },
  {
    name: 'check by a rule outside the purpose',
    code: 'RULE_NOT_ALLOWED',
    request: { ...CHECK, rule: 'host-t3' },
    change: (c) => c.purposes[0].rules.pop(),
  },
  {
    name: 'screen for onboarding',
    code: 'PROTOCOL_NOT_ALLOWED',
    request: { ...SCREEN, purpose: 'klantacceptatie' },
  },
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].flatMap((count): Row[] => [
    { name: `screen of ${count}`, code: 'COUNT_INVALID', request: { ...SCREEN, count } },
    { name: `tag of ${count}`, code: 'COUNT_INVALID', request: { ...TAG, count } },
    { name: `evaluate ${count}`, code: 'COUNT_INVALID', request: { ...EVALUATE, count } },
    { name: `evaluate ${count} tags`, code: 'COUNT_INVALID', request: { ...EVALUATE_TAGS, count } },
  ]),
  { name: 'check of two', code: 'BATCH_TOO_LARGE', request: { ...CHECK, count: 2 } },
  { name: 'screen of 1,001', code: 'BATCH_TOO_LARGE', request: { ...SCREEN, count: 1_001 } },
  {
    name: 'a check of two at a holder',
    code: 'BATCH_TOO_LARGE',
    request: { ...EVALUATE, protocol: 'check', count: 2 },
  },
  { name: 'check beyond the quota', code: 'QUOTA_EXCEEDED', request: CHECK, usage: spent(10_000) },
  {
    name: 'screen that would pass the quota',
    code: 'QUOTA_EXCEEDED',
    request: SCREEN,
    usage: spent(9_501),
  },
  {
    name: 'check with a counter that lies in the future',
    code: 'QUOTA_EXCEEDED',
    request: CHECK,
    usage: { queried: { day: '2027-06-16', count: 10_000 } },
  },
  ...[Number.NaN, -1].map((count): Row => {
    return {
      name: `check with a counter of ${count}`,
      code: 'QUOTA_EXCEEDED',
      request: CHECK,
      usage: spent(count),
    }
  }),
  // 20,000 in an epoch: a holder grants 15,000.
  {
    name: 'a screen that would pass the budget of an epoch, whatever the day has left',
    code: 'ENUMERATION_EXCEEDED',
    request: EVALUATE,
    change: budgeted,
    usage: askedBefore(14_501),
  },
  {
    name: 'a counter of an epoch that lies in the future',
    code: 'ENUMERATION_EXCEEDED',
    request: EVALUATE,
    change: budgeted,
    usage: { asked: { epoch: 5, count: 15_000 } },
  },
  ...[Number.NaN, -1].map((count): Row => {
    return {
      name: `an epoch's counter of ${count}`,
      code: 'ENUMERATION_EXCEEDED',
      request: EVALUATE,
      change: budgeted,
      usage: askedBefore(count),
    }
  }),
  { name: 'check without approvals', code: 'APPROVAL_REQUIRED', request: CHECK, change: fourEyes },
  {
    name: 'check approved by one person twice',
    code: 'APPROVAL_REQUIRED',
    request: { ...CHECK, approvers: ['ann', 'ann'] },
    change: fourEyes,
  },
  {
    name: 'evaluate without approvals',
    code: 'APPROVAL_REQUIRED',
    request: EVALUATE,
    change: fourEyes,
  },

  { name: 'evaluate at a stranger', code: 'NOT_A_MEMBER', request: { ...EVALUATE, holder: 'x' } },
  { name: 'evaluate for a stranger', code: 'NOT_A_MEMBER', request: { ...EVALUATE, asker: 'x' } },
  {
    name: 'evaluate at a suspended holder',
    code: 'MEMBER_SUSPENDED',
    request: EVALUATE,
    change: suspend('telecom'),
  },
  {
    name: 'evaluate for a suspended asker',
    code: 'MEMBER_SUSPENDED',
    request: { ...EVALUATE, recipients: ['bank-b', 'telecom', 'platform'] },
    change: suspend('bank-a'),
  },
  {
    name: 'evaluate at a member without a share',
    code: 'NOT_A_KEY_HOLDER',
    request: { ...EVALUATE, holder: 'platform' },
    change: withoutPlatformShare,
  },
  ...(
    [
      ['without itself', ['bank-a', 'bank-b', 'platform']],
      ['of fewer than a quorum', ['telecom', 'platform']],
      ['with one twice', ['telecom', 'telecom', 'platform']],
      ['with a stranger', ['telecom', 'bank-a', 'bank-b', 'x']],
    ] as const
  ).flatMap(([name, recipients]): Row[] => [
    {
      name: `evaluate for recipients ${name}`,
      code: 'RECIPIENTS_INVALID',
      request: { ...EVALUATE, recipients },
    },
    {
      name: `tags for recipients ${name}`,
      code: 'RECIPIENTS_INVALID',
      request: { ...EVALUATE_TAGS, recipients },
    },
  ]),
  {
    name: 'evaluate for a suspended recipient',
    code: 'RECIPIENTS_INVALID',
    request: EVALUATE,
    change: suspend('platform'),
  },
  {
    name: 'evaluate for no purpose',
    code: 'UNKNOWN_PURPOSE',
    request: { ...EVALUATE, purpose: 'x' },
  },
  {
    name: "evaluate a platform's onboarding",
    code: 'ASKER_NOT_ALLOWED',
    request: { ...EVALUATE, asker: 'platform', purpose: 'klantacceptatie' },
  },
  {
    name: 'evaluate beyond the share of the quota',
    code: 'QUOTA_EXCEEDED',
    request: EVALUATE,
    usage: spent(7_001),
  },

  { name: 'tag by a stranger', code: 'NOT_A_MEMBER', request: { ...TAG, member: 'x' } },
  {
    name: 'tag while suspended',
    code: 'MEMBER_SUSPENDED',
    request: TAG,
    change: suspend('bank-a'),
  },
  { name: 'tag an unknown kind', code: 'UNKNOWN_KIND', request: { ...TAG, kind: 'iban' } },
  {
    name: 'tag a kind with plain keys',
    code: 'TAGS_NOT_USED',
    request: { ...TAG, kind: 'iban' },
    change: ownersOnly,
  },
  { name: 'tag too long a list', code: 'LIST_TOO_LARGE', request: { ...TAG, listSize: 100_001 } },
  { name: 'tag a list of no size', code: 'COUNT_INVALID', request: { ...TAG, listSize: -1 } },
  {
    name: 'tag beyond the budget',
    code: 'BUDGET_EXCEEDED',
    request: TAG,
    usage: taggedBefore(265_668),
  },
  {
    name: 'tag in an epoch that has passed',
    code: 'BUDGET_EXCEEDED',
    request: { ...TAG, epoch: 3 },
    usage: taggedBefore(266_667),
  },
  { name: 'tags for a stranger', code: 'NOT_A_MEMBER', request: { ...EVALUATE_TAGS, member: 'x' } },
  {
    name: 'tags at a member without a share',
    code: 'NOT_A_KEY_HOLDER',
    request: { ...EVALUATE_TAGS, holder: 'platform' },
    change: withoutPlatformShare,
  },
  {
    name: 'tags beyond the share of the budget',
    code: 'BUDGET_EXCEEDED',
    request: EVALUATE_TAGS,
    usage: taggedBefore(199_001),
  },
  {
    name: 'tags beyond an own budget',
    code: 'BUDGET_EXCEEDED',
    request: { ...EVALUATE_TAGS, count: 76 },
    change: (c) => {
      c.kinds[0].exceptions.push({
        member: 'bank-a',
        listCap: 75,
        newPerRound: 10,
        withdrawnPerRound: 10,
        epochBudget: 101,
      })
    },
  },

  { name: 'round by a stranger', code: 'NOT_A_MEMBER', request: { ...ANNOUNCE, coordinator: 'x' } },
  {
    name: 'round by a member that does not compute',
    code: 'NOT_A_COORDINATOR',
    request: { ...ANNOUNCE, coordinator: 'bank-b' },
  },
  {
    name: 'round with a suspended compute node',
    code: 'COMPUTE_NODE_SUSPENDED',
    request: ANNOUNCE,
    change: suspend('telecom'),
  },
  {
    name: 'round of an unknown kind',
    code: 'UNKNOWN_KIND',
    request: { ...ANNOUNCE, kind: 'iban' },
  },
  { name: 'round of no rule', code: 'UNKNOWN_RULE', request: { ...ANNOUNCE, rules: [] } },
  {
    name: 'round of an unknown rule',
    code: 'UNKNOWN_RULE',
    request: { ...ANNOUNCE, rules: ['x'] },
  },
  {
    name: 'round of a rule twice',
    code: 'UNKNOWN_RULE',
    request: { ...ANNOUNCE, rules: ['host-t2', 'host-t2'] },
  },
  {
    name: 'round of a rule of another kind',
    code: 'RULE_OF_OTHER_KIND',
    request: { ...ANNOUNCE, rules: ['host-t2', 'iban-t3'] },
    change: ownersOnly,
  },
  ...(
    [
      ['a stranger', ['bank-a', 'bank-b', 'telecom', 'x']],
      ['a member twice', ['bank-a', 'bank-b', 'telecom', 'telecom']],
    ] as const
  ).map(([name, contributors]): Row => {
    return {
      name: `round with ${name}`,
      code: 'CONTRIBUTORS_INVALID',
      request: { ...ANNOUNCE, contributors },
    }
  }),
  {
    name: 'round with a suspended contributor',
    code: 'CONTRIBUTORS_INVALID',
    request: ANNOUNCE,
    change: suspend('bank-b'),
  },
  {
    name: 'round of t = 3 with three',
    code: 'TOO_FEW_CONTRIBUTORS',
    request: { ...ANNOUNCE, contributors: ['bank-a', 'bank-b', 'telecom'] },
  },
  {
    name: 'round in which one sector of two that the rule needs is one member',
    code: 'SECTOR_ALONE',
    request: { ...ANNOUNCE, rules: ['host-t2'], contributors: ['bank-a', 'bank-b', 'telecom'] },
    change: (c) => (c.rules[0].minSectors = 2),
  },
  {
    name: 'release of counts a moment before the period is over',
    code: 'RELEASE_TOO_SOON',
    request: { ...ANNOUNCE, ...COUNTS },
    change: counted,
    usage: { releasedAt: NOW - 7 * 86_400_000 + 1 },
  },
  {
    name: 'release of counts after one that lies in the future',
    code: 'RELEASE_TOO_SOON',
    request: { ...COMPUTE, ...COUNTS },
    change: counted,
    usage: { releasedAt: NOW + 1 },
  },
  {
    name: 'release of counts after one at no time',
    code: 'RELEASE_TOO_SOON',
    request: { ...CONTRIBUTE, ...COUNTS },
    change: counted,
    usage: { releasedAt: Number.NaN },
  },
  {
    name: 'round with others than the last',
    code: 'CONTRIBUTORS_CHANGED',
    request: ANNOUNCE,
    usage: { lastContributors: ['bank-a', 'bank-b', 'telecom'] },
  },
  {
    name: 'round with as many, but others',
    code: 'CONTRIBUTORS_CHANGED',
    request: ANNOUNCE,
    usage: { lastContributors: ['bank-a', 'bank-b', 'telecom', 'gone'] },
  },
  {
    name: 'contribute as a stranger',
    code: 'NOT_A_MEMBER',
    request: { ...CONTRIBUTE, member: 'x' },
  },
  {
    name: 'contribute while suspended',
    code: 'MEMBER_SUSPENDED',
    request: CONTRIBUTE,
    change: suspend('bank-b'),
  },
  {
    name: 'contribute without being named',
    code: 'NOT_A_CONTRIBUTOR',
    request: { ...CONTRIBUTE, rules: ['host-t2'], contributors: ['bank-a', 'telecom', 'platform'] },
  },
  {
    name: 'contribute for a coordinator that is none',
    code: 'NOT_A_COORDINATOR',
    request: { ...CONTRIBUTE, coordinator: 'bank-b' },
  },
  ...(['listSize', 'newFlags', 'withdrawnFlags'] as const).map((field): Row => {
    return {
      name: `contribute ${field} 1.5`,
      code: 'COUNT_INVALID',
      request: { ...CONTRIBUTE, [field]: 1.5 },
    }
  }),
  {
    name: 'contribute too many',
    code: 'LIST_TOO_LARGE',
    request: { ...CONTRIBUTE, listSize: 100_001 },
  },
  { name: 'contribute too few', code: 'LIST_TOO_SMALL', request: { ...CONTRIBUTE, listSize: 9 } },
  {
    name: 'contribute too much that is new',
    code: 'TOO_MANY_NEW',
    request: { ...CONTRIBUTE, newFlags: 25_001 },
    usage: { contributed: true },
  },
  {
    name: 'contribute after too many withdrawals',
    code: 'TOO_MANY_WITHDRAWN',
    request: { ...CONTRIBUTE, withdrawnFlags: 25_001 },
  },
  { name: 'compute as a stranger', code: 'NOT_A_MEMBER', request: { ...COMPUTE, node: 'x' } },
  {
    name: 'compute without being one',
    code: 'NOT_A_COMPUTE_NODE',
    request: { ...COMPUTE, node: 'bank-b' },
  },
  {
    name: 'compute while suspended',
    code: 'MEMBER_SUSPENDED',
    request: COMPUTE,
    change: suspend('telecom'),
  },
  {
    name: 'compute with too few',
    code: 'TOO_FEW_CONTRIBUTORS',
    request: { ...COMPUTE, contributors: ['bank-a', 'bank-b', 'telecom'] },
  },

  { name: 'hold a list as a stranger', code: 'NOT_A_MEMBER', request: { ...CONSUME, member: 'x' } },
  {
    name: 'hold a list while suspended',
    code: 'MEMBER_SUSPENDED',
    request: CONSUME,
    change: suspend('platform'),
  },
  { name: 'hold a list of no rule', code: 'UNKNOWN_RULE', request: { ...CONSUME, rule: 'x' } },
  {
    name: 'hold a list of an owners rule',
    code: 'RULE_HAS_NO_LIST',
    request: { ...CONSUME, rule: 'iban-t3' },
    change: ownersOnly,
  },
  { name: 'hold a list of others', code: 'NOT_A_CONSUMER', request: CONSUME, change: banksOnly },
  { name: 'answer as a stranger', code: 'NOT_A_MEMBER', request: { ...ANSWER, asker: 'x' } },
  { name: 'answer for no purpose', code: 'UNKNOWN_PURPOSE', request: { ...ANSWER, purpose: 'x' } },
  {
    name: 'answer for a purpose of others',
    code: 'ASKER_NOT_ALLOWED',
    request: { ...ANSWER, asker: 'telecom' },
  },
  { name: 'answer by no rule', code: 'UNKNOWN_RULE', request: { ...ANSWER, rule: 'x' } },
  {
    name: 'answer by a rule outside the purpose',
    code: 'RULE_NOT_ALLOWED',
    request: { ...ANSWER, rule: 'host-t3' },
    change: (c) => c.purposes[1].rules.pop(),
  },
  {
    name: 'answer strictly from a list a millisecond too old',
    code: 'LIST_STALE',
    request: { ...ANSWER, publishedAt: NOW - 7 * 24 * 3_600_000 - 1 },
  },
  {
    name: 'answer strictly from a list of no age',
    code: 'LIST_STALE',
    request: { ...ANSWER, publishedAt: Number.NaN },
  },
  ...intersectRows(),
]

/** Prepared so long after now, to live until so long after now. */
function prepared(
  all: readonly (readonly [name: string, createdAt: number, expiresAt: number])[],
): [string, Partial<IntersectRequest>][] {
  return all.map(([name, from, until]) => {
    const times = { createdAt: NOW + from, expiresAt: NOW + until }
    return [`by a prepared list ${name}`, { protocol: 'prepared', prepared: times }]
  })
}

function intersectRows(): Row[] {
  const terms = (change: (terms: Loose) => void) => (c: Loose) => change(c.intersections[0])
  const row = (
    name: string,
    code: RefusalCode,
    other: Partial<IntersectRequest>,
    more: Partial<Row> = {},
  ): Row => ({ name: `intersect ${name}`, code, request: { ...INTERSECT, ...other }, ...more })
  const { sizes } = INTERSECT
  const unknown = { ...INTERSECT, consent: null, listSize: null }
  return [
    row('of a stranger', 'NOT_A_MEMBER', { proposer: 'mallory' }),
    row('with a stranger', 'NOT_A_MEMBER', { partner: 'mallory' }),
    row('with a suspended member', 'MEMBER_SUSPENDED', {}, { change: suspend('telecom') }),
    row('for a purpose of questions', 'UNKNOWN_PURPOSE', { purpose: 'fraude-onderzoek' }),
    row(
      'by who may not propose',
      'PROPOSER_NOT_ALLOWED',
      {},
      {
        change: terms((one) => {
          one.proposers = ['bank-b']
        }),
      },
    ),
    row(
      'with who is no partner',
      'PARTNER_NOT_ALLOWED',
      {},
      {
        change: terms((one) => {
          one.partners = ['bank-b']
        }),
      },
    ),
    row('with itself', 'PARTNER_NOT_ALLOWED', { partner: 'bank-a' }),
    row('of an unknown kind', 'UNKNOWN_KIND', { kind: 'iban' }),
    row(
      'of a kind of other terms',
      'KIND_NOT_ALLOWED',
      { kind: 'iban' },
      {
        change: (c) => c.kinds.push({ ...c.kinds[0], kind: 'iban' }),
      },
    ),
    row(
      'with an output that is not agreed',
      'OUTPUT_NOT_ALLOWED',
      {},
      {
        change: terms((one) => {
          one.outputs = ['size']
        }),
      },
    ),
    row('towards who may not learn', 'OUTPUT_NOT_ALLOWED', { to: 'partner' }),
    row(
      'by another protocol',
      'PSI_PROTOCOL_NOT_ALLOWED',
      { protocol: 'ot' },
      {
        change: terms((one) => {
          one.protocols = ['ecdh']
        }),
      },
    ),
    row('of the size alone by what tells which', 'PSI_PROTOCOL_NOT_ALLOWED', {
      ...{ output: 'size', protocol: 'ot' },
    }),
    row('of the size alone by a prepared list', 'PSI_PROTOCOL_NOT_ALLOWED', {
      ...{ output: 'size', protocol: 'prepared' },
    }),
    row(
      'by a prepared list where there are none',
      'PSI_PROTOCOL_NOT_ALLOWED',
      { protocol: 'prepared' },
      {
        change: terms((one) => {
          delete one.preparedDays
        }),
      },
    ),
    row(
      'by a prepared list where there is no ecdh',
      'PSI_PROTOCOL_NOT_ALLOWED',
      { protocol: 'prepared' },
      {
        change: terms((one) => {
          one.protocols = ['ot']
          one.outputs = ['items']
        }),
      },
    ),
    ...prepared([
      ['that has ended', -DAY, 0],
      ['that lives too long', 0, 7 * DAY + 1],
      ['of later', CLOCKS + 1, DAY],
      ['of no time', Number.NaN, DAY],
      ['without an end', 0, Number.NaN],
    ]).map(([name, request]) => row(name, 'PREPARED_EXPIRED', request)),
    row('of nothing', 'COUNT_INVALID', { sizes: { ...sizes, partner: 0 } }),
    row('of no number', 'COUNT_INVALID', { sizes: { ...sizes, partner: Number.NaN } }),
    row('of an exact size', 'PADDING_INVALID', { sizes: { ...sizes, partner: 40_961 } }),
    row('of a size above the cap', 'LIST_TOO_LARGE', {
      ...unknown,
      sizes: { ...sizes, partner: 131_072 },
    }),
    row('of another size than its own', 'PADDING_INVALID', {
      ...unknown,
      listSize: 1_025,
    }),
    row('of fewer than may be', 'LIST_TOO_SMALL', { listSize: 9 }),
    row('of more than may be', 'LIST_TOO_LARGE', { listSize: 100_001 }),
    row('of half a record', 'COUNT_INVALID', { listSize: 10.5 }),
    row('by the node itself', 'CONSENT_BY_PEOPLE', { consent: 'policy' }),
    row('by nobody', 'TWO_PEOPLE_REQUIRED', { consent: [] }),
    row(
      'by one of two',
      'TWO_PEOPLE_REQUIRED',
      { consent: ['ann', 'ann'] },
      {
        change: terms((one) => {
          one.fourEyes = true
        }),
      },
    ),
    row(
      'once more than the pair may',
      'PAIR_QUOTA_EXCEEDED',
      {},
      {
        usage: { intersected: { pair: 20, list: 0 } },
      },
    ),
    row(
      'once more than the list may',
      'LIST_QUOTA_EXCEEDED',
      {},
      {
        usage: { intersected: { pair: 4, list: 4 } },
      },
    ),
    row(
      'after a counter that is none',
      'PAIR_QUOTA_EXCEEDED',
      {},
      {
        usage: { intersected: { pair: Number.NaN, list: 0 } },
      },
    ),
  ]
}

function withoutPlatformShare(c: Loose): void {
  c.keyHolders = { members: ['bank-a', 'bank-b', 'telecom'], quorum: 3 }
}

function banksOnly(c: Loose): void {
  c.rules[1].consumers = ['bank-a', 'bank-b']
  c.purposes[0].rules = ['host-t2']
}

function decideWith(
  request: Request,
  {
    change,
    usage,
    now,
  }: { change?: (c: Loose) => void; usage?: Partial<Usage>; now?: number } = {},
): Decision {
  const convenant: Convenant = change ? parseConvenant(bend(WORLD, change)) : WORLD
  return decide(convenant, request, { ...NO_USAGE, ...usage }, now ?? NOW)
}

describe('decide refuses', () => {
  it.each(ROWS)('$name: $code', ({ code, request, ...setting }) => {
    expect(decideWith(request, setting)).toEqual({ allow: false, code })
  })

  it('with every code of the table, each explained in two languages', () => {
    expect([...new Set(ROWS.map((row) => row.code))].sort()).toEqual(Object.keys(REFUSALS).sort())
    for (const { nl, en } of Object.values(REFUSALS)) {
      expect(nl).toMatch(/^[A-Z].*\.$/)
      expect(en).toMatch(/^[A-Z].*\.$/)
    }
  })
})

describe('decide allows', () => {
  const allow = (remaining: number | null = null, stale = false) => {
    return { allow: true, remaining, stale }
  }

  it('a request of each type, and says what is left', () => {
    expect(decideWith(CHECK)).toEqual(allow(9_999))
    expect(decideWith(SCREEN)).toEqual(allow(9_500))
    expect(decideWith(EVALUATE)).toEqual(allow(7_000))
    expect(decideWith(TAG)).toEqual(allow(265_667))
    expect(decideWith(EVALUATE_TAGS)).toEqual(allow(199_000))
    expect(decideWith(INTERSECT)).toEqual(allow(19))
    for (const request of [ANNOUNCE, CONTRIBUTE, COMPUTE, CONSUME, ANSWER])
      expect(decideWith(request)).toEqual(allow())
  })

  it('counts from the moment on that their period is over', () => {
    const release = { ...ANNOUNCE, ...COUNTS }
    const usage = { releasedAt: NOW - 7 * 86_400_000 }
    expect(decideWith(release, { change: counted, usage })).toEqual(allow())
    expect(decideWith(release, { change: counted })).toEqual(allow())
  })

  it('exactly up to quota, share and budget', () => {
    expect(decideWith(CHECK, { usage: spent(9_999) })).toEqual(allow(0))
    expect(decideWith(SCREEN, { usage: spent(9_500) })).toEqual(allow(0))
    expect(decideWith(EVALUATE, { usage: spent(7_000) })).toEqual(allow(0))
    expect(decideWith(TAG, { usage: taggedBefore(265_667) })).toEqual(allow(0))
    expect(decideWith(EVALUATE_TAGS, { usage: taggedBefore(199_000) })).toEqual(allow(0))
    expect(decideWith({ ...SCREEN, count: 1_000 })).toEqual(allow(9_000))
  })

  it('what is not known of an intersection yet, its last run, and consent by policy where agreed', () => {
    const sizes = { proposer: 1_024, partner: null }
    const early = { ...INTERSECT, side: 'partner', sizes, listSize: null, consent: null } as const
    expect(decideWith(early)).toEqual(allow())
    const usage = { intersected: { pair: 19, list: 3 } }
    expect(decideWith(INTERSECT, { usage })).toEqual(allow(0))
    const change = (c: Loose) => {
      c.intersections[0].consent = 'policy'
    }
    expect(decideWith({ ...INTERSECT, consent: 'policy' }, { change })).toEqual(allow(19))
  })

  it('a prepared list as long as it lives, by a clock that is a little behind, too', () => {
    for (const [, request] of prepared([
      ['at first', 0, 7 * DAY],
      ['at last', 1 - 7 * DAY, 1],
      ['of a clock ahead', CLOCKS, CLOCKS + 7 * DAY],
    ])) {
      expect(decideWith({ ...INTERSECT, ...request }).allow).toBe(true)
    }
    expect(decideWith({ ...INTERSECT, protocol: 'prepared' }).allow).toBe(true)
  })

  it('at the first moment of the convenant and at the last', () => {
    expect(decideWith(CHECK, { now: Date.parse(WORLD.validFrom) }).allow).toBe(true)
    expect(decideWith(CHECK, { now: Date.parse(WORLD.validUntil) - 1 }).allow).toBe(true)
  })

  it('anew when the UTC day turns, not when the Dutch one does', () => {
    const full = { queried: { day: '2027-06-15', count: 10_000 } }
    const at = (time: string) => decideWith(CHECK, { usage: full, now: Date.parse(time) }).allow
    expect(at('2027-06-15T22:30:00Z')).toBe(false) // 00:30 on the 16th in Amsterdam
    expect(at('2027-06-15T23:59:59.999Z')).toBe(false)
    expect(at('2027-06-16T00:00:00Z')).toBe(true)
  })

  it('tagging anew in the next epoch', () => {
    const usage = taggedBefore(266_667)
    expect(decideWith({ ...TAG, epoch: 5 }, { usage })).toEqual(allow(265_667))
    expect(decideWith({ ...EVALUATE_TAGS, epoch: 5 }, { usage })).toEqual(allow(199_000))
  })

  it('the last of a budget for an epoch, all of it anew in the next, and any number without one', () => {
    const usage = askedBefore(14_500)
    expect(decideWith(EVALUATE, { change: budgeted, usage })).toEqual(allow(7_000))
    const next = { ...EVALUATE, epoch: 5 }
    expect(decideWith(next, { change: budgeted, usage: askedBefore(15_000) }).allow).toBe(true)
    expect(decideWith(EVALUATE, { usage: askedBefore(1_000_000) }).allow).toBe(true)
  })

  it('two different approvers, and a holder an intent that commits to them', () => {
    const approved = { ...CHECK, approvers: ['ann', 'ben'] }
    expect(decideWith(approved, { change: fourEyes }).allow).toBe(true)
    expect(decideWith({ ...EVALUATE, approved: true }, { change: fourEyes }).allow).toBe(true)
  })

  it("a bank's onboarding that a platform may not do", () => {
    expect(decideWith({ ...CHECK, purpose: 'klantacceptatie' }).allow).toBe(true)
  })

  it('a first list that is all new, up to the cap', () => {
    const first = { ...CONTRIBUTE, listSize: 100_000, newFlags: 100_000 }
    expect(decideWith(first).allow).toBe(true)
    expect(decideWith({ ...first, newFlags: 25_000 }, { usage: { contributed: true } }).allow).toBe(
      true,
    )
  })

  it('the same contributors in another order, and others where the convenant says so', () => {
    const lastContributors = [...ANNOUNCE.contributors].reverse()
    expect(decideWith(ANNOUNCE, { usage: { lastContributors } }).allow).toBe(true)
    const change = (c: Loose) => {
      c.acknowledgements.contributorsMayChange = true
    }
    const usage = { lastContributors: ['bank-a', 'bank-b', 'telecom'] }
    expect(decideWith(ANNOUNCE, { change, usage }).allow).toBe(true)
  })

  it('an answer from a list just young enough, and a marked one where the purpose is prompt', () => {
    const publishedAt = NOW - 7 * 24 * 3_600_000
    expect(decideWith({ ...ANSWER, publishedAt })).toEqual(allow())
    const old = { ...ANSWER, purpose: 'fraude-onderzoek', publishedAt: publishedAt - 1 }
    expect(decideWith(old)).toEqual(allow(null, true))
  })
})

describe('what an asker and a key holder conclude about one query', () => {
  it('differs in quota only: a holder never evaluates what the asker may not ask', () => {
    const queries = ROWS.filter(
      (row) => row.request.type === 'check' || row.request.type === 'screen',
    )
    let compared = 0
    for (const { request, change, code } of queries) {
      if (request.type !== 'check' && request.type !== 'screen') continue
      if (code === 'APPROVAL_REQUIRED' || code === 'QUOTA_EXCEEDED') continue
      const { type: protocol, approvers: _, ...same } = request
      const recipients = ['bank-b', 'telecom', 'platform']
      const evaluate: EvaluateRequest = {
        ...same,
        type: 'evaluate',
        protocol,
        epoch: 4,
        holder: 'telecom',
        recipients,
        approved: true,
      }
      const setting = change === undefined ? {} : { change }
      if (decideWith(request, setting).allow) continue
      expect(decideWith(evaluate, setting)).toEqual(decideWith(request, setting))
      compared++
    }
    expect(compared).toBeGreaterThan(12)
  })
})
