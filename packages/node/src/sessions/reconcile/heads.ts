/**
 * Heads of a member's log as it shows them to this node. A member may keep two logs: one for those who
 * compare, one for auditors. So every head under which it shows an entry has to be of the tree whose
 * head and tiles it serves to all.
 */

import { equalBytes, utf8 } from '@drempel/protocol/encoding'
import { type Checkpoint, unverifiedCheckpoint } from '@drempel/protocol/log'
import type { z } from 'zod'
import { followLog, logKey, openerOf } from '../checkpoints.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import type { PeerCheckpoint } from '../journal.ts'
import { parseBody } from '../parse.ts'
import { grew } from '../witness/index.ts'
import { headAnswer, MAX_ANSWER } from './messages.ts'

export type ShownHead = {
  readonly checkpoint: Checkpoint
  readonly note: string
  readonly entry: PeerCheckpoint
} & Pick<z.output<typeof headAnswer>, 'proof' | 'quiet'>

/**
 * The head of a log now, against the largest that was seen of it, which it then becomes.
 * @param size of the last head, for the proof that comes with it
 * @returns undefined when there is no such log
 * @throws ProtocolError `LOG_FORKED`, `LOG_ROLLED_BACK`, `NOT_WITNESSED`, culprit = member; of peers
 */
export async function fetchHead(
  ctx: NodeContext,
  member: string,
  origin: string,
  size: number,
): Promise<ShownHead | undefined> {
  const body = await ctx.call(member, 'log/head', { origin, size }, { maxResponse: MAX_ANSWER })
  const { checkpoint: note, proof, quiet } = parseBody(headAnswer, body, member)
  if (note === null) return undefined
  const checkpoint = openerOf(ctx)(note, logKey(ctx, member, origin))
  const { seen, remember } = await followLog(ctx, member, checkpoint, note)
  await remember()
  return { checkpoint, note, proof, quiet, entry: seen }
}

/** A head of the member's, its signature verified. @throws ProtocolError `LOG_ROLLED_BACK`, culprit = member */
export type JudgeHead = (note: string) => Promise<Checkpoint>

/** Each head is judged once. */
export function createJudge(ctx: NodeContext, member: string): JudgeHead {
  const judged = new Map<string, Promise<Checkpoint>>()
  const heads = new Map<string, Promise<ShownHead | undefined>>()

  async function judge(note: string): Promise<Checkpoint> {
    const { origin } = unverifiedCheckpoint(note)
    const shown = openerOf(ctx)(note, logKey(ctx, member, origin))
    const fetched = heads.get(origin) ?? fetchHead(ctx, member, origin, 0)
    heads.set(origin, fetched)
    const head = (await fetched)?.checkpoint
    if (head === undefined || !(await isOneTree(shown, head))) {
      fail('LOG_ROLLED_BACK', { culprit: member, at: origin, evidence: utf8(note) })
    }
    return shown
  }

  async function isOneTree(one: Checkpoint, other: Checkpoint): Promise<boolean> {
    if (one.size === other.size) return equalBytes(one.root, other.root)
    const [older, newer] = one.size < other.size ? [one, other] : [other, one]
    return grew(ctx, member, one.origin, older, newer)
  }

  return (note) => {
    const known = judged.get(note) ?? judge(note)
    judged.set(note, known)
    return known
  }
}
