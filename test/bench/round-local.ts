/**
 * Times one round with three nodes in this process, over in-memory links.
 *
 *   node --conditions=drempel-src test/bench/round-local.ts [--t 2] [--overlap 0.1] SIZE SIZE SIZE ...
 *
 * Sizes are the partners' lists; `overlap` of each list comes from a pool that all share. Prints the
 * seconds of each phase (and the processor time of computing, all three nodes), the payload per node and the peak of memory.
 */

import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { utf8 } from '@drempel/protocol/encoding'
import {
  computeRound,
  planRound,
  prepareList,
  type RoundInputs,
  readUpload,
  shareList,
} from '@drempel/protocol/threshold'
import { aesCtr, seededBytes, seededInts } from '../protocol/worlds/ciphers.ts'
import { threeResults } from '../protocol/worlds/three.ts'

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    t: { type: 'string', default: '2' },
    overlap: { type: 'string', default: '0.1' },
    output: { type: 'string', default: 'list' },
  },
})
const sizes = positionals.length === 0 ? [100_000, 100_000, 100_000] : positionals.map(Number)
const t = Number(args.t)
const output = args.output === 'owners' ? 'owners' : 'list'

const below = seededInts('bench')
const lists = sizes.map((size, partner) => {
  const values = new Set<string>()
  for (let i = 0; values.size < size; i++) {
    const shared = below(1000) < 1000 * Number(args.overlap)
    values.add(shared ? `shared${below(2 * size)}` : `own${partner}.${i}`)
  }
  return [...values]
})
const counts = new Map<string, number>()
for (const list of lists) for (const value of list) counts.set(value, (counts.get(value) ?? 0) + 1)
const expected = [...counts.values()].filter((count) => count >= t).length

const clock = { last: performance.now() }
function seconds(): number {
  const now = performance.now()
  const passed = (now - clock.last) / 1000
  clock.last = now
  return Number(passed.toFixed(2))
}

const plan = planRound(sizes.map((paddedSize, i) => ({ id: `partner${i}`, paddedSize })))
const planned = seconds()
const salt = createHash('sha256').update('bench').digest()
const prepared = lists.map((list, i) =>
  prepareList(plan, i, salt, list.map(utf8), seededBytes(`prepare${i}`)),
)
const preparing = seconds()
const uploads = prepared.map((list, i) => shareList(plan, list, seededBytes(`share${i}`), aesCtr))
const sharing = seconds()
const inputs = ([0, 1, 2] as const).map(
  (party): RoundInputs =>
    new Map(uploads.map((parts, i) => [i, readUpload(plan, i, party, parts[party])] as const)),
)
const reading = seconds()
const cpuBefore = process.cpuUsage()
const rules = [{ id: 'rule', t, output } as const]
const results = await threeResults({ seed: 'bench' }, (ctx) =>
  computeRound(ctx, utf8('bench'), plan, rules, inputs[ctx.party]!, { minContributors: 1 }),
)
const computing = seconds()
const cpu = process.cpuUsage(cpuBefore)

const { stats, lists: opened } = results[0]
const total = sizes.reduce((sum, size) => sum + size, 0)
console.log(
  JSON.stringify(
    {
      sizes,
      t,
      output,
      records: total,
      rows: plan.rows * plan.bins,
      keyBits: plan.keyBits,
      seconds: { planned, preparing, sharing, reading, computing },
      computingCpuSeconds: Number(((cpu.user + cpu.system) / 1e6).toFixed(2)),
      andsPerRecord: Math.round(stats.ands / total),
      megabytesSentPerNode: Number((stats.bytesSent / 1e6).toFixed(1)),
      rounds: stats.rounds,
      peakMegabytesAllThree: Math.round(process.resourceUsage().maxRSS / 1024),
      over: output === 'list' ? opened.get('rule')!.length : 'owners',
      expected,
    },
    null,
    2,
  ),
)
