/** The demo's results, for reading. */

import Table from 'cli-table3'
import type { DemoReport } from './report.ts'
import { number } from './screen.ts'

export function tables(report: DemoReport): string[] {
  return [partners(report), thresholds(report), checks(report), logs(report)]
}

function partners({ sizes, rules }: DemoReport): string {
  return table(
    ['partner', 'sector', 'its list', 'flags', ...rules.map(({ t }) => `own, over t = ${t}`)],
    sizes.map(({ node, sector, source, flags, over }) => [
      node,
      sector,
      source,
      number(flags),
      ...over.map((entry) => number(entry.flags)),
    ]),
    3,
  )
}

function thresholds({ rules }: DemoReport): string {
  return table(
    ['rule', 'threshold list', 'in the clear', 'found', 'missing', 'extra'],
    rules.map(({ t, published, expected, found, missing, extra }) => [
      `flagged by at least ${t}`,
      ...[published, expected, found, missing, extra].map(number),
    ]),
    1,
  )
}

function checks({ checks }: DemoReport): string {
  return table(
    ['asker', 'purpose', 'rule', 'answer', 'as expected', 'proof'],
    checks.map(({ asker, purpose, rule, answer, expected, proven }) => [
      asker,
      purpose,
      rule,
      answer,
      answer === expected ? 'yes' : `NO: ${expected}`,
      proven ? 'holds' : 'FAILS',
    ]),
  )
}

function logs({ logs, peakMiB }: DemoReport): string {
  return table(
    ['log of', 'entries', 'verified offline', 'peak memory'],
    logs.map(({ node, size, verified }) => [
      node,
      number(size),
      verified ? 'yes' : 'NO',
      peakMiB[node] === undefined ? '' : `${peakMiB[node]} MiB`,
    ]),
  )
}

/** @param numbers columns from this one on are aligned to the right */
function table(head: string[], rows: string[][], numbers = head.length): string {
  const colAligns = head.map((_, i) => (i < numbers ? ('left' as const) : ('right' as const)))
  const built = new Table({ head, colAligns, style: { head: [], border: [] } })
  built.push(...rows)
  return built.toString()
}
