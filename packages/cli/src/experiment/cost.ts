/**
 * What a round takes, by formula: gates from the protocol's own plan (one bit sent for each), two group
 * elements a tag and key holder, and the processor times measured by `npm run bench`. What a round
 * really took is measured when nodes run it.
 */

import { andCount, paddedSize, planRound, uploadBytes } from '@drempel/protocol/threshold'
import { itemsOf, type RuleFinding } from './evaluate.ts'
import type { Material } from './model.ts'
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

export function costs(
  finding: RuleFinding,
  material: Material,
  values: ParameterValues,
): Cost[] | null {
  const { rule, learns } = finding
  const { partners } = material
  // A round takes three compute nodes.
  if (partners.length < 3) return null
  const sizes = listSizes(rule, material).map(paddedSize)
  const plan = planRound(partners.map(({ id }, i) => ({ id, paddedSize: sizes[i]! })))
  const computing = computeNodes(material)
  const quorum = Math.max(3, Math.floor(partners.length / 2) + 1)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const gateBytes = andCount(plan) / 8
  return partners.map(({ id }, i) => {
    const computes = computing.has(i)
    // Every asker evaluates with its own share and spreads the rest of the quorum evenly.
    const served = ((total - sizes[i]!) * (quorum - 1)) / (partners.length - 1)
    const tags = sizes[i]! + served
    const asked = sizes[i]! * (quorum - 1)
    const parties = [0, 1, 2] as const
    const upload = parties.map((party) => uploadBytes(plan, i, party)).reduce((a, b) => a + b, 0)
    const bytesSent = Math.round((asked + served) * ELEMENT + upload + (computes ? gateBytes : 0))
    const processorSeconds =
      (tags * values.microsecondsPerTag) / 1e6 +
      (computes ? (gateBytes / 1e9) * values.secondsPerGigabyte : 0)
    const euro =
      (processorSeconds / 3600) * values.euroPerCoreHour +
      (bytesSent / 1e9) * values.euroPerGigabyte
    const { ownOver, others } = learns[i]!
    return {
      partner: id,
      computes,
      processorSeconds,
      bytesSent,
      euro,
      euroYear: values.euroPerNodeYear + (euro * 365) / values.roundEveryDays,
      euroStaff: ((ownOver + others) * values.minutesPerHit * values.euroPerStaffHour) / 60,
    }
  })
}

/** Of what would be in a round on the last day. */
export function listSizes(rule: RuleFinding['rule'], material: Material): number[] {
  const sizes = material.partners.map(() => 0)
  for (const { item } of itemsOf(material, rule.kind)) {
    for (const [partner, count] of finalCounts(item, rule, material).entries()) {
      if (count > 0) sizes[partner]!++
    }
  }
  return sizes
}

/** The three that a drafted convenant names: of different sectors where possible. */
function computeNodes({ partners }: Material): ReadonlySet<number> {
  const order = partners.map((_, i) => i)
  const isFirst = (i: number) =>
    partners.findIndex(({ sector }) => sector === partners[i]!.sector) === i
  return new Set([...order.filter(isFirst), ...order.filter((i) => !isFirst(i))].slice(0, 3))
}
