/**
 * What an act of a data subject's case does to the flags, behind its entry: the log, and so the letter, says
 * that it was done. Where a crash or a full disk comes in between, it is done at the next start, with the
 * next act of the kind, or when there is room; one that was not entered is not done.
 */

import {
  type Bytes,
  base64,
  fromBase64,
  type Json,
  jcs,
  parseJcs,
} from '@drempel/protocol/encoding'
import { IDENTIFIER_KINDS, type IdentifierKind } from '@drempel/protocol/identifiers'
import type { CaseRecord, FlagFields } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { allInTurn } from '../inturn.ts'
import { exercising } from '../psi/rights.ts'
import type { Intersections } from '../psi/runs.ts'
import { Turns } from '../turns.ts'

/** Safe to repeat. Bytes are base64, so that it can be kept. */
type Effect =
  | { readonly act: 'object' | 'lift' | 'erase'; readonly index: string }
  | {
      readonly act: 'rectify'
      readonly index: string
      readonly fields: FlagFields
      /** Of the identifier that takes its place. */
      readonly instead: { readonly index: string; readonly sealed: string } | null
    }

type Begun = {
  readonly txid: string
  /** Entries of the case before it: an act can be done twice in one. */
  readonly entries: number
  readonly effect: Effect
}

/** What the store says of a kind of which no act is begun. */
const DONE = ''

/** Acts of a kind are done one at a time. */
const turns = new WeakMap<NodeContext['store'], Turns<string>>()

export function effectOf(act: 'object' | 'lift' | 'erase', index: Bytes): Effect {
  return { act, index: base64(index) }
}

export function rectification(
  index: Bytes,
  fields: FlagFields,
  instead: { readonly index: Bytes; readonly sealed: Bytes } | undefined,
): Effect {
  const replacement =
    instead === undefined ? null : { index: base64(instead.index), sealed: base64(instead.sealed) }
  return { act: 'rectify', index: base64(index), fields, instead: replacement }
}

/** @returns whether there was such a flag */
export function carryOut(
  ctx: NodeContext,
  runs: Intersections,
  { id, kind }: Pick<CaseRecord, 'id' | 'kind'>,
  effect: Effect,
  enter: () => Promise<unknown>,
): Promise<boolean> {
  return inTurn(ctx, kind, async () => {
    await finish(ctx, runs, kind)
    const entries = (await ctx.audit.find(id)).length
    await write(ctx, kind, { txid: id, entries, effect })
    await enter()
    return change(ctx, runs, kind, effect)
  })
}

/** At start, and from time to time. */
export function finishActs(ctx: NodeContext, runs: Intersections): Promise<void> {
  const works = IDENTIFIER_KINDS.map((kind) => async () => {
    if ((await read(ctx, kind)) === null) return
    await inTurn(ctx, kind, () => finish(ctx, runs, kind))
  })
  return allInTurn(works)
}

async function finish(ctx: NodeContext, runs: Intersections, kind: string): Promise<void> {
  const begun = await read(ctx, kind)
  if (begun === null) return
  const since = (await ctx.audit.find(begun.txid)).slice(begun.entries)
  if (since.some(({ type }) => type === 'bezwaar' || type === 'correction')) {
    await change(ctx, runs, kind, begun.effect)
  } else {
    await ctx.store.meta.set(placeOf(kind), DONE)
  }
}

/** With the note that it is done: one that is done later once more would undo what came in between. */
async function change(
  ctx: NodeContext,
  runs: Intersections,
  kind: string,
  effect: Effect,
): Promise<boolean> {
  const { flags } = ctx.store
  const index = fromBase64(effect.index)
  const note = { key: placeOf(kind), value: DONE }
  // Ends no copy of the flags: it takes nothing from what they tell.
  if (effect.act === 'lift') return flags.lift(kind, index, note)
  return exercising(ctx, runs, kind as IdentifierKind, () => {
    if (effect.act !== 'rectify') {
      return effect.act === 'object'
        ? flags.object(kind, index, note)
        : flags.erase(kind, index, note)
    }
    const { fields, instead } = effect
    const replacement = instead && {
      index: fromBase64(instead.index),
      sealed: fromBase64(instead.sealed),
    }
    return flags.rectify(kind, index, fields, replacement ?? undefined, note)
  })
}

function inTurn<Value>(ctx: NodeContext, kind: string, work: () => Promise<Value>): Promise<Value> {
  const own = turns.get(ctx.store) ?? new Turns<string>()
  turns.set(ctx.store, own)
  return own.of(kind, work)
}

async function read({ store, vault }: NodeContext, kind: string): Promise<Begun | null> {
  const name = placeOf(kind)
  const text = await store.meta.get(name)
  return text ? (parseJcs(vault.open(name, fromBase64(text))) as unknown as Begun) : null
}

async function write(
  { store, vault, random }: NodeContext,
  kind: string,
  begun: Begun,
): Promise<void> {
  const name = placeOf(kind)
  await store.meta.set(name, base64(vault.seal(name, jcs(begun as unknown as Json), random)))
}

function placeOf(kind: string): string {
  return `act-begun/${kind}`
}
