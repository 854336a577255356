/** Key holders of one key, dealt or generated, all in one process. */

import { type Bytes, hex, type RandomBytes, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import { type Group, randomScalar, type SecretShare, splitSecret } from '@drempel/protocol/group'
import {
  type DkgContext,
  type DkgRound1Secret,
  dkgFinish,
  dkgRound1,
  dkgRound2,
  evaluateShare,
  type FromHolder,
  type ThresholdKey,
  type VerifiedShare,
  verifyShare,
} from '@drempel/protocol/oprf'
import { expect } from 'vitest'
import { seededRandom } from '../random.ts'

const NAMES = ['alpha', 'bravo', 'charlie', 'delta', 'echo']

/** A key that a dealer knows, so that outputs can be compared with the single-key ones. */
export function dealKey(group: Group, quorum: number, indices: readonly number[], seed: string) {
  const random = seededRandom(seed)
  const secretKey = randomScalar(group, random)
  const shares = splitSecret(group, secretKey, quorum, indices, random)
  const key: ThresholdKey = {
    quorum,
    publicKey: group.multiplyBaseSecret(secretKey),
    publicShares: shares.map(({ index, secret }, i) => ({
      index,
      id: NAMES[i]!,
      element: group.multiplyBaseSecret(secret),
    })),
  }
  return { secretKey, shares, key, random }
}

/** What every holder answers, proofs checked under the key that the asker believes in. */
export function verifiedAnswers(
  group: Group,
  { shares, key }: { readonly shares: readonly SecretShare[]; readonly key: ThresholdKey },
  blinded: Bytes,
  random: RandomBytes,
): Promise<VerifiedShare[]> {
  return Promise.all(
    shares.map(async (share) => {
      const answer = await evaluateShare(group, share, blinded, random)
      return verifyShare(group, key, share.index, blinded, answer)
    }),
  )
}

/** Every choice of `size` of these. */
export function subsets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]]
  return items.flatMap((item, i) =>
    subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]),
  )
}

export function contextOf(count: number, quorum: number, session = 1): DkgContext {
  return {
    convenantDigest: new Uint8Array(32).fill(0xc0),
    kind: 'phone',
    epoch: '2031-w07',
    session: new Uint8Array(32).fill(session),
    quorum,
    holders: NAMES.slice(0, count).map((id, i) => ({ index: i + 1, id })),
  }
}

export const signerOf = (id: string) => signerFromSeed(seededRandom(`signer ${id}`)(32))

export type Sent = { readonly from: string; readonly to: string; readonly message: Uint8Array }

/** A run of the key generation whose messages a test may change on their way. */
export class DkgWorld {
  readonly group: Group
  readonly context: DkgContext
  readonly secrets: Map<string, DkgRound1Secret>
  round1: Sent[]
  round2: Sent[] = []

  constructor(group: Group, context: DkgContext, seed = 'dkg') {
    this.group = group
    this.context = context
    this.secrets = new Map(
      context.holders.map(({ id }) => [
        id,
        dkgRound1(group, context, id, seededRandom(`${seed} ${hex(context.session)} ${id}`)).secret,
      ]),
    )
    this.round1 = [...this.secrets].flatMap(([from, secret]) =>
      this.othersOf(from).map((to) => ({ from, to, message: secret.broadcast })),
    )
  }

  /** A copy to change; key generation itself is not repeated. */
  clone(): DkgWorld {
    const copy: DkgWorld = Object.create(DkgWorld.prototype)
    return Object.assign(copy, this, { secrets: new Map(this.secrets) })
  }

  othersOf(id: string): string[] {
    return this.context.holders.map((holder) => holder.id).filter((other) => other !== id)
  }

  inbox(round: readonly Sent[], to: string): FromHolder[] {
    return round.filter((sent) => sent.to === to)
  }

  /** Round 2 of one holder. */
  shareOut(from: string) {
    const random = seededRandom(`round 2 ${from}`)
    return dkgRound2(this.group, this.secrets.get(from)!, this.inbox(this.round1, from), random)
  }

  shareOutAll(): this {
    this.round2 = this.context.holders.flatMap(({ id: from }) =>
      this.shareOut(from).map((sent) => ({ from, ...sent })),
    )
    return this
  }

  finish(id: string) {
    const { group, secrets } = this
    return dkgFinish(
      group,
      secrets.get(id)!,
      this.inbox(this.round1, id),
      this.inbox(this.round2, id),
    )
  }

  finishAll(): { keyShares: SecretShare[]; results: ReturnType<typeof dkgFinish>[] } {
    const results = this.context.holders.map(({ id }) => this.finish(id))
    return { results, keyShares: results.map((result) => result.keyShare) }
  }
}

/** The error has this code and culprit, and carries evidence when asked to. */
export function expectError(
  work: () => unknown,
  code: string,
  culprit?: string,
  evidence?: Uint8Array,
): unknown {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ name: 'ProtocolError', code })
  if (culprit !== undefined) expect(thrown).toMatchObject({ culprit })
  if (evidence !== undefined) expect(thrown).toMatchObject({ evidence })
  return thrown
}

export const inputsOf = (...names: string[]) =>
  names.map((name) => utf8(`drempel/v1/phone:${name}`))
