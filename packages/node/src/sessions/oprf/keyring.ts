/** The key of an epoch as this node knows it: verified once, then kept in memory. */

import { fromHex, hex } from '@drempel/protocol/encoding'
import type { SecretShare } from '@drempel/protocol/group'
import {
  type DkgContext,
  type KeyPurpose,
  parseKeyShare,
  parseTranscript,
  type ThresholdKey,
  type TranscriptStatement,
  transcriptDigest,
  verifyTranscript,
  verifyTranscriptSignatures,
} from '@drempel/protocol/oprf'
import type { KeyEpoch } from '../../store/index.ts'
import { group } from '../../workers/index.ts'
import type { InForce, NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { memberKey } from '../federation.ts'

/** What the convenant in force says about a key: who holds it, for what. */
export function keyPurpose(inForce: InForce, kind: string, epoch: string): KeyPurpose {
  const { members, quorum } = inForce.convenant.keyHolders
  return {
    convenantDigest: fromHex(inForce.digest),
    kind,
    epoch,
    quorum,
    holders: members.map((id, i) => ({ index: i + 1, id })),
  }
}

/**
 * A transcript from anywhere: for this convenant, one polynomial, signed by every holder.
 * @throws ProtocolError of the oprf layer, culprit where it has one
 */
export function verifyKey(
  inForce: InForce,
  kind: string,
  epoch: string,
  transcript: Uint8Array,
  statements: readonly TranscriptStatement[],
): ThresholdKey {
  const parsed = parseTranscript(transcript)
  verifyTranscriptSignatures(parsed, statements, (id) => memberKey(inForce, id))
  return verifyTranscript(group, parsed, keyPurpose(inForce, kind, epoch))
}

const cache = new WeakMap<NodeContext, Map<string, ThresholdKey>>()

/** @throws ProtocolError `NO_KEY` */
export async function publicKeyOf(
  ctx: NodeContext,
  kind: string,
  epoch: string,
): Promise<ThresholdKey> {
  const inForce = ctx.inForce()
  const keys = cache.get(ctx) ?? new Map<string, ThresholdKey>()
  cache.set(ctx, keys)
  const name = `${inForce.digest}/${kind}/${epoch}`
  const known = keys.get(name)
  if (known !== undefined) return known
  const { transcript } = await usable(ctx, kind, epoch)
  const parsed = parseTranscript(transcript)
  // Its signatures and convenant were checked when it came; a later version may keep it (see below).
  const { convenantDigest } = parsed.context
  const key = verifyTranscript(group, parsed, {
    ...keyPurpose(inForce, kind, epoch),
    convenantDigest,
  })
  keys.set(name, key)
  return key
}

/**
 * The key that a new round may use: of an epoch whose days are not over, or fresh where an epoch is
 * one round.
 * @throws ProtocolError `NO_KEY`, `KEY_EXPIRED`
 */
export async function usableKey(ctx: NodeContext, kind: string): Promise<KeyEpoch> {
  const hint = `run: drempel keys generate --kind ${kind}`
  const row = await ctx.store.keys.current(kind)
  if (row === null || !keepsHolders(ctx.inForce(), row)) return fail('NO_KEY', { at: kind, hint })
  const { keyEpochDays } = ctx.inForce().convenant.round
  if (keyEpochDays === 'round') {
    const lists = await ctx.store.lists.inForce()
    const used = lists.some((list) => list.kind === kind && list.epoch === row.epoch)
    if (used) fail('KEY_EXPIRED', { at: kind, hint })
  } else if (ctx.clock() - row.createdAt > keyEpochDays * 86_400_000) {
    fail('KEY_EXPIRED', { at: kind, hint })
  }
  return row
}

/** What an announcement says of the key that a round's tags are made under. */
export function keyDigest(row: KeyEpoch | null): string | null {
  return row === null ? null : hex(transcriptDigest(parseTranscript(row.transcript)))
}

/** That this node has a share. @throws ProtocolError `NO_KEY`, `NOT_HOLDER` */
export async function assertHolder(ctx: NodeContext, kind: string, epoch: string): Promise<void> {
  await sealedShare(ctx, kind, epoch)
}

/**
 * This node's share, opened for one use of it and overwritten after that.
 * @throws ProtocolError `NO_KEY`, `NOT_HOLDER`
 */
export async function withOwnShare<Value>(
  ctx: NodeContext,
  kind: string,
  epoch: string,
  use: (share: SecretShare) => Promise<Value>,
): Promise<Value> {
  const { transcript, sealed } = await sealedShare(ctx, kind, epoch)
  const opened = ctx.vault.open(shareContext(kind, epoch, transcript), sealed)
  const share = parseKeyShare(opened)
  opened.fill(0)
  try {
    return await use(share)
  } finally {
    share.secret.fill(0)
  }
}

async function sealedShare(ctx: NodeContext, kind: string, epoch: string) {
  const { transcript, sealedShare } = await usable(ctx, kind, epoch)
  return { transcript, sealed: sealedShare ?? fail('NOT_HOLDER', { at: kind }) }
}

export function shareContext(kind: string, epoch: string, transcript: Uint8Array): string {
  return `share/${kind}/${epoch}/${hex(transcript.subarray(-32))}`
}

async function usable(ctx: NodeContext, kind: string, epoch: string): Promise<KeyEpoch> {
  const row = await ctx.store.keys.get(kind, epoch)
  if (row === null || row.state === 'dropped' || !keepsHolders(ctx.inForce(), row)) {
    return fail('NO_KEY', { at: `${kind}/${epoch}`, hint: 'run: drempel keys generate' })
  }
  return row
}

/**
 * A key outlives a new version of the convenant as long as the same holders keep it under the same
 * quorum: their shares of a quota are counted by those.
 */
function keepsHolders(inForce: InForce, row: KeyEpoch): boolean {
  const { holders, quorum } = contextOf(row)
  const { members, quorum: wanted } = inForce.convenant.keyHolders
  return quorum === wanted && holders.map(({ id }) => id).join() === members.join()
}

const contexts = new WeakMap<KeyEpoch, DkgContext>()

/** Parsed once a row: the store gives the same one until it changes. */
function contextOf(row: KeyEpoch): DkgContext {
  const context = contexts.get(row) ?? parseTranscript(row.transcript).context
  contexts.set(row, context)
  return context
}
