/**
 * One member's rehearsal at its own node: begins it, loads the made-up flags, lets rounds run, asks,
 * withdraws, reads the log, and erases all of it. Waits for the other members between the parts and
 * talks to none of them; whoever ran it before goes on where that ended. Nothing is asked or loaded
 * that is not made up.
 */

import {
  convenantResponse,
  importFinishRequest,
  importFinishResponse,
  importRequest,
  importResponse,
  REHEARSAL_STEPS,
  type RehearsalStep,
  type RehearsalView,
  rehearsalBegin,
  rehearsalEnd,
  rehearsalEnded,
  rehearsal as rehearsalSchema,
  rehearsalStep,
  rehearsalView,
  status as statusSchema,
  withdrawRequest,
  withdrawResponse,
} from '@drempel/protocol/api'
import {
  type Convenant,
  convenantDigest,
  parseSignedConvenant,
  verifyConvenant,
} from '@drempel/protocol/convenant'
import { type Clock, hex } from '@drempel/protocol/encoding'
import type { NodeClient } from '../../client/node.ts'
import type { Lang, Text } from '../../output/language.ts'
import { askAll, askSubject } from './ask.ts'
import { compareLogs } from './compare.ts'
import { type Findings, findings } from './findings.ts'
import { intersectAll } from './intersect.ts'
import { readLog } from './log.ts'
import { meetAll } from './meet.ts'
import { isLate, pause } from './patience.ts'
import { activeMembers, type Plan, planOf } from './plan.ts'
import { compareRounds, runRounds } from './rounds.ts'
import type { Sheet } from './sheet.ts'

export type Setting = {
  readonly word: string
  /** For the other members, all in all. */
  readonly waitMs: number
  readonly pollMs: number
  readonly clock: Clock
  readonly lang: Lang
  /** Ends the waiting of all nodes when one of them can't go on. */
  readonly signal: AbortSignal
  /** Aborted when one of these nodes is as far as it comes, short of the end: the others need not wait. */
  readonly alone: AbortSignal
  /** Told what is done now. */
  readonly onStep: (member: string, step: Text) => void
}

/** One member's rehearsal while it runs. */
export type Part = {
  readonly node: NodeClient
  readonly setting: Setting
  readonly self: string
  readonly convenant: Convenant
  readonly plan: Plan
  /** When the rehearsal began at this node, by its clock. */
  readonly since: number
  /** How far it was here when the command was given. */
  readonly step: RehearsalStep
  readonly found: Findings
  /** When waiting for others ends. */
  readonly deadline: number
  readonly tell: (step: Text) => void
}

/** @throws NodeProblem, ProtocolError: where nothing of a rehearsal could begin */
export async function rehearse(node: NodeClient, setting: Setting): Promise<Sheet> {
  const began = new Date(setting.clock()).toISOString()
  const { member, software } = await node.get('status', statusSchema)
  // Before it begins, so that nothing does where there is no plan.
  planOf(await convenantOf(node), setting.word)
  const begun = await begin(node, setting.word)
  // A version may have come into force before it began; from then on none can.
  const convenant = await convenantOf(node)
  const plan = planOf(convenant, setting.word)
  const part: Part = {
    ...{ node, setting, self: member, convenant, plan },
    ...{ since: Date.parse(begun.since), step: begun.step },
    found: findings(),
    deadline: setting.clock() + setting.waitMs,
    tell: (step) => setting.onStep(member, step),
  }
  const whole = await parts(part)
  const open = !(await clean(part, whole))
  return {
    format: 'drempel-rehearsal/1',
    member,
    convenant: {
      id: convenant.id,
      version: convenant.version,
      digest: hex(convenantDigest(convenant)),
    },
    ...{ word: setting.word, digest: plan.digest, software, began },
    ended: new Date(setting.clock()).toISOString(),
    open,
    members: activeMembers(convenant),
    items: part.found.sorted(),
  }
}

async function convenantOf(node: NodeClient): Promise<Convenant> {
  const { convenant: document } = await node.get('convenant', convenantResponse)
  const signed = parseSignedConvenant(document)
  verifyConvenant(signed)
  return signed.convenant
}

function begin(node: NodeClient, word: string) {
  return node.send('POST', 'rehearsal', [rehearsalBegin, { word }], rehearsalSchema)
}

/** Before any of several nodes begins. @throws NodeProblem of the first that can't, in its own words */
export async function refuseInUse(nodes: readonly NodeClient[], word: string): Promise<void> {
  const views = await Promise.all(nodes.map((node) => node.get('rehearsal', rehearsalView)))
  const used = nodes.find((_, i) => views[i]!.inUse)
  if (used !== undefined) await begin(used, word)
}

/** True when every part was reached, whatever was found. */
async function parts(part: Part): Promise<boolean> {
  const { found, tell } = part
  const met = await meetAll(part)
  // Here too every part was reached, in an earlier run.
  if (met !== 'all') return met === 'over'
  tell({ nl: 'verzonnen meldingen laden', en: 'loading made-up flags' })
  await load(part)
  if (!(await together(part, 'loaded'))) return false
  if (!(await runRounds(part, 1))) return false
  await compareRounds(part)
  tell({ nl: 'vragen stellen', en: 'asking' })
  const asked = await askAll(part)
  await askSubject(part)
  if (!(await together(part, 'asked'))) return false
  await intersectAll(part)
  const again = part.plan.kinds.filter(({ withdrawal }) => withdrawal !== null)
  if (again.length === 0) found.add({ check: 'recall', state: 'absent' })
  else {
    await withdraw(part)
    if (!(await together(part, 'withdrawn'))) return false
    if (!(await runRounds(part, 2))) return false
    await compareRounds(part)
    await asked.recalled()
  }
  if (!(await together(part, 'settled'))) return false
  await readLog(part)
  await compareLogs(part)
  return together(part, 'done')
}

async function load({ node, plan, self, found }: Part): Promise<void> {
  for (const { kind, flagged, withdrawal } of plan.kinds) {
    const own = flagged.filter(({ reports }) => reports.has(self))
    const rows = own.map(({ value, reports }, row) => ({ row, value, reports: reports.get(self)! }))
    const id = { kind, import: `rehearsal-${plan.digest.slice(0, 16)}` }
    await found.attempt({ check: 'import', about: kind }, async () => {
      const { rejected } = await node.send(
        'POST',
        'flags/import',
        [importRequest, { ...id, rows }],
        importResponse,
      )
      const finish = { ...id, replace: false }
      const { active } = await node.send(
        'POST',
        'flags/import/finish',
        [importFinishRequest, finish],
        importFinishResponse,
      )
      // In a rehearsal that goes on, the one flag may have been withdrawn.
      const least = rows.length - (withdrawal?.member === self ? 1 : 0)
      return rejected.length === 0 && active >= least && active <= rows.length
        ? undefined
        : 'IMPORT_DIFFERS'
    })
  }
}

async function withdraw({ node, plan, self, tell }: Part): Promise<void> {
  for (const { kind, withdrawal } of plan.kinds) {
    if (withdrawal?.member !== self) continue
    tell({ nl: `een melding intrekken: ${kind}`, en: `withdrawing a flag: ${kind}` })
    const request = { kind, values: [withdrawal.value], reason: 'retracted' as const }
    await node.send('POST', 'flags/withdraw', [withdrawRequest, request], withdrawResponse)
  }
}

/** Tells the others that this node is so far, and waits until they are. */
export async function together(part: Part, step: RehearsalStep): Promise<boolean> {
  const { node, setting, found, tell } = part
  // One that goes on stays as far as it was.
  await node.send('POST', 'rehearsal/step', [rehearsalStep, { step }], rehearsalSchema)
  let told = ''
  for (;;) {
    const view = await node.get('rehearsal', rehearsalView)
    const late = lagging(part, view, step)
    if (late.length === 0) return true
    if (isLate(part)) {
      for (const about of late) found.add({ check: 'ready', about, state: 'waiting', code: 'LATE' })
      return false
    }
    const names = late.join(', ')
    if (names !== told) tell({ nl: `wacht op ${names}`, en: `waiting for ${names}` })
    told = names
    await pause(setting)
  }
}

function isFurther(step: RehearsalStep, than: RehearsalStep): boolean {
  return REHEARSAL_STEPS.indexOf(step) > REHEARSAL_STEPS.indexOf(than)
}

function lagging(
  { plan, convenant }: Pick<Part, 'plan' | 'convenant'>,
  { peers }: RehearsalView,
  step: RehearsalStep,
): string[] {
  const members = new Set(activeMembers(convenant))
  return peers.flatMap(({ member, convenant: digest, rehearsal }) => {
    // Who is done erases everything, and is back under the convenant itself.
    if (step === 'done' && rehearsal === null && digest !== null) return []
    const there = rehearsal?.digest === plan.digest && !isFurther(step, rehearsal.step)
    return there || !members.has(member) ? [] : [member]
  })
}

/** Erases it all where every part was reached; else it stays, so that the same command goes on. */
async function clean({ node, found, tell }: Part, whole: boolean): Promise<boolean> {
  if (!whole) {
    found.add({ check: 'clean', state: 'waiting', code: 'REHEARSING' })
    return false
  }
  tell({ nl: 'opruimen', en: 'cleaning up' })
  return found.attempt({ check: 'clean' }, () => endRehearsal(node))
}

/** @returns a code where something was left */
export async function endRehearsal(node: NodeClient): Promise<string | undefined> {
  // The node's own word of that moment: what is real may come in right after it.
  const { clean: whole } = await node.send(
    'POST',
    'rehearsal/end',
    [rehearsalEnd, {}],
    rehearsalEnded,
  )
  return whole ? undefined : 'NODE_IN_USE'
}
