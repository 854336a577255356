/**
 * What workers do: long computations of the protocol, each a pure function of what crosses to the
 * thread and of randomness. A job gives way every few milliseconds, so that a worker may begin an
 * urgent job in the middle of a long one.
 *
 * Secrets cross: a holder's key share, an asker's inputs and blinds, a partner's tags, the items and
 * scalar of an intersection. They stay in the node's process, and a worker overwrites its copies when
 * the job is done.
 */

import type { MessagePort } from 'node:worker_threads'
import type { Bytes, RandomBytes } from '@drempel/protocol/encoding'
import type { Elements, SecretShare } from '@drempel/protocol/group'
import {
  type BlindSecret,
  blindInputs,
  combineShares,
  decodeElements,
  evaluateOwnShare,
  evaluateShare,
  randomBlinded,
  type ShareEvaluation,
  type ThresholdKey,
  type VerifiedShare,
  verifyShare,
} from '@drempel/protocol/oprf'
import {
  type Blinded,
  commitItems,
  type DistinctItems,
  distinctItems,
  inThread,
  type PsiItems,
} from '@drempel/protocol/psi'
import {
  type BinRange,
  type FilledBins,
  fillBins,
  givingWay,
  type KeyedRecords,
} from '@drempel/protocol/threshold'
import { group } from './group.ts'
import {
  type FilledList,
  keyStretch,
  type ListTerms,
  type SharedList,
  type Stretch,
  shareFilled,
} from './list.ts'
import { type Packed, unpacked } from './packed.ts'
import { type PartyTerms, runOt } from './party.ts'
import { type PartOrder, runRoundPart } from './rounds.ts'

export type World = {
  readonly random: RandomBytes
  readonly pause: () => Promise<void>
}

/** Padding made between two pauses. */
const PADDING = 64
/** Elements that may be those of several checks, which part again. */
const FEW = 16

export const jobs = {
  /**
   * Asker: inputs, blinded, and random elements behind them up to `count`. A batch may be padding
   * alone; then there is no secret.
   */
  async blind(
    { random, pause }: World,
    { inputs, count }: { readonly inputs: Packed; readonly count: number },
  ): Promise<{
    readonly blinded: Bytes
    /** The same, decoded where there are many. */
    readonly elements: Elements
    readonly state: BlindSecret | null
  }> {
    const list = unpacked(inputs)
    const own = list.length === 0 ? null : await blindInputs(group, list, random, pause)
    const blinded = new Uint8Array(32 * count)
    if (own !== null) blinded.set(own.blinded)
    for (let from = list.length; from < count; from += PADDING) {
      await pause()
      const padding = randomBlinded(group, Math.min(PADDING, count - from), random)
      blinded.set(padding, 32 * from)
    }
    const elements = count > FEW ? await decodeElements(group, blinded, pause) : blinded
    return { blinded, elements, state: own?.state ?? null }
  },

  /** Holder: the evaluation and its proof. */
  evaluate(
    { random, pause }: World,
    { share, blinded }: { readonly share: SecretShare; readonly blinded: Bytes },
  ): Promise<ShareEvaluation> {
    return evaluateShare(group, share, blinded, random, pause)
  },

  /** Asker that is a holder too: without a proof. */
  evaluateOwn(
    { pause }: World,
    args: { readonly key: ThresholdKey; readonly share: SecretShare; readonly blinded: Elements },
  ): Promise<VerifiedShare> {
    return evaluateOwnShare(group, args.key, args.share, args.blinded, pause)
  },

  /** Asker: another holder's answer. */
  verify(
    { pause }: World,
    args: {
      readonly key: ThresholdKey
      readonly index: number
      readonly blinded: Elements
      readonly answer: ShareEvaluation
    },
  ): Promise<VerifiedShare> {
    return verifyShare(group, args.key, args.index, args.blinded, args.answer, pause)
  },

  /** Asker: 64 bytes of output for each input, one behind the other. */
  async combine(
    { pause }: World,
    args: {
      readonly state: BlindSecret
      readonly inputs: Packed
      readonly shares: readonly VerifiedShare[]
    },
  ): Promise<Bytes> {
    const inputs = unpacked(args.inputs)
    const outputs = await combineShares(group, args.state, inputs, args.shares, pause)
    const flat = new Uint8Array(64 * outputs.length)
    outputs.forEach((output, i) => void flat.set(output, 64 * i))
    return flat
  },

  /** Either side of an intersection: the distinct lines of a text. Does not give way. */
  async psiItems(_: World, { text }: { readonly text: Bytes }): Promise<DistinctItems> {
    return distinctItems(linesOf(text))
  },

  /** Either side of an intersection: the commitment to its list. Does not give way. */
  async psiCommit(
    _: World,
    { items, salt }: { readonly items: PsiItems; readonly salt: Bytes },
  ): Promise<Bytes> {
    return commitItems(items, salt)
  },

  /** Either side of an intersection: own items hashed to the group, times the session's scalar. */
  psiMask(
    { pause }: World,
    args: { readonly scalar: Bytes; readonly dst: Bytes; readonly items: PsiItems },
  ): Promise<Bytes> {
    return inThread(group, pause).mask(args.scalar, args.dst, args.items)
  },

  /** Who learns items: own items hashed, each behind a multiple of the generator. */
  psiBlind(
    { pause }: World,
    args: { readonly wide: Bytes; readonly dst: Bytes; readonly items: PsiItems },
  ): Promise<Blinded> {
    return inThread(group, pause).blind(args.wide, args.dst, args.items)
  },

  /** Who learns items: these multiples taken away, as the other multiplied them. */
  psiUnblind(
    { pause }: World,
    args: { readonly blinds: Bytes; readonly key: Bytes; readonly elements: Bytes },
  ): Promise<Bytes> {
    return inThread(group, pause).unblind(args.blinds, args.key, args.elements)
  },

  /** Either side of an intersection: the other's elements times the session's scalar. */
  psiMultiply(
    { pause }: World,
    args: { readonly scalar: Bytes; readonly elements: Bytes },
  ): Promise<Bytes> {
    return inThread(group, pause).multiply(args.scalar, args.elements)
  },

  /** Either side of an intersection, from its first message to its last. */
  psiOt(
    { random, pause }: World,
    { terms, port }: { readonly terms: PartyTerms; readonly port: MessagePort },
  ) {
    return runOt(terms, port, random, pause)
  },

  /** Compute node: a part of a round, from its shares to what is still shared. */
  roundPart({ random, pause }: World, order: PartOrder) {
    return runRoundPart(order, random, pause)
  },

  /** Partner: a stretch of its list, keyed. */
  keyRecords({ pause }: World, args: Stretch): Promise<readonly KeyedRecords[]> {
    return keyStretch(args, pause)
  },

  /** Partner: some of its bins, with what each stretch of its list has in them. */
  fillBins(
    { random, pause }: World,
    args: ListTerms & { readonly range: BinRange; readonly keyed: readonly KeyedRecords[] },
  ): Promise<FilledBins> {
    return givingWay(fillBins(args.plan, args.partner, args.range, args.keyed, random), pause)
  },

  /** Partner: its list, put together and shared. */
  shareFilled({ random, pause }: World, args: FilledList): Promise<SharedList> {
    return shareFilled(args, random, pause)
  },
}

export type JobName = keyof typeof jobs
export type JobArguments<Name extends JobName> = Parameters<(typeof jobs)[Name]>[1]
export type JobResult<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>

export function runJob<Name extends JobName>(
  name: Name,
  world: World,
  args: JobArguments<Name>,
): Promise<JobResult<Name>> {
  const job = jobs[name] as (world: World, args: JobArguments<Name>) => Promise<JobResult<Name>>
  return job(world, args)
}

/** None for no text. */
function* linesOf(text: Bytes): Generator<Bytes> {
  for (let from = 0; from < text.length; ) {
    const found = text.indexOf(10, from)
    const to = found < 0 ? text.length : found
    yield text.subarray(from, to)
    from = to + 1
  }
}
