/**
 * npm run demo: four partners with real lists start their nodes, generate a key, run a round, check,
 * and verify each other's logs. It ends non-zero if anything is missing, extra or unverified.
 */

import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { endWithLauncher } from '@drempel/cli/internal/client/launcher'
import { makeWorkplace } from '@drempel/cli/internal/federation/workplace'
import { Command } from 'commander'
import type { FederationNode } from '../federation/index.ts'
import { folderPartners, npmPartners } from './partners.ts'
import { runDemo } from './run.ts'
import { number, Screen } from './screen.ts'
import { tables } from './tables.ts'

const program = new Command('demo')
  .description('A federation on this machine finds what at least two, and three, partners flag.')
  .option('--full', 'whole lists instead of one name in sixteen')
  .option('--lists <folder>', 'CSV files with a header "identifier", one partner each, whole')
  .option('--keep', 'leave the federation running until Ctrl-C')
  .option('--json', 'one JSON object as the last line')
  .addHelpText('after', '\nExample:\n  npm run demo -- --full')

const options = program.parse().opts<{
  full?: boolean
  lists?: string
  keep?: boolean
  json?: boolean
}>()

const screen = new Screen(options.json ? process.stderr : process.stdout)
const { directory } = await makeWorkplace(tmpdir(), 'demo')
const nodes: FederationNode[] = []

let ending: Promise<void> | undefined
/** Ends every process and deletes every key. Twice is once. */
function end(): Promise<void> {
  ending ??= (async () => {
    await Promise.allSettled(nodes.map((node) => node.stop()))
    await rm(directory, { recursive: true, force: true })
  })()
  return ending
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => {
    if (ending === undefined) screen.say('ending every node')
    end().finally(() => process.exit(code))
  })
}
endWithLauncher()

try {
  const partners = options.lists
    ? folderPartners(options.lists)
    : npmPartners(options.full === true)
  const { federation, report } = await runDemo(partners, {
    directory,
    screen,
    names: options.json !== true,
    onNode: (node) => void nodes.push(node),
  })
  screen.say()
  for (const table of tables(report)) screen.say(table)
  const { seconds } = report
  screen.say(
    `${number(report.distinct)} different names on ${partners.length} lists, ${seconds.total} s. ` +
      (report.ok
        ? 'Nothing missing, nothing extra, every log verified.'
        : 'SOMETHING IS WRONG: see the tables.'),
  )
  if (options.json) console.log(JSON.stringify(report))
  process.exitCode = report.ok ? 0 : 1
  if (options.keep) {
    const drempel = 'npm run --silent drempel --'
    screen.say(`\nThe federation keeps running; its homes are in ${directory}.`)
    for (const { id, home, member } of federation.nodes) {
      screen.say(`\n${id}:\n  ${drempel} status --home ${home}`)
      screen.say(`  curl -H "Authorization: Bearer $(cat ${home}/token)" \\`)
      screen.say(`    ${member.url}/api/v1/status`)
    }
    const [one, other] = [federation.nodes[0]!, federation.nodes.at(-1)!]
    const [terms] = federation.convenant.intersections!
    screen.say(
      `\n${one.id} and ${other.id} intersect their lists, one proposes, the other accepts:`,
    )
    screen.say(`  ${drempel} psi propose --with ${other.id} --purpose ${terms!.id} \\`)
    screen.say(`    --kind host --flags --to both --case Z-1 --home ${one.home}`)
    screen.say(`  ${drempel} psi list --home ${other.home}`)
    screen.say(`  ${drempel} psi accept ID --flags -o common.csv --home ${other.home}`)
    screen.say('\nCtrl-C ends it and deletes the homes.')
    await new Promise(() => setInterval(() => {}, 1 << 30))
  }
} catch (error) {
  if (ending === undefined) {
    screen.say(`The demo failed: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
} finally {
  await end()
}
