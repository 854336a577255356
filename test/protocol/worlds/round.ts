/** A whole round in one process: partners prepare and share, three nodes compute, partners combine. */

import { type Bytes, hashParts, hex, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import type { PartyContext, PartyIndex } from '@drempel/protocol/mpc'
import {
  combineOwners,
  computeRound,
  type PartRunner,
  type PreparedList,
  planRound,
  prepareList,
  type RoundOptions,
  type RoundPlan,
  type RoundResult,
  type RoundRule,
  readUpload,
  recordKey,
  runPart,
  shareList,
} from '@drempel/protocol/threshold'
import { aesCtr, seededBytes } from './ciphers.ts'
import { type MoreLinks, threeResults, type WorldOptions } from './three.ts'

export type RoundWorld = WorldOptions & {
  readonly lists: readonly (readonly string[])[]
  /** Of every value of every list, where rules count them; 1 unless given. */
  readonly reports?: readonly (readonly number[])[]
  readonly rules: readonly RoundRule[]
  /** Public sizes, the lists' own unless given. */
  readonly sizes?: readonly number[]
  readonly options?: Partial<RoundOptions>
  /** The options that one node has otherwise. */
  readonly optionsAt?: (party: PartyIndex) => Partial<RoundOptions>
  readonly plan?: (plan: RoundPlan) => RoundPlan
  /** How many parts each node can compute beside each other; here they take turns. */
  readonly threads?: readonly [number, number, number]
  /** The rules as one node has them, when nodes disagree. */
  readonly rulesAt?: (party: PartyIndex) => readonly RoundRule[]
  /** A partner that lies: changes what was prepared before it is shared. */
  readonly lie?: Lie
  /** What reaches a compute node; undefined: nothing. */
  readonly upload?: (partner: number, party: PartyIndex, upload: Bytes) => Bytes | undefined
}

export type Lie = (prepared: PreparedList, plan: RoundPlan, salt: Bytes) => PreparedList

export type RoundOutcome = {
  readonly plan: RoundPlan
  readonly prepared: readonly PreparedList[]
  readonly results: readonly [RoundResult, RoundResult, RoundResult]
  /** Rule id to opened keys in hex. */
  readonly lists: ReadonlyMap<string, readonly string[]>
  /** Rule id to partner to one answer per value. */
  readonly owners: ReadonlyMap<string, ReadonlyMap<number, readonly boolean[]>>
  /** Hex key of a value under the salt that was used. */
  readonly key: (value: string) => string
}

/** What partners do before the nodes compute. */
export type Uploaded = {
  readonly plan: RoundPlan
  readonly salt: Bytes
  readonly prepared: readonly PreparedList[]
  /** Of each partner, to each node. */
  readonly uploads: readonly (readonly [Bytes, Bytes, Bytes])[]
}

export function upload(world: RoundWorld): Uploaded {
  const { lists, rules, seed } = world
  const made = planRound(
    lists.map((list, i) => ({ id: `partner${i}`, paddedSize: world.sizes?.[i] ?? list.length })),
    rules.some(({ reports }) => reports !== undefined)
      ? 2
      : rules.some(({ aggregates }) => aggregates?.from === 1)
        ? 1
        : 0,
  )
  const plan = world.plan?.(made) ?? made
  const { prepared, salt } = prepareAll(world, plan)
  const told = prepared.map((list) => world.lie?.(list, plan, salt) ?? list)
  const uploads = told.map((list, i) =>
    shareList(plan, list, seededBytes(`${seed}/share${i}`), aesCtr),
  )
  return { plan, salt, prepared, uploads }
}

/** @param uploaded by the same world, where several rounds begin alike */
export async function runRound(
  world: RoundWorld,
  uploaded: Uploaded = upload(world),
): Promise<RoundOutcome> {
  const { plan, salt, prepared } = uploaded
  const results = await threeResults(world, computing(world, uploaded))
  return { plan, prepared, results, ...combined(plan, prepared, results), key: keyOf(plan, salt) }
}

/** What a node does. */
export function computing(
  world: RoundWorld,
  { plan, uploads }: Uploaded = upload(world),
): (ctx: PartyContext, more: MoreLinks) => Promise<RoundResult> {
  const { rules, seed } = world
  return (ctx, more) => {
    const inputs = new Map(
      uploads.flatMap((parts, partner) => {
        const sent = parts[ctx.party]
        const upload = world.upload === undefined ? sent : world.upload(partner, ctx.party, sent)
        if (upload === undefined) return []
        return [[partner, readUpload(plan, partner, ctx.party, upload)] as const]
      }),
    )
    const options = { minContributors: 1, ...world.options, ...world.optionsAt?.(ctx.party) }
    const known = world.rulesAt?.(ctx.party) ?? rules
    const threads = threadsOf(world.threads?.[ctx.party], ctx, more)
    return computeRound(ctx, utf8(seed), plan, known, inputs, { ...threads, ...options })
  }
}

/** Parts that cross to their thread and back as to a real one, by copies. */
function threadsOf(
  most: number | undefined,
  ctx: PartyContext,
  more: MoreLinks,
): Pick<RoundOptions, 'threads' | 'partAnds'> {
  if (most === undefined) return {}
  const open = async (): Promise<PartRunner> => async (index, task, onProgress) => {
    const own = { ...ctx, ...more(index + 1), onProgress }
    return structuredClone(await runPart(own, structuredClone(task)))
  }
  return { threads: { most, open }, partAnds: 1 }
}

/** What must come out: per rule the values of at least t lists, each list counted once. */
export function expectedOver(
  lists: readonly (readonly string[])[],
  t: number,
): ReadonlySet<string> {
  const holders = new Map<string, number>()
  for (const list of lists) {
    for (const value of new Set(list)) holders.set(value, (holders.get(value) ?? 0) + 1)
  }
  return new Set([...holders].filter(([, count]) => count >= t).map(([value]) => value))
}

function prepareAll(world: RoundWorld, plan: RoundPlan) {
  for (let attempt = 0; attempt < 8; attempt++) {
    const salt = hashParts('drempel/v1/test/salt', utf8(`${world.seed}/${attempt}`))
    try {
      const prepared = world.lists.map((list, i) =>
        prepareList(
          plan,
          i,
          salt,
          list.map(utf8),
          seededBytes(`${world.seed}/prepare${i}`),
          world.reports?.[i],
        ),
      )
      return { prepared, salt }
    } catch (error) {
      if (!isProtocolError(error, 'RECORD_DOES_NOT_FIT')) throw error
    }
  }
  throw new Error('no salt fits')
}

function combined(
  plan: RoundPlan,
  prepared: readonly PreparedList[],
  results: readonly [RoundResult, RoundResult, RoundResult],
): Pick<RoundOutcome, 'lists' | 'owners'> {
  const lists = new Map([...results[0].lists].map(([id, keys]) => [id, keys.map(hex)]))
  const owners = new Map(
    [...results[0].owners].map(([id, parts]) => {
      const answers = [...parts.keys()].map((partner) => {
        const all = results.map((result) => result.owners.get(id)!.get(partner)!)
        const three = all as unknown as readonly [Bytes, Bytes, Bytes]
        return [partner, combineOwners(plan, prepared[partner]!, three)] as const
      })
      return [id, new Map(answers)]
    }),
  )
  return { lists, owners }
}

function keyOf(plan: RoundPlan, salt: Bytes): (value: string) => string {
  return (value) => hex(recordKey(salt, utf8(value), plan.keyBits))
}
