/**
 * The owner's side: brings each new checkpoint of the own logs to the witnesses and keeps the last one
 * that a quorum cosigned. Many entries share one request: prompt purposes go on at once and are
 * cosigned by the next pass, strict ones wait for theirs.
 */

import {
  type Bytes,
  fromUtf8,
  isProtocolError,
  type ProtocolError,
} from '@drempel/protocol/encoding'
import {
  type Cosignature,
  cosignedNote,
  type NoteSignature,
  openCheckpoint,
  type VerifierKey,
  verifierKey,
} from '@drempel/protocol/log'
import { codeOf, fail } from '../errors.ts'
import { createAsking } from './asking.ts'
import { journalConflict, journalGrace } from './journal.ts'
import { knownLog, logName, type Policy, PROMPT_MS, policyOf } from './policy.ts'
import type { World } from './world.ts'

const RECALL_MS = 2_000
/** How soon a witness is asked again for what a quorum cosigned without it. */
const REST_MS = 15_000
/** Passes that a strict purpose waits for. */
const STRICT_TRIES = 2
const GRACE = 'witness-grace'

/** What was entered of the grace that is on, and since when entries wait: a restart begins neither anew. */
type Grace = { readonly since: number; readonly told: 'suppressed' | 'refused' }

export type Cosigning = {
  /**
   * At start, before anything is written.
   * @throws ProtocolError `LOG_ROLLED_BACK`, `LOG_FORKED` when a witness holds a tree of this node's
   * that its store lacks: a store that was set back may still be exchanged for the right one
   */
  recall(): Promise<void>
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
  /** Who did not cosign when last asked, and the code for which. */
  readonly failing: ReadonlyMap<string, string>
}

type Waiter = { readonly origin: string; readonly size: number; readonly done: () => void }
type Asked = { readonly member: string; readonly cosignature: Cosignature }

export function createCosigning(ctx: World): Cosigning {
  const { lacks, cosign, compare } = createAsking(ctx)
  const waiters = new Set<Waiter>()
  let running: Promise<void> | undefined
  let again = false
  let waitingSince: number | null = null
  let told: Grace['told'] | null = null
  let known = false
  const failing = new Map<string, string>()
  /** When the rest of an origin's witnesses were asked. */
  const restAsked = new Map<string, number>()

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
      // Nobody is waited for: what began under an older convenant is not to go on under a later one.
      await recallGrace()
      waitingSince = null
      if (told !== null) await keepGrace(null)
      return
    }
    let behind = false
    const silent = new Set<string>()
    for (const origin of await ownLogs()) {
      if (await isCosigned(origin)) {
        await bringRest(origin, policy)
        continue
      }
      const cosigned = await bring(origin, policy, silent)
      behind ||= !cosigned
    }
    await grace(behind, [...silent], policy)
  }

  /** Of this quarter and the last, which may end with entries that nobody cosigned. */
  async function ownLogs(): Promise<readonly string[]> {
    const [inForce, now] = [ctx.inForce(), ctx.clock()]
    const origins = await ctx.audit.origins()
    return origins.filter((origin) => knownLog(inForce, origin, now) !== undefined)
  }

  async function recall(): Promise<void> {
    await recallGrace()
    const { witnesses } = policyOf(ctx.inForce(), ctx.self)
    const current = await ctx.audit.origin()
    const origins = new Set([...(await ownLogs()), ...(current === null ? [] : [current])])
    // What a witness outside says of a size is no evidence, and it shows no signature for it.
    const members = witnesses.filter(({ url }) => url === null)
    const asked = members.flatMap(({ member }) =>
      [...origins].map(async (origin) => {
        try {
          await compare(member, origin, RECALL_MS)
        } catch (error) {
          // Whoever can't be reached now is asked again when the log has grown.
          if (isConflict(error)) throw error
        }
      }),
    )
    await Promise.all(asked)
  }

  async function isCosigned(origin: string): Promise<boolean> {
    const size = await ctx.audit.size(origin)
    return ((await ctx.store.witness.cosigned(origin))?.size ?? 0) >= size
  }

  /** Asks all witnesses at once and goes on when a quorum has cosigned. */
  async function bring(origin: string, policy: Policy, silent: Set<string>): Promise<boolean> {
    const note = (await ctx.audit.checkpoint(origin))!
    const checkpoint = openCheckpoint(note, verifierKey(origin, ctx.signer.publicKey))
    const answers: Asked[] = []
    const signed: VerifierKey[] = []
    await new Promise<void>((resolve) => {
      let left = policy.witnesses.length
      for (const witness of policy.witnesses) {
        cosign(witness, checkpoint, note)
          .then((cosignature) => {
            answers.push({ member: witness.member, cosignature })
            signed.push(witness.key)
            failing.delete(witness.member)
            if (policy.isMet(signed)) resolve()
          })
          .catch((error: unknown) => {
            silent.add(witness.member)
            return refused(witness.member, origin, note, error)
          })
          .finally(() => {
            left--
            if (left === 0) resolve()
          })
      }
    })
    if (!policy.isMet(signed)) return false
    const { size } = checkpoint
    const cosigned = cosignedNote(note, inOrder(answers))
    await ctx.store.witness.setCosigned(origin, { size, note: cosigned, at: ctx.clock() })
    for (const waiter of waiters) {
      if (waiter.origin === origin && waiter.size <= size) waiter.done()
    }
    return true
  }

  /**
   * A witness that serves queries refuses them when it saw a tree that never comes, also when the log has
   * ended or grows no more. Nobody waits for this.
   */
  async function bringRest(origin: string, { witnesses }: Policy): Promise<void> {
    const now = ctx.clock()
    const size = await ctx.audit.size(origin)
    const rest = witnesses.filter(({ member }) => lacks(member, origin, size))
    if (rest.length === 0 || now - (restAsked.get(origin) ?? 0) < REST_MS) return
    restAsked.set(origin, now)
    const note = (await ctx.audit.checkpoint(origin))!
    const checkpoint = openCheckpoint(note, verifierKey(origin, ctx.signer.publicKey))
    for (const witness of rest) {
      cosign(witness, checkpoint, note)
        .then(() => void failing.delete(witness.member))
        .catch((error: unknown) => refused(witness.member, origin, note, error))
    }
  }

  async function refused(
    member: string,
    origin: string,
    note: string,
    error: unknown,
  ): Promise<void> {
    const code = codeOf(error)
    const isNews = failing.get(member) !== code
    failing.set(member, code)
    if (isNews) ctx.log('warn', 'log.not-cosigned', { peer: member, code })
    try {
      if (isConflict(error)) await keep(origin, note, error)
    } catch (unkept) {
      ctx.log('error', 'log.unavailable', { code: codeOf(unkept) })
    }
  }

  async function keep(origin: string, own: string, { code, evidence }: Conflict): Promise<void> {
    const key = verifierKey(origin, ctx.signer.publicKey)
    const log = { owner: ctx.self, key, name: logName(key) }
    await journalConflict(ctx, log, code, own, fromUtf8(evidence))
  }

  /** Enters when the federation begins to go on without a quorum, and when that ends either way. */
  async function grace(
    behind: boolean,
    silent: readonly string[],
    { patienceMs }: Policy,
  ): Promise<void> {
    await recallGrace()
    const now = ctx.clock()
    if (!behind) {
      waitingSince = null
      if (told === null) return
      await journalGrace(ctx, 'answered', [])
      return keepGrace(null)
    }
    waitingSince ??= now
    const waited = now - waitingSince
    const phase = waited > patienceMs ? 'refused' : waited > PROMPT_MS ? 'suppressed' : null
    if (phase === null || phase === told) return
    await journalGrace(ctx, phase, silent)
    await keepGrace({ since: waitingSince, told: phase })
  }

  async function recallGrace(): Promise<void> {
    if (known) return
    const kept = JSON.parse((await ctx.store.meta.get(GRACE)) ?? 'null') as Grace | null
    known = true
    if (kept !== null) ({ since: waitingSince, told } = kept)
  }

  /** After its entry, which is written again where this was not. */
  async function keepGrace(grace: Grace | null): Promise<void> {
    await ctx.store.meta.set(GRACE, JSON.stringify(grace))
    told = grace?.told ?? null
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
    return { witnesses: witnesses.map(({ member }) => member), quorum, waitingSince, failing }
  }

  return { recall, run, ready, cosigned, state }
}

type Conflict = ProtocolError & {
  readonly code: 'LOG_FORKED' | 'LOG_ROLLED_BACK'
  readonly evidence: Bytes
}

function isConflict(error: unknown): error is Conflict {
  if (!isProtocolError(error) || error.evidence === undefined) return false
  return error.code === 'LOG_FORKED' || error.code === 'LOG_ROLLED_BACK'
}

function inOrder(answers: readonly Asked[]): NoteSignature[] {
  return [...answers]
    .sort((a, b) => (a.member < b.member ? -1 : 1))
    .map(({ cosignature }) => cosignature.signature)
}
