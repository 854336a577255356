/**
 * How a partner hands its prepared list to the three compute nodes: x = x_0 ⊕ x_1 ⊕ x_2, where x_0 and
 * x_1 are key streams of two fresh seeds. Node i gets (x_i, x_{i+1}), so one node's upload is two seeds
 * and the other two carry the list's bits once each.
 *
 * A single compute node learns the list's public size, nothing else. The partner is not trusted: what
 * two nodes hold in common they compare by digest before they compute (agree.ts).
 */

import {
  ByteReader,
  type Bytes,
  ByteWriter,
  hashParts,
  isProtocolError,
  type RandomBytes,
} from '../encoding/index.ts'
import type { PartyIndex, PrgFactory } from '../mpc/index.ts'
import { fail } from './errors.ts'
import { sharedBits } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import type { PreparedList } from './prepare.ts'
import { inOneGo, type Steps } from './steps.ts'

const VERSION = 1
const SEED_BYTES = 32
/** Shared between two steps. */
const PIECE = 1 << 20

/** One for each compute node, in party order. */
export type Uploads = readonly [Bytes, Bytes, Bytes]

/** One compute node's part of one list: components `party` and `party + 1`, as sent. */
export type InputShare = {
  readonly partner: number
  readonly party: PartyIndex
  readonly components: readonly [Bytes, Bytes]
  /** SHA-256 of each component, which another node holds too. */
  readonly digests: readonly [Bytes, Bytes]
}

/**
 * Partner: one upload per compute node, in party order. Uploads 0 and 2 together, or 1 and any other,
 * are the list: each goes to its own node over its own confidential channel.
 */
export function shareList(
  plan: RoundPlan,
  prepared: Pick<PreparedList, 'partner' | 'planes'>,
  random: RandomBytes,
  prg: PrgFactory,
): Uploads {
  return inOneGo(shareSteps(plan, prepared, random, prg))
}

/** As `shareList`, in steps. */
export function* shareSteps(
  plan: RoundPlan,
  { partner, planes }: Pick<PreparedList, 'partner' | 'planes'>,
  random: RandomBytes,
  prg: PrgFactory,
): Steps<Uploads> {
  const seeds = [random(SEED_BYTES), random(SEED_BYTES)] as const
  const length = shardBytes(plan, partner)
  const rest = new Uint8Array(planes.length)
  for (let shard = 0; shard * length < planes.length; shard++) {
    const [first, second] = [stream(prg, seeds[0], 0, shard), stream(prg, seeds[1], 1, shard)]
    const end = (shard + 1) * length
    for (let at = shard * length; at < end; at += PIECE) {
      const to = Math.min(end, at + PIECE)
      first.xorInto(planes.subarray(at, to), rest.subarray(at, to), second)
      yield
    }
  }
  const components = [seeds[0], seeds[1], rest] as const
  const upload = (party: PartyIndex) =>
    new ByteWriter()
      .u8(VERSION)
      .u8(party)
      .u16(partner)
      .bytes(components[party])
      .bytes(components[((party + 1) % 3) as PartyIndex])
      .finish()
  return [upload(0), upload(1), upload(2)]
}

/**
 * Compute node `party`: parses what partner number `partner` uploaded.
 * @throws ProtocolError `BAD_UPLOAD`, culprit = the partner
 */
export function readUpload(
  plan: RoundPlan,
  partner: number,
  party: PartyIndex,
  upload: Bytes,
): InputShare {
  try {
    const reader = new ByteReader(upload)
    if (reader.u8() !== VERSION || reader.u8() !== party || reader.u16() !== partner)
      fail('BAD_UPLOAD')
    const own = reader.bytes(componentBytes(plan, partner, party)).slice()
    const following = ((party + 1) % 3) as PartyIndex
    const next = reader.bytes(componentBytes(plan, partner, following)).slice()
    reader.finish()
    const digests = [digestOf(partner, party, own), digestOf(partner, following, next)] as const
    return { partner, party, components: [own, next], digests }
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return fail('BAD_UPLOAD', { culprit: plan.partners[partner]!.id })
  }
}

/** Compute node: the only length that `readUpload` accepts, to bound what is received. */
export function uploadBytes(plan: RoundPlan, partner: number, party: PartyIndex): number {
  const following = ((party + 1) % 3) as PartyIndex
  return 4 + componentBytes(plan, partner, party) + componentBytes(plan, partner, following)
}

/**
 * The planes [bit][slot][16 bytes] of one shard of one held component, from the first byte on: each
 * call writes the next ones.
 */
export function shardReader(
  plan: RoundPlan,
  share: InputShare,
  held: 0 | 1,
  shard: number,
  prg: PrgFactory,
): (into: Bytes) => void {
  const component = (share.party + held) % 3
  const bytes = share.components[held]
  if (component !== 2) {
    const keys = stream(prg, bytes, component, shard)
    return (into) => keys.xorInto(into.fill(0), into)
  }
  let at = shard * shardBytes(plan, share.partner)
  return (into) => {
    into.set(bytes.subarray(at, at + into.length))
    at += into.length
  }
}

function shardBytes(plan: RoundPlan, partner: number): number {
  return sharedBits(plan) * plan.partners[partner]!.slots * 16
}

function componentBytes(plan: RoundPlan, partner: number, component: PartyIndex): number {
  return component === 2 ? (plan.bins / 128) * shardBytes(plan, partner) : SEED_BYTES
}

// The counter block's first half is the shard: streams of different shards never meet.
function stream(prg: PrgFactory, seed: Bytes, component: number, shard: number) {
  const key = hashParts('drempel/v1/threshold/input', seed, Uint8Array.of(component))
  const iv = new Uint8Array(16)
  new DataView(iv.buffer).setUint32(4, shard)
  return prg(key.subarray(0, 16), iv)
}

function digestOf(partner: number, component: number, bytes: Bytes): Bytes {
  const head = new ByteWriter().u16(partner).u8(component).finish()
  return hashParts('drempel/v1/threshold/component', head, bytes)
}
