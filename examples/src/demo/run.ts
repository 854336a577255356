/** The demo's phases, from an empty folder to verified logs. */

import { readFile } from 'node:fs/promises'
import { type Flag, MAX_FLAGS, type Round } from '@drempel/protocol/api'
import { base64, utf8 } from '@drempel/protocol/encoding'
import {
  ApiError,
  Federation,
  type FederationNode,
  type Question,
  type VerifiedLog,
  verifyLogs,
  verifyOwnReceipt,
} from '../federation/index.ts'
import { compare, countInTheClear } from './clear.ts'
import type { DemoPartner } from './partners.ts'
import { type CheckReport, type DemoReport, isOk } from './report.ts'
import { bar, number, type Screen } from './screen.ts'

const KIND = 'host'
const INVESTIGATION = 'fraude-onderzoek'
/** Only the template's banks may ask for this. */
const ONBOARDING = 'klantacceptatie'

export type DemoOptions = {
  /** Empty; the nodes' homes go there. */
  readonly directory: string
  readonly screen: Screen
  /** Show what is asked. Off where the output is kept. */
  readonly names: boolean
  /** Told of each node before it runs. */
  readonly onNode: (node: FederationNode) => void
}

export type DemoRun = { readonly federation: Federation; readonly report: DemoReport }

export async function runDemo(
  partners: readonly DemoPartner[],
  { directory, screen, names, onNode }: DemoOptions,
): Promise<DemoRun> {
  const watch = new Stopwatch()
  watch.lap('lists')
  screen.phase(`${partners.length} partners start their nodes and sign a convenant`)
  const largest = Math.max(...partners.map(({ list }) => list.length))
  const federation = await Federation.create({
    partners: partners.map(({ id, name, sector }) => ({ id, name, sector })),
    directory,
    convenant: { id: 'demo', listCap: Math.max(1_000, largest), intersections: true },
    onNode,
    onProgress: ({ en }) => screen.progress(en),
  })
  const { computeNodes, keyHolders, rules } = federation.convenant
  screen.phase(`compute nodes: ${computeNodes.join(', ')}`)
  watch.lap('start')

  await importLists(federation, partners, screen)
  watch.lap('import')

  const { quorum, members } = keyHolders
  screen.phase(`a key is generated in ${members.length} shares, any ${quorum} of which suffice`)
  await federation.coordinator.api.generateKey(KIND)
  watch.lap('keys')

  const round = await runRound(federation, screen, watch)
  const counts = countInTheClear(partners)
  screen.phase('each partner looks up its own flags; the demo compares with the clear')
  const ids = rules.map(({ id }) => id)
  const total = partners.reduce((sum, { canonical }) => sum + canonical.size, 0)
  let looked = 0
  const onPage = () => {
    looked += MAX_FLAGS
    screen.progress(`${bar(looked, total)} looked up`)
  }
  const own = await Promise.all(federation.nodes.map(({ api }) => api.flagsOver(KIND, ids, onPage)))
  const compared = rules.map(({ id, t }) => {
    const answers = own.map((flags) => namesOver(flags, id))
    const published = round.lists?.find(({ rule }) => rule === id)?.size ?? 0
    return { answers, rule: { rule: id, published, ...compare(t, counts, partners, answers) } }
  })
  watch.lap('compare')

  screen.phase('checks, each proven by a receipt')
  const asked = await ask(federation, partners, counts, (asker, name, purpose) => {
    if (names) screen.say(`          ${asker} asks about ${name}, for ${purpose}`)
  })
  watch.lap('checks')

  screen.phase('all logs are verified from their tiles, under the keys in the convenant')
  const logs = await Promise.all(federation.nodes.map((node) => auditNode(federation, node)))
  const checks = asked.map((check) => ({ ...check, proven: check.prove(logs) }))
  watch.lap('logs')

  const results = {
    sizes: partners.map(({ id, sector, source, list, canonical }, i) => ({
      node: id,
      sector,
      source,
      entries: list.length,
      flags: canonical.size,
      over: compared.map(({ answers, rule: { t } }) => ({
        t,
        flags: answers[i]!.size,
      })),
    })),
    distinct: counts.size,
    rules: compared.map(({ rule }) => rule),
    checks: checks.map(({ prove: _, ...check }): CheckReport => check),
    logs: logs.map(({ node, logs: found, verified }) => ({
      node,
      size: found.reduce((sum, { size }) => sum + size, 0),
      verified,
    })),
    seconds: watch.seconds(),
    peakMiB: await peakMemory(federation.nodes),
  }
  return { federation, report: { ok: isOk(results), ...results } }
}

async function importLists(
  federation: Federation,
  partners: readonly DemoPartner[],
  screen: Screen,
): Promise<void> {
  const total = partners.reduce((sum, { list }) => sum + list.length, 0)
  screen.phase(`each partner imports its own list; ${number(total)} entries in all`)
  const done = new Map<string, number>()
  await Promise.all(
    partners.map(async ({ id, list, canonical }) => {
      const { active, rejected } = await federation.node(id).api.importFlags(KIND, list, {
        onProgress: (count) => {
          done.set(id, count)
          const sum = [...done.values()].reduce((a, b) => a + b, 0)
          screen.progress(`${bar(sum, total)} imported`)
        },
      })
      for (const { code } of rejected) screen.say(`          ${id} rejects an entry: ${code}`)
      if (active !== canonical.size) throw new Error(`${id} has ${active} flags, not its list`)
    }),
  )
}

async function runRound(federation: Federation, screen: Screen, watch: Stopwatch): Promise<Round> {
  screen.phase('a round: every partner has its flags tagged by the key holders, then shares them')
  let computing = false
  const round = await federation.runRound(KIND, (views) => {
    const lead = views.get(federation.coordinator.id)
    if (!computing && (lead?.state === 'computing' || lead?.state === 'opening')) {
      computing = true
      watch.lap('tagging')
      screen.phase('the three compute nodes find what is over the threshold, on shares alone')
    }
    screen.progress(computing ? progressOf(lead) : taggingOf(views))
  })
  watch.lap('computing')
  if (round.state !== 'published') {
    throw new Error(`the round failed: ${round.reason} ${round.culprit ?? ''}`.trim())
  }
  return round
}

function progressOf(view: Round | undefined): string {
  const { step = '', done, total } = view ?? {}
  return done === undefined || total === undefined ? step : `${bar(done, total)} ${step}`
}

function taggingOf(views: ReadonlyMap<string, Round>): string {
  const parts = [...views].map(([id, { step, done, total }]) => {
    const share = total ? ` ${Math.floor((100 * (done ?? 0)) / total)} %` : ''
    return `${id} ${step ?? ''}${step === 'tagging' ? share : ''}`
  })
  return parts.join(', ')
}

function namesOver(flags: readonly Flag[], rule: string): ReadonlySet<string> {
  return new Set(flags.filter(({ rules }) => rules?.includes(rule)).map(({ value }) => value))
}

type Asked = Omit<CheckReport, 'proven'> & {
  readonly prove: (logs: readonly NodeLogs[]) => boolean
}

/** One check of a name that is over, one of a name that is not, one for a purpose of others. */
async function ask(
  federation: Federation,
  partners: readonly DemoPartner[],
  counts: ReadonlyMap<string, number>,
  show: (asker: string, name: string, purpose: string) => void,
): Promise<Asked[]> {
  const rule = federation.convenant.rules[0]!
  const asker = partners[0]!
  // Names that the asker does not have itself: those are the answers that it takes part for.
  const unknown = [...counts].filter(([name]) => !asker.canonical.has(name))
  const over = unknown.find(([, count]) => count >= rule.t) ?? [...counts][0]!
  const below = unknown.find(([, count]) => count < rule.t) ?? [...counts][0]!
  const { purposes } = federation.convenant
  const mayNot = purposes.find(({ id }) => id === ONBOARDING)
  const other = partners.findLast(({ id }) => mayNot && !mayNot.askers.includes(id))
  const asked = []
  for (const [name, count] of [over, below]) {
    const expected = count >= rule.t ? 'over' : 'not-over'
    show(asker.id, name, INVESTIGATION)
    asked.push(await askOne(federation, asker.id, INVESTIGATION, rule.id, name, expected))
  }
  if (other !== undefined) {
    const refusal = 'ASKER_NOT_ALLOWED'
    show(other.id, over[0], ONBOARDING)
    asked.push(await askOne(federation, other.id, ONBOARDING, rule.id, over[0], refusal))
  }
  return asked
}

async function askOne(
  federation: Federation,
  asker: string,
  purpose: string,
  rule: string,
  value: string,
  expected: string,
): Promise<Asked> {
  const question: Question = { kind: KIND, purpose, rule }
  const about = { asker, purpose, rule, expected }
  try {
    const { answer, receipt } = await federation.node(asker).api.check({ ...question, value })
    const leaf = verifyOwnReceipt(federation.convenant, asker, receipt.proof)
    const proven = base64(utf8(leaf)) === receipt.leaf && isResult(leaf, receipt.txid)
    return { ...about, answer, prove: () => proven }
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== 'REFUSED') throw error
    const reason = error.problem.at ?? ''
    return { ...about, answer: reason, prove: (logs) => isRefused(logs, asker, purpose, reason) }
  }
}

function isResult(leaf: string, txid: string): boolean {
  const event = JSON.parse(leaf) as Record<string, unknown>
  return event.type === 'query.result' && event.txid === txid && event.status === 'answered'
}

/** A refusal is an answer: it stands in the log of who asked. */
function isRefused(
  all: readonly NodeLogs[],
  asker: string,
  purpose: string,
  reason: string,
): boolean {
  const leaves = all.find(({ node }) => node === asker)?.logs.flatMap((log) => log.leaves) ?? []
  const events = leaves.map((leaf) => JSON.parse(leaf) as Record<string, unknown>)
  return events.some(
    (event) =>
      event.type === 'query.refused' && event.purpose === purpose && event.reason === reason,
  )
}

type NodeLogs = {
  readonly node: string
  readonly logs: readonly VerifiedLog[]
  readonly verified: boolean
}

async function auditNode({ convenant }: Federation, { id, api }: FederationNode) {
  try {
    const logs = await verifyLogs(api, convenant, id)
    return { node: id, logs, verified: logs.length > 0 && logs.every(({ size }) => size > 0) }
  } catch {
    return { node: id, logs: [], verified: false }
  }
}

/** From /proc, where there is one. */
async function peakMemory(nodes: readonly FederationNode[]): Promise<Record<string, number>> {
  const peaks: [string, number][] = []
  for (const { id, pid } of nodes) {
    try {
      const text = await readFile(`/proc/${pid}/status`, 'utf8')
      const kib = /^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]
      if (kib !== undefined) peaks.push([id, Math.round(Number(kib) / 1024)])
    } catch {
      return {}
    }
  }
  return Object.fromEntries(peaks)
}

/** From the start of the process, loading of code and lists included. */
class Stopwatch {
  readonly #laps: Record<string, number> = {}
  #last = 0

  lap(name: string): void {
    const now = performance.now()
    this.#laps[name] = round(now - this.#last)
    this.#last = now
  }

  seconds(): Record<string, number> {
    return { ...this.#laps, total: round(performance.now()) }
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100
}
