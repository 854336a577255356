/**
 * The owner's side: brings each new checkpoint of the own logs to the witnesses and keeps the last one
 * that a quorum cosigned. Many entries share one request: prompt purposes go on at once and are
 * cosigned by the next pass, strict ones wait for theirs.
 *
 * A witness can say anything. That this node's log was set back or forked is believed only on the
 * node's own signature, under a tree that its store does not have.
 */

import { fromUtf8, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  type Cosignature,
  cosignedNote,
  encodeAddCheckpoint,
  type NoteSignature,
  openCheckpoint,
  readCosignature,
  verifierKey,
  verifyConsistency,
} from '@drempel/protocol/log'
import { codeOf, fail } from '../errors.ts'
import { journalConflict, journalGrace } from './journal.ts'
import { knownLog, logName, type Policy, PROMPT_MS, policyOf } from './policy.ts'
import type { World } from './world.ts'

const ANSWER_MS = 5_000
/** Passes that a strict purpose waits for. */
const STRICT_TRIES = 2
/** A cosignature made for this request can't be older than that of the clocks' difference. */
const SKEW_SECONDS = 120

export type Cosigning = {
  /** One pass over the own logs; called every few seconds. */
  run(): Promise<void>
  /** Before a query. @throws ProtocolError `NOT_WITNESSED`, `LOG_FORKED`, `LOG_ROLLED_BACK` */
  ready(): Promise<void>
  /** Resolves when a quorum cosigned a tree of at least `size` leaves. @throws ProtocolError `NOT_WITNESSED` */
  cosigned(origin: string, size: number): Promise<void>
  state(): CosigningState
}

export type CosigningState = {
  readonly witnesses: readonly string[]
  readonly quorum: number
  /** Since when entries have waited for a quorum; null when none do. */
  readonly waitingSince: number | null
}

type Waiter = { readonly origin: string; readonly size: number; readonly done: () => void }
type Asked = { readonly member: string; readonly cosignature: Cosignature }

export function createCosigning(ctx: World): Cosigning {
  /** Sizes that witnesses said they cosigned last, `member origin`. */
  const known = new Map<string, number>()
  const busy = new Set<string>()
  const waiters = new Set<Waiter>()
  let running: Promise<void> | undefined
  let again = false
  let waitingSince: number | null = null
  let told: 'suppressed' | 'refused' | null = null

  function run(): Promise<void> {
    again = running !== undefined
    running ??= passes().finally(() => {
      running = undefined
    })
    return running
  }

  async function passes(): Promise<void> {
    do {
      again = false
      await pass()
    } while (again)
  }

  async function pass(): Promise<void> {
    const policy = policyOf(ctx.inForce(), ctx.self)
    if (policy.quorum === 0) {
      waitingSince = null
      return
    }
    let behind = false
    const silent = new Set<string>()
    for (const origin of await ctx.audit.origins()) {
      if (knownLog(ctx.inForce(), origin, ctx.clock()) === undefined) continue
      if (await isCosigned(origin)) continue
      const cosigned = await bring(origin, policy, silent)
      behind ||= !cosigned
    }
    await grace(behind, [...silent], policy)
  }

  async function isCosigned(origin: string): Promise<boolean> {
    const size = (await ctx.audit.head(origin))?.size ?? 0
    return ((await ctx.store.witness.cosigned(origin))?.size ?? 0) >= size
  }

  /** Asks all witnesses at once and goes on when a quorum has cosigned. */
  async function bring(origin: string, policy: Policy, silent: Set<string>): Promise<boolean> {
    const note = (await ctx.audit.checkpoint(origin))!
    const checkpoint = openCheckpoint(note, verifierKey(origin, ctx.signer.publicKey))
    const answers: Asked[] = []
    await new Promise<void>((resolve) => {
      let left = policy.witnesses.length
      for (const witness of policy.witnesses) {
        ask(witness, checkpoint, note)
          .then((cosignature) => {
            answers.push({ member: witness.member, cosignature })
            if (answers.length >= policy.quorum) resolve()
          })
          .catch((error: unknown) => {
            silent.add(witness.member)
            const code = isProtocolError(error) ? codeOf(error) : 'INTERNAL'
            ctx.log('warn', 'log.not-cosigned', { member: witness.member, code })
          })
          .finally(() => {
            left--
            if (left === 0) resolve()
          })
      }
    })
    if (answers.length < policy.quorum) return false
    const { size } = checkpoint
    const cosigned = cosignedNote(note, inOrder(answers))
    await ctx.store.witness.setCosigned(origin, { size, note: cosigned, at: ctx.clock() })
    for (const waiter of waiters) {
      if (waiter.origin === origin && waiter.size <= size) waiter.done()
    }
    return true
  }

  async function ask(
    { member, key }: Policy['witnesses'][number],
    checkpoint: Checkpoint,
    note: string,
  ): Promise<Cosignature> {
    if (busy.has(member)) return fail('NOT_WITNESSED', { culprit: member, at: 'busy' })
    busy.add(member)
    try {
      const place = `${member} ${checkpoint.origin}`
      const first = await post(member, checkpoint, note, known.get(place) ?? 0)
      const answer =
        first ?? (await post(member, checkpoint, note, await compare(member, checkpoint, note)))
      if (answer === null) return fail('NOT_WITNESSED', { culprit: member, at: 'size' })
      const cosignature = readCosignature(note, answer, key)
      // A false time would let a quorum of one moment pass for one of another.
      if (!(Math.abs(cosignature.time - ctx.clock() / 1000) <= SKEW_SECONDS)) {
        fail('NOT_WITNESSED', { culprit: member, at: 'time' })
      }
      known.set(place, checkpoint.size)
      return cosignature
    } finally {
      busy.delete(member)
    }
  }

  /** The cosignature lines; null when the witness cosigned another size last. */
  async function post(
    member: string,
    { origin, size }: Checkpoint,
    note: string,
    oldSize: number,
  ): Promise<string | null> {
    const proof =
      oldSize === 0 || oldSize === size ? [] : await ctx.audit.consistency(origin, oldSize, size)
    const body = utf8(encodeAddCheckpoint({ oldSize, proof, checkpoint: note }))
    const path = '/peer/v1/witness/add-checkpoint'
    const options = { timeoutMs: ANSWER_MS, allowProblem: true }
    const { status, contentType, body: answer } = await ctx.peers.post(member, path, body, options)
    if (status === 200) return fromUtf8(answer)
    if (status === 409 && contentType === 'text/x.tlog.size') return null
    return fail('NOT_WITNESSED', { culprit: member, at: String(status) })
  }

  /** What the witness holds, under this node's own signature, has to be a part of the own log. */
  async function compare(member: string, checkpoint: Checkpoint, note: string): Promise<number> {
    const { origin, size, root } = checkpoint
    const path = `/peer/v1/witness/${origin}`
    const options = { timeoutMs: ANSWER_MS, allowProblem: true }
    const { status, body } = await ctx.peers.get(member, path, options)
    if (status !== 200) return 0
    const theirs = fromUtf8(body)
    const key = verifierKey(origin, ctx.signer.publicKey)
    const held = openCheckpoint(theirs, key)
    // The log may have grown since the checkpoint in hand: only the store's own head is beyond doubt.
    const now = (await ctx.audit.head(origin)) ?? { size, root }
    if (held.size > now.size) return conflict('LOG_ROLLED_BACK', note, theirs, origin)
    const proof =
      held.size === now.size ? [] : await ctx.audit.consistency(origin, held.size, now.size)
    try {
      verifyConsistency(held.size, held.root, now.size, now.root, proof)
    } catch {
      return conflict('LOG_FORKED', note, theirs, origin)
    }
    return held.size > size ? fail('NOT_WITNESSED', { culprit: member, at: 'size' }) : held.size
  }

  async function conflict(
    code: 'LOG_FORKED' | 'LOG_ROLLED_BACK',
    own: string,
    theirs: string,
    origin: string,
  ): Promise<never> {
    const key = verifierKey(origin, ctx.signer.publicKey)
    await journalConflict(ctx, { owner: ctx.self, key, name: logName(key) }, code, own, theirs)
    return fail(code, { culprit: ctx.self, at: origin })
  }

  /** Enters when the federation begins to go on without a quorum, and when that ends either way. */
  async function grace(
    behind: boolean,
    silent: readonly string[],
    { patienceMs }: Policy,
  ): Promise<void> {
    const now = ctx.clock()
    if (!behind) {
      waitingSince = null
      if (told === null) return
      told = null
      return journalGrace(ctx, 'answered', [])
    }
    waitingSince ??= now
    const waited = now - waitingSince
    const phase = waited > patienceMs ? 'refused' : waited > PROMPT_MS ? 'suppressed' : null
    if (phase === null || phase === told) return
    told = phase
    return journalGrace(ctx, phase, silent)
  }

  async function ready(): Promise<void> {
    const origin = await ctx.audit.origin()
    if (origin !== null) {
      const conflict = await ctx.store.witness.conflict(
        logName(verifierKey(origin, ctx.signer.publicKey)),
      )
      if (conflict !== null) fail(conflict.code, { culprit: ctx.self, at: origin })
    }
    const { quorum, patienceMs } = policyOf(ctx.inForce(), ctx.self)
    if (quorum === 0 || waitingSince === null) return
    if (ctx.clock() - waitingSince > patienceMs) {
      fail('NOT_WITNESSED', { hint: 'too few witnesses cosign the log; see log.witnesses' })
    }
  }

  async function cosigned(origin: string, size: number): Promise<void> {
    if (policyOf(ctx.inForce(), ctx.self).quorum === 0) return
    for (let tries = 0; tries < STRICT_TRIES; tries++) {
      if (((await ctx.store.witness.cosigned(origin))?.size ?? 0) >= size) return
      let waiter: Waiter | undefined
      const reached = new Promise<void>((done) => {
        waiter = { origin, size, done }
        waiters.add(waiter)
      })
      await Promise.race([reached, run()])
      waiters.delete(waiter!)
    }
    if (((await ctx.store.witness.cosigned(origin))?.size ?? 0) >= size) return
    fail('NOT_WITNESSED', { hint: 'too few witnesses cosigned in time' })
  }

  function state(): CosigningState {
    const { witnesses, quorum } = policyOf(ctx.inForce(), ctx.self)
    return { witnesses: witnesses.map(({ member }) => member), quorum, waitingSince }
  }

  return { run, ready, cosigned, state }
}

function inOrder(answers: readonly Asked[]): NoteSignature[] {
  return [...answers]
    .sort((a, b) => (a.member < b.member ? -1 : 1))
    .map(({ cosignature }) => cosignature.signature)
}
