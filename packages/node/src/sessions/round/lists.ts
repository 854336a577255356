/**
 * Threshold lists: accepted only with the signatures of all three compute nodes over one statement,
 * whoever brings them. A node that was away fetches what it missed.
 */

import { ruleOf } from '@drempel/protocol/convenant'
import {
  ByteReader,
  type Bytes,
  ByteWriter,
  compareBytes,
  fromHex,
  type Json,
  jcs,
  parseJcs,
  verifyStatement,
} from '@drempel/protocol/encoding'
import { recordKey, recordKeys } from '@drempel/protocol/threshold'
import { z } from 'zod'
import type { RoundState, RoundTransition, ThresholdListRecord } from '../../store/index.ts'
import type { InForce, NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { mayHold, memberKey } from '../federation.ts'
import { ownersOf } from '../owners.ts'
import { readBody } from '../parse.ts'
import { checkingList } from '../refused.ts'
import { enterRounds, journalListAccepted } from './journal.ts'
import { keysDigest, listDigest, type SignedList, STATEMENT, signedList } from './messages.ts'

/** A list on its way: the statement three times signed, and the keys (empty for who may not hold them). */
export type Publication = { readonly statements: readonly SignedList[]; readonly keys: Bytes }

const MAX_STATEMENTS = 1 << 20
const MAX_KEYS = 1 << 28

export function encodePublications(publications: readonly Publication[]): Bytes {
  const writer = new ByteWriter().u16(publications.length)
  for (const { statements, keys } of publications) {
    writer.block(jcs(statements as unknown as Json)).block(keys)
  }
  return writer.finish()
}

/** @throws ProtocolError `BAD_REQUEST` */
export function decodePublications(from: string, body: Bytes): readonly Publication[] {
  return readBody(from, () => {
    const reader = new ByteReader(body)
    const publications: Publication[] = []
    for (let left = reader.u16(); left > 0; left--) {
      const statements = z
        .array(signedList)
        .length(3)
        .safeParse(parseJcs(reader.block(MAX_STATEMENTS)))
      if (!statements.success) fail('BAD_REQUEST', { culprit: from, at: 'statements' })
      publications.push({ statements: statements.data, keys: reader.block(MAX_KEYS) })
    }
    reader.finish()
    return publications
  })
}

/** One statement, signed by each of the three compute nodes. @throws ProtocolError `STATEMENTS_DIFFER`, `BAD_STATEMENT` */
export function verifyStatements(inForce: InForce, statements: readonly SignedList[]): void {
  const first = jcs(statements[0]!.body)
  for (const [i, node] of inForce.convenant.computeNodes.entries()) {
    const statement = statements[i]!
    if (statement.member !== node)
      fail('STATEMENTS_DIFFER', { culprit: statement.member, at: 'order' })
    verifyStatement(STATEMENT.list, statement, memberKey(inForce, node))
    if (compareBytes(first, jcs(statement.body)) !== 0) {
      fail('STATEMENTS_DIFFER', { culprit: node, at: 'list' })
    }
  }
}

/**
 * Publications from anyone, checked whole: three signatures each, this convenant, its rules, the keys.
 * @returns the lists as the store keeps them; nothing is written yet
 */
export function verifyPublications(
  ctx: NodeContext,
  from: string,
  publications: readonly Publication[],
): readonly ThresholdListRecord[] {
  const records = publications.map((publication) =>
    checkingList(publication.statements[0]!.body, () => verifyPublication(ctx, from, publication)),
  )
  const named = new Set<string>()
  for (const { statements } of publications) {
    const { body } = statements[0]!
    if (!named.has(body.rule)) named.add(body.rule)
    else checkingList(body, () => fail('STATEMENTS_DIFFER', { culprit: from, at: 'rules' }))
  }
  return records
}

function verifyPublication(
  ctx: NodeContext,
  from: string,
  { statements, keys }: Publication,
): ThresholdListRecord {
  const inForce = ctx.inForce()
  const body = statements[0]!.body
  verifyStatements(inForce, statements)
  if (body.convenant !== inForce.digest) fail('CONVENANT_DIFFERS', { culprit: from })
  const rule = ruleOf(inForce.convenant, body.rule)
  if (rule === undefined || rule.t !== body.threshold || rule.kind !== body.kind) {
    fail('STATEMENTS_DIFFER', { culprit: from, at: 'rule' })
  }
  if ((rule.aggregates === undefined) !== (body.aggregates === undefined)) {
    fail('STATEMENTS_DIFFER', { culprit: from, at: 'aggregates' })
  }
  const mine = mayHold(ctx, ctx.self, rule.id)
  if (mine) checkKeys(from, body.size, body.keyBits, body.keys, keys)
  if (!mine && keys.length > 0) fail('STATEMENTS_DIFFER', { culprit: from, at: 'keys' })
  return {
    kind: body.kind,
    rule: body.rule,
    round: body.round,
    epoch: String(body.epoch),
    salt: fromHex(body.salt),
    keyBits: body.keyBits,
    keys,
    contributors: body.contributors.length,
    createdAt: Date.parse(body.createdAt),
    digest: listDigest(body),
    signatures: statements as unknown as Json,
  }
}

/**
 * Logs verified lists and puts them in force, all or none.
 * @param publish the round's own transition, made in the same transaction; or, of a round that this node is
 * not at work on, the states in which it may have left it
 * @returns false when something newer is in force already
 */
export async function putInForce(
  ctx: NodeContext,
  records: readonly ThresholdListRecord[],
  publish: RoundTransition | readonly RoundState[] = ['failed'],
): Promise<boolean> {
  for (const record of records) {
    const known = await ctx.store.lists.current(record.kind, record.rule)
    if (known?.digest === record.digest) continue
    if (known !== null && known.createdAt > record.createdAt) return false
    await journalListAccepted(ctx, record)
  }
  const transition = 'id' in publish ? publish : await missedEnd(ctx, records, publish)
  return ctx.store.lists.accept(records, transition, await ownersOf(ctx, records))
}

/**
 * A node that was down at the end of a round gave it up, or could not say that it had begun; the three
 * signatures say how it ended.
 */
async function missedEnd(
  ctx: NodeContext,
  records: readonly ThresholdListRecord[],
  from: readonly RoundState[],
): Promise<RoundTransition | undefined> {
  const id = records[0]?.round
  if (id === undefined || records.some(({ round }) => round !== id)) return undefined
  const state = (await ctx.store.rounds.get(id))?.state
  if (state === undefined || !from.includes(state)) return undefined
  // What it was before is true as well, and the row is about to say something else.
  await enterRounds(ctx)
  return { id, from, to: 'published', patch: { reason: null, culprit: null } }
}

/** What this node has in force of a kind, to hand to a member that was away. */
export async function currentPublications(
  ctx: NodeContext,
  kind: string,
  to: string,
): Promise<readonly Publication[]> {
  const { convenant } = ctx.inForce()
  const publications: Publication[] = []
  for (const rule of convenant.rules) {
    if (rule.kind !== kind) continue
    const list = await ctx.store.lists.current(kind, rule.id)
    if (list === null) continue
    const statements = list.signatures as unknown as readonly SignedList[]
    publications.push({
      statements,
      keys: mayHold(ctx, to, rule.id) ? list.keys : new Uint8Array(),
    })
  }
  return publications
}

function checkKeys(from: string, size: number, keyBits: number, digest: string, keys: Bytes): void {
  const width = Math.ceil(keyBits / 8)
  if (keys.length !== size * width || keysDigest(keys) !== digest) {
    fail('STATEMENTS_DIFFER', { culprit: from, at: 'keys' })
  }
  for (let at = width; at < keys.length; at += width) {
    const ascending = compareBytes(keys.subarray(at - width, at), keys.subarray(at, at + width)) < 0
    if (!ascending) fail('STATEMENTS_DIFFER', { culprit: from, at: 'order of keys' })
  }
}

/** Whether a tag is on a list; of a tag that this node has already, that is no query. */
export function tagOnList(list: ThresholdListRecord, tag: Bytes): boolean {
  return listHolds(list, recordKey(list.salt, tag, list.keyBits))
}

/** The same for many tags. */
export function tagsOnList(list: ThresholdListRecord): (tag: Bytes) => boolean {
  const keyOf = recordKeys(list.salt, list.keyBits)
  return (tag) => listHolds(list, keyOf(tag))
}

/** Binary search for one key. */
export function listHolds(
  list: Pick<ThresholdListRecord, 'keys' | 'keyBits'>,
  key: Bytes,
): boolean {
  const width = Math.ceil(list.keyBits / 8)
  let low = 0
  let high = list.keys.length / width
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compareBytes(list.keys.subarray(middle * width, (middle + 1) * width), key)
    if (order === 0) return true
    if (order < 0) low = middle + 1
    else high = middle
  }
  return false
}
