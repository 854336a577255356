/**
 * npm run bench -- SUITE [--quick] [--json]
 *
 * Progress goes to standard error. It exits with 1 when something computed wrongly, 2 when it was
 * called wrongly; a goal that is not met is a figure, no failure.
 */

import { readCommand, type SuiteName, USAGE } from './arguments.ts'
import { check } from './check/suite.ts'
import { group } from './group/suite.ts'
import { growth } from './growth/suite.ts'
import { jsonLine, load, machine, table } from './harness/report.ts'
import type { Result } from './harness/results.ts'
import type { Suite } from './harness/suite.ts'
import { log } from './log/suite.ts'
import { oprf } from './oprf/suite.ts'
import { writePlots } from './plots/write.ts'
import { psi } from './psi/suite.ts'
import { round } from './round/suite.ts'
import { tagging } from './tagging/suite.ts'

const SUITES: Readonly<Record<SuiteName, Suite>> = {
  group,
  oprf,
  round,
  check,
  log,
  tagging,
  growth,
  psi,
}

const command = readCommand(process.argv.slice(2))
if (command === undefined || command === 'help') {
  console.error(USAGE)
  process.exit(command === 'help' ? 0 : 2)
}

// Exits through the handlers of 'exit', which delete what lies on disk; children see their channel end.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => process.exit(code))
}

const { suites, mode, json, plots, custom, large } = command
const begin = performance.now()
const say = (text: string) => {
  const seconds = (performance.now() - begin) / 1000
  console.error(`${seconds.toFixed(1).padStart(6)} s  ${text}`)
}
const before = load()
const results: Result[] = []
for (const name of suites) {
  const own = custom === undefined ? {} : { custom }
  results.push(...(await SUITES[name]({ mode, say, large, ...own })))
}
const on = machine(before)
if (plots !== undefined) say(`plots: ${writePlots(plots, results).join(', ') || 'none'}`)
say('done')
const print = json ? console.error : console.log
print(`\n${table(on, results)}`)
if (json) console.log(jsonLine(on, results))
