/**
 * Keys and rounds of a rehearsal. The first compute node starts the rounds, as it would by schedule;
 * it makes the keys too where it holds a share, else the first holder does. The others look on.
 */

import {
  epoch as epochSchema,
  epochs as epochsSchema,
  flagPage,
  MAX_FLAGS,
  type Round,
  round as roundSchema,
  rounds as roundsSchema,
  startRequest,
} from '@drempel/protocol/api'
import { memberOf } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { NodeProblem } from '../../output/explain.ts'
import { reasonOf } from './findings.ts'
import { isLate, pause, twice } from './patience.ts'
import { expectedOver, type KindPlan, rulesOf } from './plan.ts'
import type { Part } from './run.ts'

/** A coordinator that failed tries once more; then a failed round is what was found. */
const ATTEMPTS = 2
const RETRY_MS = 15_000

/** @param pass the how manieth published round of each kind @returns whether all were published */
export async function runRounds(part: Part, pass: number): Promise<boolean> {
  const kinds = part.plan.kinds.filter(({ withdrawal }) => pass === 1 || withdrawal !== null)
  const names = kinds.map(({ kind }) => kind).join(', ')
  part.tell({ nl: `sleutels en rondes: ${names}`, en: `keys and rounds: ${names}` })
  const ran = kinds.map(
    async ({ kind }) => (await prepareKey(part, kind, pass)) && runRound(part, kind, pass),
  )
  return (await Promise.all(ran)).every(Boolean)
}

function leaders({ convenant }: Part) {
  const { computeNodes, keyHolders } = convenant
  const [coordinator] = computeNodes
  const holds = keyHolders.members.includes(coordinator!)
  return { coordinator, keys: holds ? coordinator : keyHolders.members[0] }
}

async function prepareKey(part: Part, kind: IdentifierKind, pass: number): Promise<boolean> {
  const { node, convenant, found, self } = part
  const about = { check: 'key', about: kind } as const
  if (rulesOf(convenant, kind).every(({ keys }) => keys === 'plain')) {
    found.add({ ...about, state: 'absent' })
    return true
  }
  const oneRound = convenant.round.keyEpochDays === 'round'
  // Of keys that last one round, one that no published round has used. Rounds are looked at first: one
  // that is published after that look is this pass's own, under the key that is found.
  const usable = async () => {
    const rounds = await publishedRounds(part, kind)
    if (rounds.length >= pass) return true
    const used = oneRound ? Date.parse(rounds[0]?.createdAt ?? '') : Number.NaN
    const { epochs } = await node.get('keys', epochsSchema)
    return epochs.some((epoch) => epoch.kind === kind && !(Date.parse(epoch.createdAt) <= used))
  }
  if (leaders(part).keys === self) {
    const make = async () => {
      if (!(await usable())) await node.send('POST', 'keys', [startRequest, { kind }], epochSchema)
    }
    return found.attempt(about, async () => {
      await twice(part, make)
      return undefined
    })
  }
  if (await until(part, usable)) {
    found.add({ ...about, state: 'passed' })
    return true
  }
  found.add({ ...about, state: 'waiting', code: 'NO_KEY', culprit: leaders(part).keys! })
  return false
}

async function runRound(part: Part, kind: IdentifierKind, pass: number): Promise<boolean> {
  const { node, found, convenant, self } = part
  const leads = leaders(part).coordinator === self
  // A call that failed may have begun one, which is published by the time of the next.
  const start = async () => {
    if ((await publishedRounds(part, kind)).length >= pass) return
    await node.send('POST', 'rounds', [startRequest, { kind }], roundSchema)
  }
  let attempts = 0
  let last: Pick<Round, 'state' | 'reason' | 'culprit'> | undefined
  const ended = await until(part, async () => {
    // Looked at once: between two looks the round may be published, and another would be started.
    const rounds = await roundsOf(part, kind)
    if (published(rounds).length >= pass) return true
    const [latest] = rounds
    if (latest !== undefined && latest.state !== 'failed' && latest.state !== 'published')
      return false
    last = latest
    if (!leads) {
      const failed = latest?.state === 'failed'
      return failed && part.setting.clock() - Date.parse(latest.updatedAt) > RETRY_MS
    }
    if (attempts++ === ATTEMPTS) return true
    try {
      await twice(part, start)
    } catch (error) {
      if (!(error instanceof NodeProblem)) throw error
      const { code, culprit } = reasonOf(error)
      last = { state: 'failed', reason: code, culprit }
    }
    return false
  })
  if (ended && (await publishedRounds(part, kind)).length >= pass) return true
  const failed = last?.state === 'failed'
  for (const { id } of rulesOf(convenant, kind)) {
    found.add({
      ...{ check: 'round', about: id, state: failed ? 'failed' : 'waiting' },
      code: (failed ? last?.reason : undefined) ?? 'NO_LIST',
      ...(failed && last?.culprit !== undefined && memberOf(convenant, last.culprit)
        ? { culprit: last.culprit }
        : {}),
    })
  }
  return false
}

/** Whether what the last rounds found is what the plan says; the second follows the withdrawal. */
export async function compareRounds(part: Part): Promise<void> {
  const { convenant, plan, found } = part
  for (const kind of plan.kinds) {
    const rounds = await publishedRounds(part, kind.kind)
    const [round, withdrawn] = [rounds[0], rounds.length > 1]
    for (const rule of rulesOf(convenant, kind.kind)) {
      await found.attempt({ check: 'round', about: rule.id }, async () => {
        if (round === undefined) return 'NO_LIST'
        if ((round.leftOut ?? []).length > 0) return 'MEMBER_LEFT_OUT'
        const over = expectedOver(convenant, kind, rule, withdrawn)
        const list = round.lists?.find((one) => one.rule === rule.id)
        if (rule.aggregates !== undefined)
          return countsDiffer(kind, rule.aggregates, list?.aggregates)
        if (rule.output === 'list' && list?.size !== over.size) return 'OUTCOME_DIFFERS'
        const held = rule.output === 'owners' || isHeld(rule.consumers, part.self)
        return held && !(await ownAgree(part, kind, rule.id, over)) ? 'OUTCOME_DIFFERS' : undefined
      })
    }
  }
}

function isHeld(consumers: 'all' | readonly string[], self: string): boolean {
  return consumers === 'all' || consumers.includes(self)
}

/** Which of this member's own flags its node says are over the threshold. */
async function ownAgree(
  { node, self }: Part,
  { kind, flagged }: KindPlan,
  rule: string,
  over: ReadonlySet<string>,
): Promise<boolean> {
  const mine = flagged.flatMap(({ value, reports }) => (reports.has(self) ? [value] : []))
  const told = new Set<string>()
  for (let after: number | null = 0; after !== null; ) {
    const query = { kind, rule, only: 'over', state: 'active', limit: MAX_FLAGS, after }
    const page: { flags: { value: string }[]; next: number | null } = await node.get(
      'flags',
      flagPage,
      { query },
    )
    for (const { value } of page.flags) told.add(value)
    after = page.next
  }
  const expected = mine.filter((value) => over.has(value))
  const gone = new Set(mine.filter((value) => !over.has(value)))
  // A flag that was withdrawn itself is not among those asked for.
  return expected.every((value) => told.has(value)) && [...told].every((value) => !gone.has(value))
}

/** No count below the least cell is open, and one that is open is about right. */
function countsDiffer(
  { flagged }: KindPlan,
  { minCell }: { readonly minCell: number },
  told: { readonly histogram: readonly (number | null)[] } | undefined,
): string | undefined {
  if (told === undefined) return 'NO_LIST'
  const last = told.histogram.length - 1
  const differs = told.histogram.some((count, i) => {
    const held = flagged.filter(({ reports }) =>
      i === last ? reports.size >= i + 2 : reports.size === i + 2,
    ).length
    return count !== null && (held < minCell || Math.abs(count - held) > 10)
  })
  return differs ? 'OUTCOME_DIFFERS' : undefined
}

/** Of the rehearsal, latest first. */
async function roundsOf({ node, since }: Part, kind: IdentifierKind): Promise<Round[]> {
  const { rounds } = await node.get('rounds', roundsSchema)
  return rounds.filter((round) => round.kind === kind && Date.parse(round.createdAt) >= since)
}

export async function publishedRounds(part: Part, kind: IdentifierKind): Promise<Round[]> {
  return published(await roundsOf(part, kind))
}

function published(rounds: readonly Round[]): Round[] {
  return rounds.filter(({ state }) => state === 'published')
}

async function until(part: Part, done: () => Promise<boolean>): Promise<boolean> {
  while (!(await done())) {
    if (isLate(part)) return false
    await pause(part.setting)
  }
  return true
}
