/**
 * What a round takes, by formula: what compute nodes send by the protocol's own plan, two group
 * elements a tag and key holder, and the processor times measured by `npm run bench`. What a round
 * really took is measured when nodes run it.
 */

import {
  computeBytes,
  paddedSize,
  planRound,
  type RoundRule,
  uploadBytes,
} from '@drempel/protocol/threshold'
import { itemsOf } from './items.ts'
import type { CountRule, Material, Rule } from './model.ts'
import type { ParameterValues } from './parameters.ts'
import { finalCounts } from './reference.ts'

export type Cost = {
  readonly partner: string
  readonly computes: boolean
  /** Of one round in which every flag is new. */
  readonly processorSeconds: number
  readonly bytesSent: number
  readonly euro: number
  /** A year of rounds and of running the node. */
  readonly euroYear: number
  /** Work on all that it may learn, once. */
  readonly euroStaff: number
}

const ELEMENT = 32

/** @param told per partner, of how many identifiers it may learn something */
export function costs(
  rule: Rule | CountRule,
  told: readonly number[],
  material: Material,
  values: ParameterValues,
): Cost[] | null {
  // A round takes three compute nodes.
  if (material.partners.length < 3) return null
  return trafficOf([rule], material).map(({ partner, computes, tags, gateBytes, bytesSent }, i) => {
    const processorSeconds =
      (tags * values.microsecondsPerTag) / 1e6 + (gateBytes / 1e9) * values.secondsPerGigabyte
    const euro =
      (processorSeconds / 3600) * values.euroPerCoreHour +
      (bytesSent / 1e9) * values.euroPerGigabyte
    return {
      partner,
      computes,
      processorSeconds,
      bytesSent,
      euro,
      euroYear: values.euroPerNodeYear + (euro * 365) / values.roundEveryDays,
      euroStaff: (told[i]! * values.minutesPerHit * values.euroPerStaffHour) / 60,
    }
  })
}

/** Of a round of such rules, of one kind and age: bytes that each partner sends. */
export function bytesOfRound(rules: readonly (Rule | CountRule)[], material: Material): number[] {
  return trafficOf(rules, material).map(({ bytesSent }) => bytesSent)
}

function trafficOf(rules: readonly (Rule | CountRule)[], material: Material) {
  const { partners } = material
  const sizes = listSizes(rules[0]!, material).map(paddedSize)
  // Rules that differ in who hears are one rule of the round.
  const byTerms = rules.map((rule): [string, RoundRule] => {
    const asked = roundRule(rule)
    return [JSON.stringify({ ...asked, id: '' }), asked]
  })
  const wanted = [...new Map(byTerms).values()]
  const counted = wanted.some(({ aggregates }) => aggregates?.from === 1)
  const reportBits = wanted.some(({ reports }) => reports !== undefined) ? 2 : counted ? 1 : 0
  const padded = partners.map(({ id }, i) => ({ id, paddedSize: sizes[i]! }))
  const plan = planRound(padded, reportBits)
  const computing = computeNodes(material)
  const quorum = Math.max(3, Math.floor(partners.length / 2) + 1)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const sectors = partners.map(({ sector }) => sector)
  const sentByNode = computeBytes(plan, wanted, sectors)
  return partners.map(({ id }, i) => {
    const computes = computing.has(i)
    const gateBytes = computes ? sentByNode : 0
    // Every asker evaluates with its own share and spreads the rest of the quorum evenly.
    const served = ((total - sizes[i]!) * (quorum - 1)) / (partners.length - 1)
    const blinded = sizes[i]! * (quorum - 1)
    const parties = ([0, 1, 2] as const).map((party) => uploadBytes(plan, i, party))
    const upload = parties.reduce((sum, bytes) => sum + bytes, 0)
    return {
      ...{ partner: id, computes, tags: sizes[i]! + served, gateBytes },
      bytesSent: Math.round((blinded + served) * ELEMENT + upload + gateBytes),
    }
  })
}

/** Of what would be in a round on the last day. */
function listSizes(rule: Rule | CountRule, material: Material): number[] {
  const sizes = material.partners.map(() => 0)
  for (const { item } of itemsOf(material, rule.kind)) {
    for (const [partner, count] of finalCounts(item, rule, material).entries()) {
      if (count > 0) sizes[partner]!++
    }
  }
  return sizes
}

function roundRule(rule: Rule | CountRule): RoundRule {
  if ('show' in rule) {
    const { id, show, minCell, from, upTo } = rule
    const first = from === 1 ? { from } : {}
    return { id, t: 2, output: 'aggregates', aggregates: { show, minCell, upTo, ...first } }
  }
  const { id, t, output, sectors, reports } = rule
  return {
    ...{ id, t, output },
    ...(sectors > 1 ? { minSectors: sectors } : {}),
    ...(reports > t ? { reports } : {}),
  }
}

/** The three that a drafted convenant names: of different sectors where possible. */
function computeNodes({ partners }: Material): ReadonlySet<number> {
  const order = partners.map((_, i) => i)
  const isFirst = (i: number) =>
    partners.findIndex(({ sector }) => sector === partners[i]!.sector) === i
  return new Set([...order.filter(isFirst), ...order.filter((i) => !isFirst(i))].slice(0, 3))
}
