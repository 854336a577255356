/**
 * One witness, asked by the owner of a log (c2sp.org/tlog-witness). A witness can say anything: that
 * this node's log was set back or forked is believed only on the node's own signature, under a tree
 * that its store does not have.
 */

import { type Bytes, fromUtf8, utf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  type Cosignature,
  encodeAddCheckpoint,
  openCheckpoint,
  readCosignature,
  verifierKey,
  verifyConsistency,
} from '@drempel/protocol/log'
import type { OutsideAnswer } from '../../peers/index.ts'
import { fail } from '../errors.ts'
import type { Policy } from './policy.ts'
import type { World } from './world.ts'

const ANSWER_MS = 5_000
/** A cosignature made for this request can't be older than that of the clocks' difference. */
const SKEW_SECONDS = 120
const HINT = 'restore the newest store; without one the members have to give this node a new key'

export type Asking = {
  /** Whether that witness has to be asked for as much: it cosigned less since this node began, and is asked nothing now. */
  lacks(member: string, origin: string, size: number): boolean
  /** @throws ProtocolError `NOT_WITNESSED`, `LOG_FORKED`, `LOG_ROLLED_BACK`, of `readCosignature` or of peers */
  cosign(
    witness: Policy['witnesses'][number],
    checkpoint: Checkpoint,
    note: string,
  ): Promise<Cosignature>
  /**
   * What the witness holds of an own log has to be a part of it.
   * @returns its size; 0 for nothing
   * @throws ProtocolError `LOG_FORKED`, `LOG_ROLLED_BACK`, culprit = this node, evidence = its note there
   */
  compare(member: string, origin: string, timeoutMs: number): Promise<number>
}

export function createAsking(ctx: World): Asking {
  /** Sizes that witnesses cosigned last. */
  const known = new Map<string, number>()
  const busy = new Set<string>()
  const placeOf = (member: string, origin: string) => `${member} ${origin}`

  const cosign: Asking['cosign'] = async ({ member, key, url }, checkpoint, note) => {
    if (busy.has(member)) return fail('NOT_WITNESSED', { culprit: member, at: 'busy' })
    busy.add(member)
    try {
      const place = placeOf(member, checkpoint.origin)
      const send = (body: Bytes) => (url === null ? sendPeer(member, body) : sendOutside(url, body))
      let answer = await post(send, member, checkpoint, note, known.get(place) ?? 0)
      if (typeof answer === 'number') {
        // A member shows what it holds under this node's signature; an outside witness says a size.
        const size = url === null ? await held(member, checkpoint) : answer
        answer = await post(send, member, checkpoint, note, size)
      }
      if (typeof answer === 'number') return fail('NOT_WITNESSED', { culprit: member, at: 'size' })
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

  function sendPeer(member: string, body: Bytes) {
    const options = { timeoutMs: ANSWER_MS, allowProblem: true }
    return ctx.peers.post(member, '/peer/v1/witness/add-checkpoint', body, options)
  }

  function sendOutside(url: string, body: Bytes) {
    return ctx.outside.post(`${url}/add-checkpoint`, body, { timeoutMs: ANSWER_MS })
  }

  /** The cosignature lines; or the size that the witness says it cosigned last, when it is another. */
  async function post(
    send: (body: Bytes) => Promise<OutsideAnswer>,
    member: string,
    { origin, size }: Checkpoint,
    note: string,
    oldSize: number,
  ): Promise<string | number> {
    if (oldSize > size) return fail('NOT_WITNESSED', { culprit: member, at: 'size' })
    const proof =
      oldSize === 0 || oldSize === size ? [] : await ctx.audit.consistency(origin, oldSize, size)
    const body = utf8(encodeAddCheckpoint({ oldSize, proof, checkpoint: note }))
    const { status, contentType, body: answer } = await send(body)
    if (status === 200) return fromUtf8(answer)
    const said = status === 409 && contentType === 'text/x.tlog.size'
    const told = said ? /^(0|[1-9][0-9]{0,15})\n?$/.exec(fromUtf8(answer)) : null
    return told === null
      ? fail('NOT_WITNESSED', { culprit: member, at: String(status) })
      : Number(told[1])
  }

  /** The size to prove growth from. */
  async function held(member: string, { origin, size }: Checkpoint): Promise<number> {
    const at = await compare(member, origin, ANSWER_MS)
    return at > size ? fail('NOT_WITNESSED', { culprit: member, at: 'size' }) : at
  }

  const compare: Asking['compare'] = async (member, origin, timeoutMs) => {
    const options = { timeoutMs, allowProblem: true }
    const { status, body } = await ctx.peers.get(member, `/peer/v1/witness/${origin}`, options)
    if (status !== 200) return 0
    const theirs = fromUtf8(body)
    const key = verifierKey(origin, ctx.signer.publicKey)
    const { size, root } = openCheckpoint(theirs, key)
    const own = await ctx.audit.head(origin)
    const refuse = (code: 'LOG_FORKED' | 'LOG_ROLLED_BACK') =>
      fail(code, { culprit: ctx.self, at: origin, evidence: body, hint: HINT })
    if (own === null || size > own.size) return refuse('LOG_ROLLED_BACK')
    const proof = size === own.size ? [] : await ctx.audit.consistency(origin, size, own.size)
    try {
      verifyConsistency(size, root, own.size, own.root, proof)
    } catch {
      return refuse('LOG_FORKED')
    }
    return size
  }

  return {
    lacks: (member, origin, size) =>
      !busy.has(member) && (known.get(placeOf(member, origin)) ?? 0) < size,
    cosign,
    compare,
  }
}
