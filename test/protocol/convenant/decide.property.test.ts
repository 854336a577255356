/** What must hold of every decision, over random requests, counters and changes of the convenant. */

import {
  type Convenant,
  decide,
  holderShare,
  NO_USAGE,
  type Request,
  type Usage,
} from '@drempel/protocol/convenant'
import fc from 'fast-check'
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
import { FOUR, NOW } from './world.ts'

const IDS = FOUR.map(({ id }) => id)
const id = fc.constantFrom(...IDS)
const purpose = fc.constantFrom('fraude-onderzoek', 'klantacceptatie')
const rule = fc.constantFrom('host-t2', 'host-t3')
const count = fc.oneof(fc.integer({ min: 0, max: 1_200 }), fc.integer({ min: 0, max: 300_000 }))
const some = fc.subarray(IDS, { minLength: 2 })
const rounds = { coordinator: id, contributors: some }

/** Requests that are often allowed. */
const request: fc.Arbitrary<Request> = fc.oneof(
  bent(CHECK, { asker: id, purpose, rule }),
  bent(SCREEN, { asker: id, purpose, rule, count }),
  bent(EVALUATE, { holder: id, asker: id, purpose, rule, count, recipients: some }),
  bent(TAG, { member: id, count, listSize: count }),
  bent(EVALUATE_TAGS, { holder: id, member: id, count, recipients: some }),
  bent(ANNOUNCE, rounds),
  bent(CONTRIBUTE, { ...rounds, member: id, listSize: count, newFlags: count }),
  bent(COMPUTE, { ...rounds, node: id }),
  bent(CONSUME, { member: id, rule }),
  bent(INTERSECT, {
    proposer: id,
    partner: id,
    output: fc.constantFrom('items', 'size'),
    to: fc.constantFrom('proposer', 'partner', 'both'),
    sizes: fc.constantFrom(...[1_024, 1_000, null].map((proposer) => ({ proposer, partner: 64 }))),
    listSize: fc.option(fc.integer({ min: 0, max: 1_100 })),
    consent: fc.constantFrom(null, 'policy', [], ['ann'], ['ann', 'ben']),
  }),
  bent(ANSWER, { asker: id, purpose, rule, publishedAt: fc.integer({ min: 0, max: NOW }) }),
)

const usage: fc.Arbitrary<Usage> = fc.record({
  queried: fc.record({ day: fc.constantFrom('', '2027-06-14', '2027-06-15'), count }),
  asked: fc.record({ epoch: fc.integer({ min: 0, max: 5 }), count }),
  tagged: fc.record({ epoch: fc.integer({ min: 0, max: 5 }), count }),
  lastContributors: fc.option(some),
  contributed: fc.boolean(),
  releasedAt: fc.option(fc.integer({ min: 0, max: NOW })),
  intersected: fc.record({ pair: fc.nat(25), list: fc.nat(5) }),
})

const parties = (asked: Request): string[] =>
  (['asker', 'holder', 'member', 'node', 'coordinator', 'proposer', 'partner'] as const).flatMap(
    (role) => {
      const named = (asked as { readonly [role: string]: unknown })[role]
      return typeof named === 'string' ? [named] : []
    },
  )

describe('every decision', () => {
  it('is an allow for a fair part of these requests, or the rest shows nothing', () => {
    const drawn = fc.sample(fc.tuple(request, usage), { numRuns: 2_000, seed: 1 })
    const types = new Set(
      drawn
        .filter(([asked, used]) => decide(WORLD, asked, used, NOW).allow)
        .map(([asked]) => asked.type),
    )
    expect(types.size).toBe(11)
  })

  it('refuses a suspended member, whatever it asks and whoever asks for it', () => {
    fc.assert(
      fc.property(request, usage, (asked, used) => {
        for (const suspended of parties(asked)) {
          const decision = decide({ ...WORLD, suspended: [suspended] }, asked, used, NOW)
          expect(decision.allow).toBe(false)
        }
      }),
    )
  })

  it('turns no refusal into an allow when anyone is suspended', () => {
    fc.assert(
      fc.property(request, usage, id, (asked, used, suspended) => {
        const before = decide(WORLD, asked, used, NOW)
        const after = decide({ ...WORLD, suspended: [suspended] }, asked, used, NOW)
        expect(!before.allow && after.allow).toBe(false)
      }),
    )
  })

  it('turns no refusal into an allow when quotas, caps and budgets go down', () => {
    fc.assert(
      fc.property(request, usage, fc.integer({ min: 0, max: 100 }), (asked, used, percent) => {
        const before = decide(WORLD, asked, used, NOW)
        const after = decide(scaled(WORLD, percent), asked, used, NOW)
        expect(!before.allow && after.allow).toBe(false)
      }),
    )
  })

  it('turns no refusal into an allow when more was used', () => {
    fc.assert(
      fc.property(request, usage, fc.nat(1_000), (asked, used, more) => {
        const later: Usage = {
          ...used,
          queried: { day: used.queried.day, count: used.queried.count + more },
          asked: { epoch: used.asked.epoch, count: used.asked.count + more },
          tagged: { epoch: used.tagged.epoch, count: used.tagged.count + more },
          intersected: {
            pair: used.intersected.pair + more,
            list: used.intersected.list + more,
          },
        }
        const before = decide(WORLD, asked, used, NOW)
        const after = decide(WORLD, asked, later, NOW)
        expect(!before.allow && after.allow).toBe(false)
      }),
    )
  })

  it('changes neither convenant nor request, and is the same when asked again', () => {
    const frozen = deepFreeze(structuredClone(WORLD))
    fc.assert(
      fc.property(request, usage, (asked, used) => {
        const first = decide(frozen, deepFreeze(asked), deepFreeze(used), NOW)
        expect(decide(frozen, asked, used, NOW)).toEqual(first)
      }),
    )
  })
})

describe('the shares of a quota', () => {
  it('together never make up more than the quota, and one quorum gets all but a rounding of its part', () => {
    const holders = fc
      .integer({ min: 1, max: 64 })
      .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: Math.floor(n / 2) + 1, max: n })))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), holders, (total, [n, q]) => {
        const share = holderShare(total, {
          members: IDS.concat(Array(n).fill('x')).slice(0, n),
          quorum: q,
        })
        expect(BigInt(share) * BigInt(n)).toBeLessThanOrEqual(BigInt(total) * BigInt(q))
        expect(BigInt(share + 1) * BigInt(n)).toBeGreaterThan(BigInt(total) * BigInt(q))
      }),
    )
  })

  it('hold against an asker that rotates over the holders', () => {
    fc.assert(
      fc.property(fc.array(fc.subarray(IDS, { minLength: 3 }), { maxLength: 400 }), (quorums) => {
        const used = new Map<string, number>()
        let evaluated = 0
        for (const recipients of quorums) {
          const granted = recipients.filter((holder) => {
            const queried = { day: '2027-06-15', count: used.get(holder) ?? 0 }
            const asked: Request = { ...EVALUATE, count: 100, holder, recipients }
            return decide(WORLD, asked, { ...NO_USAGE, queried }, NOW).allow
          })
          for (const holder of granted) used.set(holder, (used.get(holder) ?? 0) + 100)
          if (granted.length >= 3) evaluated += 100
        }
        expect(evaluated).toBeLessThanOrEqual(10_000)
      }),
    )
  })
})

function bent<R extends Request>(
  base: R,
  fields: { readonly [K in keyof R]?: fc.Arbitrary<unknown> },
): fc.Arbitrary<R> {
  return fc
    .record(fields as Record<string, fc.Arbitrary<unknown>>)
    .chain((change) =>
      fc
        .subarray(Object.keys(change))
        .map((keys) => keys.map((key) => [key, change[key]] as const)),
    )
    .map((change) => ({ ...base, ...Object.fromEntries(change) }))
}

/** Not through the parser, which would refuse budgets that make no sense: decide has to hold anyway. */
function scaled(c: Convenant, percent: number): Convenant {
  const less = (value: number) => Math.floor((value * percent) / 100)
  return {
    ...c,
    kinds: c.kinds.map((kind) => ({
      ...kind,
      listCap: less(kind.listCap),
      newPerRound: less(kind.newPerRound),
      withdrawnPerRound: less(kind.withdrawnPerRound),
      epochBudget: less(kind.epochBudget),
    })),
    purposes: c.purposes.map((entry) => ({
      ...entry,
      quotaPerDay: less(entry.quotaPerDay),
      maxBatch: less(entry.maxBatch),
    })),
    intersections: c.intersections!.map((terms) => ({
      ...terms,
      sizes: {
        proposer: { ...terms.sizes.proposer, most: less(terms.sizes.proposer.most) },
        partner: { ...terms.sizes.partner, most: less(terms.sizes.partner.most) },
      },
      quota: {
        perPair: less(terms.quota.perPair),
        perList: less(terms.quota.perList),
        days: terms.quota.days,
      },
    })),
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
