/**
 * A key holder in a key generation: three steps, each durable before its answer leaves, and at the
 * end one transcript that all holders signed. See docs/PROTOCOL.md for adversary and leakage.
 *
 * A leader that lies could tell holders different things and have each sign what it heard. So a holder
 * signs one transcript for one epoch, ever: there is one key of that name, or none.
 */

import {
  base64,
  equalBytes,
  fromBase64,
  fromHex,
  hex,
  isProtocolError,
  type Json,
  signStatement,
  verifyStatement,
} from '@drempel/protocol/encoding'
import {
  type DkgContext,
  dkgFinish,
  dkgRound1,
  dkgRound2,
  encodeDkgRound1Secret,
  encodeKeyShare,
  encodeTranscript,
  parseDkgRound1Secret,
  parseTranscript,
  signTranscript,
  transcriptDigest,
} from '@drempel/protocol/oprf'
import { group } from '../../workers/index.ts'
import type { NodeContext, PeerMethod } from '../context.ts'
import { fail } from '../errors.ts'
import { knownKind, memberKey, sameConvenant } from '../federation.ts'
import { journalKey, journalKeyFailed } from '../journal.ts'
import { keyPurpose, shareContext, verifyKey } from '../oprf/keyring.ts'
import { parseBody } from '../parse.ts'
import { Turns } from '../turns.ts'
import {
  finishRequest,
  fromHolder,
  type InstallRequest,
  installRequest,
  MESSAGE,
  type Session,
  type SignedMessage,
  session as sessionSchema,
  sharesRequest,
} from './messages.ts'

const SMALL = 64 * 1024
const LARGE = 4 * 1024 * 1024
/** A leader that missed epochs catches up; one that counts to the end of the numbers does not. */
const MAX_LEAD = 16

/** One step at a time. */
const steps = new Turns<NodeContext>()

export function keyMethods(ctx: NodeContext): readonly PeerMethod[] {
  return [
    {
      name: 'keys/begin',
      maxBody: SMALL,
      async handle(from, body) {
        const session = parseBody(sessionSchema, body, from)
        return steps.of(ctx, () => begin(ctx, from, session))
      },
    },
    {
      name: 'keys/shares',
      maxBody: LARGE,
      handle(from, body) {
        const { session, broadcasts } = parseBody(sharesRequest, body, from)
        const work = () => makeShares(ctx, from, session, broadcasts)
        return steps.of(ctx, () => entered(ctx, from, session, work))
      },
    },
    {
      name: 'keys/finish',
      maxBody: LARGE,
      handle(from, body) {
        const { session, broadcasts, shares } = parseBody(finishRequest, body, from)
        const work = () => finish(ctx, from, session, broadcasts, shares)
        return steps.of(ctx, () => entered(ctx, from, session, work))
      },
    },
    {
      name: 'keys/install',
      maxBody: LARGE,
      async handle(from, body) {
        await installKey(ctx, parseBody(installRequest, body, from))
        return { ok: true }
      },
    },
    {
      name: 'keys/current',
      maxBody: SMALL,
      async handle(from, body) {
        const { kind } = parseBody(installRequest.pick({ kind: true }), body, from)
        const row = await ctx.store.keys.current(kind)
        if (row === null) return { key: null }
        const { epoch, transcript, signatures } = row
        return { key: { kind, epoch, transcript: base64(transcript), statements: signatures } }
      },
    },
  ]
}

async function begin(ctx: NodeContext, from: string, session: Session): Promise<Json> {
  const context = contextOf(ctx, from, session)
  const { kind, epoch } = session
  const last = await lastEpoch(ctx, kind)
  if (Number(epoch) <= last) fail('BUSY', { at: `${kind}/${epoch}` })
  if (Number(epoch) > last + MAX_LEAD) fail('BAD_REQUEST', { culprit: from, at: 'epoch' })
  const { secret, broadcast } = dkgRound1(group, context, ctx.self, ctx.random)
  const sealed = ctx.vault.seal(place(session), encodeDkgRound1Secret(secret), ctx.random)
  await ctx.store.keys.saveGeneration(kind, epoch, sealed)
  return say(ctx, MESSAGE.round1, session, null, broadcast)
}

async function makeShares(
  ctx: NodeContext,
  from: string,
  session: Session,
  broadcasts: readonly SignedMessage[],
): Promise<Json> {
  const secret = await recall(ctx, from, session)
  const received = heard(ctx, MESSAGE.round1, session, broadcasts)
  const shares = dkgRound2(group, secret, received, ctx.random)
  return { shares: shares.map(({ to, message }) => say(ctx, MESSAGE.share, session, to, message)) }
}

async function finish(
  ctx: NodeContext,
  from: string,
  session: Session,
  broadcasts: readonly SignedMessage[],
  shares: readonly SignedMessage[],
): Promise<Json> {
  const { kind, epoch } = session
  const secret = await recall(ctx, from, session)
  const { keyShare, transcript } = dkgFinish(
    group,
    secret,
    heard(ctx, MESSAGE.round1, session, broadcasts),
    heard(ctx, MESSAGE.share, session, shares),
  )
  const encoded = encodeTranscript(transcript)
  await spendEpoch(ctx, kind, epoch)
  const share = ctx.vault.seal(
    shareContext(kind, epoch, encoded),
    encodeKeyShare(keyShare),
    ctx.random,
  )
  await ctx.store.meta.set(
    pendingShare(kind, epoch),
    `${hex(transcriptDigest(transcript))} ${base64(share)}`,
  )
  // The share replaces the polynomial: from here on only this transcript can come of the session.
  await ctx.store.keys.endGeneration(kind, epoch)
  const statement = signTranscript(transcript, ctx.self, ctx.signer)
  return { transcript: base64(encoded), statement: statement as unknown as Json }
}

/**
 * Puts a key in use: every holder signed the transcript, and it holds. Members that hold no share
 * check the same. Safe to repeat.
 */
export function installKey(ctx: NodeContext, request: InstallRequest): Promise<void> {
  return steps.of(ctx, () => install(ctx, request))
}

/** The highest epoch that this node has, or for which it signed a transcript. */
export async function lastEpoch(ctx: NodeContext, kind: string): Promise<number> {
  const known = await ctx.store.keys.list(kind)
  const spent = Number((await ctx.store.meta.get(spentEpoch(kind))) ?? 0)
  return Math.max(spent, ...known.map(({ epoch }) => Number(epoch)))
}

/** Durable: this node takes part in no other generation of this epoch. */
export async function spendEpoch(ctx: NodeContext, kind: string, epoch: string): Promise<void> {
  if (Number(epoch) > (await lastEpoch(ctx, kind)))
    await ctx.store.meta.set(spentEpoch(kind), epoch)
}

/** What a holder finds wrong with another's message stands in its own log, whatever the leader says. */
async function entered(
  ctx: NodeContext,
  from: string,
  { kind, epoch }: Session,
  work: () => Promise<Json>,
): Promise<Json> {
  try {
    return await work()
  } catch (error) {
    const found = isProtocolError(error) && error.code !== 'BAD_REQUEST'
    // The leader enters the failure of the whole.
    if (found && from !== ctx.self && isMember(ctx, error.culprit ?? '')) {
      await journalKeyFailed(ctx, kind, epoch, error.code, error.culprit)
    }
    throw error
  }
}

async function install(ctx: NodeContext, request: InstallRequest): Promise<void> {
  const inForce = ctx.inForce()
  const { kind, epoch, statements } = request
  const encoded = fromBase64(request.transcript)
  const known = await ctx.store.keys.get(kind, epoch)
  if (known !== null) {
    if (!equalBytes(known.transcript, encoded))
      fail('STATEMENTS_DIFFER', { at: `${kind}/${epoch}` })
    await forgetPending(ctx, kind, epoch)
    return
  }
  const before = await ctx.store.keys.current(kind)
  // An older key is no news: whoever brings it may want it back in force.
  if (before !== null && Number(before.epoch) > Number(epoch)) {
    fail('KEY_EXPIRED', { at: `${kind}/${epoch}` })
  }
  verifyKey(inForce, kind, epoch, encoded, statements)
  const transcript = parseTranscript(encoded)
  const digest = hex(transcriptDigest(transcript))
  const holders = transcript.context.holders.map(({ id }) => id)
  const [signed, pending] = ((await ctx.store.meta.get(pendingShare(kind, epoch))) ?? '').split(' ')
  if (holders.includes(ctx.self) && (signed !== digest || !pending)) {
    fail('NO_KEY', {
      at: `${kind}/${epoch}`,
      hint: 'this node has no share; generate a new key',
    })
  }
  await journalKey(ctx, kind, epoch, digest, holders)
  await ctx.store.keys.put({
    kind,
    epoch,
    state: 'active',
    transcript: encoded,
    sealedShare: holders.includes(ctx.self) && pending ? fromBase64(pending) : null,
    signatures: statements as unknown as Json,
  })
  if (before !== null) await ctx.store.keys.setState(kind, before.epoch, 'retired')
  await forgetPending(ctx, kind, epoch)
  ctx.log('info', 'key.installed', { kind, epoch })
}

function contextOf(ctx: NodeContext, from: string, session: Session): DkgContext {
  const inForce = ctx.inForce()
  sameConvenant(inForce, session.convenant, from)
  knownKind(inForce, session.kind)
  const purpose = keyPurpose(inForce, session.kind, session.epoch)
  const known = (id: string) => purpose.holders.some((holder) => holder.id === id)
  if (!known(ctx.self)) fail('NOT_HOLDER', { culprit: 'self' })
  if (!known(from)) fail('NOT_HOLDER', { culprit: from })
  if (inForce.convenant.suspended.includes(from)) {
    fail('REFUSED', { culprit: from, at: 'MEMBER_SUSPENDED' })
  }
  return { ...purpose, session: fromHex(session.session) }
}

async function recall(ctx: NodeContext, from: string, session: Session) {
  contextOf(ctx, from, session)
  const row = await ctx.store.keys.generation(session.kind, session.epoch)
  if (row === null) return fail('BAD_REQUEST', { culprit: from, at: 'session' })
  try {
    return parseDkgRound1Secret(ctx.vault.open(place(session), row.data))
  } catch (error) {
    if (!isProtocolError(error)) throw error
    // Another session of the same epoch has begun since.
    return fail('BAD_REQUEST', { culprit: from, at: 'session' })
  }
}

/** What other holders said; each statement is of this session, and shares are for this node. */
function heard(
  ctx: NodeContext,
  type: string,
  session: Session,
  messages: readonly SignedMessage[],
) {
  const inForce = ctx.inForce()
  const to = type === MESSAGE.share ? ctx.self : null
  return messages
    .filter(({ member }) => member !== ctx.self)
    .map((statement) => {
      const { member, body } = statement
      verifyStatement(type, statement, memberKey(inForce, member))
      if (body.session !== session.session || body.to !== to) {
        fail('STATEMENTS_DIFFER', { culprit: member, at: 'session' })
      }
      return fromHolder(statement)
    })
}

function say(
  ctx: NodeContext,
  type: string,
  session: Session,
  to: string | null,
  message: Uint8Array,
): Json {
  const body = { session: session.session, to, message: base64(message) }
  return signStatement(type, body, ctx.self, ctx.signer) as unknown as Json
}

/** Sealed secrets open in one place only: this session's. */
function place(session: Session): string {
  return `dkg/${session.kind}/${session.epoch}/${session.session}`
}

function isMember(ctx: NodeContext, id: string): boolean {
  return memberKey(ctx.inForce(), id) !== undefined
}

function spentEpoch(kind: string): string {
  return `dkg-epoch/${kind}`
}

/** A node signs one transcript an epoch, so there is one share that may come of it. */
function pendingShare(kind: string, epoch: string): string {
  return `dkg-share/${kind}/${epoch}`
}

/** An installed share lives with its key, and those of older generations will never be asked for. */
async function forgetPending(ctx: NodeContext, kind: string, epoch: string): Promise<void> {
  for (let old = Number(epoch); old > Number(epoch) - 2 * MAX_LEAD && old > 0; old--) {
    const name = pendingShare(kind, String(old))
    if (await ctx.store.meta.get(name)) await ctx.store.meta.set(name, '')
  }
}
