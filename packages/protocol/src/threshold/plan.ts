/**
 * The public shape of a round: bins, slots, widths. A pure function of the partners' padded sizes;
 * every node computes the same plan, to the last bit, on any engine.
 */

import { boundBits } from './bounds.ts'
import { fail } from './errors.ts'
import { maxLoad } from './load.ts'
import { estimateComparators, mergeTree } from './tree.ts'

/** One partner's list: `slots` = factor·base + window in every bin. */
export type PartnerPlan = {
  readonly id: string
  readonly paddedSize: number
  readonly factor: number
  readonly slots: number
}

export type RoundPlan = {
  /** A power of two and a multiple of 128; shard k holds bins 128k to 128k + 127. */
  readonly bins: number
  /** log2 of `bins`. */
  readonly binBits: number
  /** n': slots per bin and unit of size factor, before the window. */
  readonly base: number
  /** W: how many slots a record may wait. */
  readonly window: number
  /** h: bits of a record key. */
  readonly keyBits: number
  /** w = keyBits - binBits: bits of x, the rest of the key inside its bin. */
  readonly width: number
  /** Leading bits of x that decide order, at most `width`. */
  readonly orderBits: number
  /**
   * Bits that a partner shares behind each key: two of its count of reports, one of whether the row is a
   * record at all, none where no rule asks.
   */
  readonly reportBits: 0 | 1 | 2
  /** In the round's order, as given. */
  readonly partners: readonly PartnerPlan[]
  /** R: slots of all partners together, per bin. */
  readonly rows: number
}

export type PartnerSize = { readonly id: string; readonly paddedSize: number }

const WINDOW = 62
const LANES = 128
const MAX_BINS = 65536
/** Keeps the shares of one shard (128 bins) below some 0.2 GB; more rows take more bins. */
const MAX_ROWS = 65536
/** A key, left-aligned, fits four 32-bit words. */
const MAX_KEY_BITS = 128
const SMALLEST_BUCKET = 256

/**
 * Every node: the plan with the fewest ANDs whose chance that any record of any honest partner does
 * not fit is at most 2^-30 a salt. A false match with a record has probability at most 2^-40.
 * @param partners in the round's order, sizes as published (see `paddedSize`)
 * @param reportBits 2 where a rule counts reports, 1 where one counts identifiers of one holder
 * @throws ProtocolError `BAD_PLAN`: no partners, ids not distinct, sizes not whole numbers, or a
 *   round too large for 65,536 bins of 65,536 rows
 */
export function planRound(
  partners: readonly PartnerSize[],
  reportBits: RoundPlan['reportBits'] = 0,
): RoundPlan {
  check(partners)
  let best: Candidate | undefined
  for (let bins = LANES; bins <= MAX_BINS; bins *= 2) {
    const coarse = cheapest(partners, bins, coarseBases(partners, bins))
    if (coarse === undefined) continue
    if (best !== undefined && coarse.ands >= best.ands) break
    best = coarse
  }
  if (best === undefined) {
    return fail('BAD_PLAN', { at: 'partners', hint: 'The lists together are too large.' })
  }
  const { plan } = cheapest(partners, best.plan.bins, nearby(best.plan.base))!
  return { ...plan, reportBits }
}

/**
 * Partner: the size to publish instead of the exact one. Steps of 1/32 to 1/16 of the size, at
 * least 256, so that a few new or withdrawn flags do not show.
 */
export function paddedSize(count: number): number {
  let bucket = SMALLEST_BUCKET
  while (bucket < count) bucket *= 2
  const step = bucket / 32
  return bucket === SMALLEST_BUCKET ? bucket : Math.ceil(count / step) * step
}

/**
 * ANDs of validation, merge and scan's equality in all bins; what outputs add depends on the rules.
 * An estimate: comparators are counted in closed form, not by building the network.
 */
export function andCount(plan: RoundPlan): number {
  const everyone = plan.partners.map((_, partner) => partner)
  const comparators = estimateComparators(plan.window, mergeTree(plan, everyone))
  let bounds = 0
  for (const { factor, slots } of plan.partners) bounds += 2 * slots * boundBits(factor * plan.base)
  const merge = comparators * (plan.orderBits + plan.width)
  return plan.bins * (merge + bounds + 2 * plan.rows * plan.width)
}

type Candidate = { readonly plan: RoundPlan; readonly ands: number }

function cheapest(
  partners: readonly PartnerSize[],
  bins: number,
  bases: readonly number[],
): Candidate | undefined {
  let best: Candidate | undefined
  for (const base of bases) {
    const plan = planWith(partners, bins, base)
    if (plan === undefined) continue
    const ands = andCount(plan)
    if (best === undefined || ands < best.ands) best = { plan, ands }
  }
  return best
}

/** Steps of at most 1/32, up to the base at which every factor is 1 at the least load. */
function coarseBases(partners: readonly PartnerSize[], bins: number): number[] {
  let largest = 1
  for (const { paddedSize } of partners) largest = Math.max(largest, paddedSize)
  const enough = Math.ceil((4 * largest) / bins)
  const bases: number[] = []
  for (let base = 1; base <= enough; base += Math.max(1, base >> 5)) bases.push(base)
  return bases
}

function nearby(base: number): number[] {
  const reach = base >> 5
  return Array.from({ length: 2 * reach + 1 }, (_, i) => base - reach + i)
}

/** The least factors that keep every load within the bound. */
function planWith(
  sizes: readonly PartnerSize[],
  bins: number,
  base: number,
): RoundPlan | undefined {
  const smallest = sizes.map(({ paddedSize }) => Math.max(1, Math.ceil(paddedSize / (bins * base))))
  let factors = smallest
  // More slots make the bound stricter, which may take more slots: stable after a few turns.
  for (let before = 0, total = sum(factors); total > before; ) {
    const load = maxLoad(total * base * bins, WINDOW)
    const room = load * bins * base
    factors = sizes.map(({ paddedSize }) => Math.max(1, Math.ceil(paddedSize / room)))
    before = total
    total = Math.max(total, sum(factors))
  }
  const partners = sizes.map(({ id, paddedSize }, i): PartnerPlan => {
    const factor = factors[i]!
    return { id, paddedSize, factor, slots: factor * base + WINDOW }
  })
  const rows = sum(partners.map(({ slots }) => slots))
  if (rows > MAX_ROWS) return undefined
  const binBits = 31 - Math.clz32(bins)
  const twice = twiceLog2(rows * bins)
  const keyBits = twice + 41
  if (keyBits > MAX_KEY_BITS) return undefined
  const width = keyBits - binBits
  // All of x: were fewer bits ordered, a partner that knows a key could enter another one with the same
  // order bits, which may come to stand between two equal ones and hide them.
  const orderBits = width
  return {
    bins,
    binBits,
    base,
    window: WINDOW,
    keyBits,
    width,
    orderBits,
    reportBits: 0,
    partners,
    rows,
  }
}

/** The least whole number that is at least 2·log2(n). */
function twiceLog2(n: number): number {
  let bits = 0
  for (let power = 1n; power < BigInt(n) * BigInt(n); power *= 2n) bits++
  return bits
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}

function check(partners: readonly PartnerSize[]): void {
  if (partners.length === 0) fail('BAD_PLAN', { at: 'partners' })
  const ids = new Set<string>()
  for (const [i, { id, paddedSize }] of partners.entries()) {
    if (ids.has(id)) fail('BAD_PLAN', { at: `partners/${i}/id` })
    ids.add(id)
    if (!Number.isSafeInteger(paddedSize) || paddedSize < 0 || paddedSize > 2 ** 31) {
      fail('BAD_PLAN', { at: `partners/${i}/paddedSize` })
    }
  }
}
