/**
 * A rehearsal at this node: the convenant tried with made-up flags while there are no real ones. What
 * is in force meanwhile is the convenant's rehearsal, whose digest all keys, rounds, lists and entries
 * of the log name; at the end it goes with all that came of it, and a new key is needed.
 * A member learns of this node: its convenant's digest, whether and how far it rehearses, its clock.
 */

import { REHEARSAL_STEPS, type RehearsalStep, type RehearsalView } from '@drempel/protocol/api'
import { memberOf } from '@drempel/protocol/convenant'
import type { Json } from '@drempel/protocol/encoding'
import { z } from 'zod'
import { isOfRehearsal, type KeyEpoch } from '../store/index.ts'
import type { NodeContext, PeerMethod } from './context.ts'
import type { ConvenantInForce } from './convenant.ts'
import { codeOf, END_REHEARSAL, fail } from './errors.ts'
import { journalKeyErased, journalRehearsal } from './journal.ts'
import { parseBody } from './parse.ts'
import type { Intersections } from './psi/index.ts'
import { enterRest } from './recover.ts'
import type { Rounds } from './round/live.ts'
import { finishCases, reviewAnswers } from './subject/index.ts'

const ASK_MS = 5_000

const digest = z.string().regex(/^[0-9a-f]{64}$/)
const met = z.strictObject({
  convenant: digest,
  rehearsal: z.strictObject({ digest, step: z.enum(REHEARSAL_STEPS) }).nullable(),
  time: z.iso.datetime(),
})

export function rehearsalMethods(ctx: NodeContext): readonly PeerMethod[] {
  return [
    {
      name: 'rehearsal/meet',
      maxBody: 1_024,
      async handle(from, body) {
        parseBody(z.strictObject({}), body, from)
        return (await meet(ctx)) as Json
      },
    },
  ]
}

async function meet(ctx: NodeContext): Promise<z.infer<typeof met>> {
  const inForce = ctx.inForce()
  const record = await ctx.store.rehearsals.current()
  return {
    convenant: inForce.rehearsed ?? inForce.digest,
    rehearsal: record && { digest: inForce.digest, step: record.step as RehearsalStep },
    time: new Date(ctx.clock()).toISOString(),
  }
}

/** The same word again changes nothing. @throws ProtocolError `NODE_IN_USE`, `REHEARSING` another word */
export async function beginRehearsal(
  ctx: NodeContext,
  convenant: ConvenantInForce,
  word: string,
  operator: string,
): Promise<void> {
  const known = await ctx.store.rehearsals.current()
  if (known !== null && known.word !== word) fail('REHEARSING', { at: 'word', hint: END_REHEARSAL })
  if (known !== null && known.phase !== 'beginning') return
  // What is real and under way is not disturbed by what is refused anyway.
  if (known === null && (await ctx.store.rehearsals.inUse())) fail('NODE_IN_USE', { hint: IN_USE })
  // A case that the log has is a real one, and is counted among those that stay.
  if (known === null) await finishCases(ctx)
  const begun = await convenant.modes.turn(async (hold) => {
    if (known === null && !(await ctx.store.rehearsals.begin(word, 'begun'))) return false
    hold()
    await goOnBeginning(ctx, convenant, word, operator)
    return true
  })
  if (!begun) fail('NODE_IN_USE', { hint: IN_USE })
}

/** From the stored record on: nothing of the node's own is lost before that stands. */
async function goOnBeginning(
  ctx: NodeContext,
  convenant: ConvenantInForce,
  word: string,
  operator: string | null,
): Promise<void> {
  const before = convenant.rehearse(null)
  // Its keys are of the convenant itself: made anew for the rehearsal, and after it.
  await dropKeys(ctx)
  const next = convenant.rehearse(word)
  await journalRehearsal(ctx, next.digest, before.digest, { word, operator, begun: true })
  await ctx.store.rehearsals.turn('on')
  ctx.log('info', 'rehearsal.begun')
}

async function dropKeys(ctx: NodeContext): Promise<void> {
  for (const key of await ctx.store.keys.list()) {
    if (isDropped(key)) continue
    await journalKeyErased(ctx, key.kind, key.epoch)
    await ctx.store.keys.drop(key.kind, key.epoch)
  }
}

const isDropped = ({ state }: KeyEpoch) => state === 'dropped'

const IN_USE =
  'rehearse before real flags are loaded, or on nodes of their own (drempel init --home test)'

/**
 * Tells the members how far this node is, which is as far as it ever was in this rehearsal; what a timer
 * would do for it in a minute is done now.
 */
export async function moveRehearsal(ctx: NodeContext, step: RehearsalStep): Promise<void> {
  const later = REHEARSAL_STEPS.slice(REHEARSAL_STEPS.indexOf(step) + 1)
  if (!(await ctx.store.rehearsals.move(step, later))) fail('NOT_REHEARSING')
  await reviewAnswers(ctx)
}

/** Tokens of this name are made in a rehearsal, for it, and end with it. @throws ProtocolError `NOT_REHEARSING` */
export function checkToken(ctx: NodeContext, name: string): void {
  if (isOfRehearsal(name) && ctx.inForce().rehearsed === null) fail('NOT_REHEARSING')
}

/** What may still be running of a rehearsal when it ends. */
export type Running = { readonly rounds: Rounds; readonly intersections: Intersections }

/** @returns whether nothing of it is left @throws ProtocolError `NOT_REHEARSING` */
export async function endRehearsal(
  ctx: NodeContext,
  convenant: ConvenantInForce,
  running: Running,
  operator: string,
): Promise<boolean> {
  return convenant.modes.turn(async (hold) => {
    const record = await ctx.store.rehearsals.current()
    if (record === null) return fail('NOT_REHEARSING')
    // What was written before this is there to be erased, and nothing more is written.
    await ctx.store.rehearsals.turn('ending')
    hold()
    return goOnEnding(ctx, convenant, running, record.word, operator)
  })
}

async function goOnEnding(
  ctx: NodeContext,
  convenant: ConvenantInForce,
  { rounds, intersections }: Running,
  word: string,
  operator: string | null,
): Promise<boolean> {
  const { digest: rehearsal, rehearsed } = ctx.inForce()
  await rounds.failOthers(rehearsed!)
  await intersections.failRunning('PSI_STOPPED')
  // Rounds that failed and alerts go with it, what is entered of them stays.
  await enterRest(ctx)
  await dropKeys(ctx)
  await journalRehearsal(ctx, rehearsed!, rehearsal, { word, operator, begun: false })
  await ctx.store.rehearsals.clear()
  // Looked at before anything real can come in.
  const keys = await ctx.store.keys.list()
  const clean = !(await ctx.store.rehearsals.inUse()) && keys.every(isDropped)
  convenant.rehearse(null)
  ctx.log('info', 'rehearsal.ended')
  return clean
}

/** At start: a node that stopped while it began or ended a rehearsal goes on with that. */
export async function goOnTurning(
  ctx: NodeContext,
  convenant: ConvenantInForce,
  running: Running,
): Promise<void> {
  const record = await ctx.store.rehearsals.current()
  if (record === null || record.phase === 'on') return
  const { word, phase } = record
  await convenant.modes.turn(async (hold) => {
    hold()
    if (phase === 'beginning') await goOnBeginning(ctx, convenant, word, null)
    else await goOnEnding(ctx, convenant, running, word, null)
  })
}

/** Null for none. */
export async function currentRehearsal(ctx: NodeContext): Promise<RehearsalView['rehearsal']> {
  const record = await ctx.store.rehearsals.current()
  if (record === null) return null
  const { word, since, step } = record
  const at = new Date(since).toISOString()
  return { word, digest: ctx.inForce().digest, since: at, step: step as RehearsalStep }
}

/** Asks every other member; who does not answer is told with the code. */
export async function viewRehearsal(ctx: NodeContext): Promise<RehearsalView> {
  const { convenant, rehearsed, digest: current } = ctx.inForce()
  const rehearsal = await currentRehearsal(ctx)
  const { witnesses, failing } = ctx.witnessing.cosigning.state()
  const others = convenant.members.filter(({ id }) => id !== ctx.self)
  const counts = convenant.kinds.map(({ kind }) => ctx.store.flags.countActive(kind, ctx.clock()))
  return {
    member: ctx.self,
    convenant: rehearsed ?? current,
    rehearsal,
    inUse: rehearsal === null && (await ctx.store.rehearsals.inUse()),
    flags: (await Promise.all(counts)).reduce((sum, count) => sum + count, 0),
    peers: await Promise.all(others.map(({ id }) => peerView(ctx, id))),
    witnesses: witnesses.map((witness) => ({ witness, code: failing.get(witness) ?? null })),
  }
}

async function peerView(ctx: NodeContext, member: string): Promise<RehearsalView['peers'][number]> {
  const pinned = memberOf(ctx.inForce().convenant, member)?.tlsPin !== null
  try {
    const asked = ctx.clock()
    const body = await ctx.call(member, 'rehearsal/meet', {}, { timeoutMs: ASK_MS })
    const told = parseBody(met, body, member)
    const middle = (asked + ctx.clock()) / 2
    const clockSeconds = Math.round((Date.parse(told.time) - middle) / 1000)
    const { convenant, rehearsal } = told
    return { member, pinned, code: null, convenant, rehearsal, clockSeconds }
  } catch (error) {
    const nothing = { convenant: null, rehearsal: null, clockSeconds: null }
    return { member, pinned, code: codeOf(error), ...nothing }
  }
}
