/**
 * The same question, answered by the real protocol: every partner gets a node, imports its list of the
 * last day, and rounds are run; then what nodes say is compared with the reference computation, for
 * every partner and rule.
 */

import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuleChoice, SignedConvenant } from '@drempel/protocol/convenant'
import { isProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { ApiError } from '../federation/api.ts'
import { Federation, type FederationOptions } from '../federation/federation.ts'
import { processorSeconds } from '../federation/processor.ts'
import { fail } from '../output/errors.ts'
import { itemsOf } from './evaluate.ts'
import type { Material, Rule } from './model.ts'
import { finalCounts, isMet, sectorNumbers } from './reference.ts'
import { rulesOf } from './rules.ts'
import type { Experiment } from './schema.ts'

export type Measured = {
  /** Rules that nodes answered, and those that a convenant cannot hold. */
  readonly answered: readonly string[]
  readonly notInConvenant: readonly string[]
  readonly rounds: readonly {
    readonly kind: IdentifierKind
    readonly listAgeDays: number
    readonly secondsImport: number
    readonly secondsRound: number
    readonly lists: readonly { readonly rule: string; readonly size: number }[]
  }[]
  /** Null where the system does not say (it does on Linux). */
  readonly processorSeconds: readonly {
    readonly partner: string
    readonly seconds: number | null
  }[]
  readonly secondsTotal: number
}

export type NodesOptions = {
  /** Told what is being done, in words. */
  readonly onProgress: (step: string) => void
  /** Milliseconds, from anywhere. */
  readonly clock: () => number
}

/**
 * @returns what it took, and the convenant that the nodes signed
 * @throws ProtocolError `EXPERIMENT_DIFFERS` when an answer is not the reference's; `EXPERIMENT_INVALID`
 *   when no rule of the experiment can stand in a convenant
 */
export async function runOnNodes(
  experiment: Experiment,
  material: Material,
  options: NodesOptions,
): Promise<{ measured: Measured; convenant: SignedConvenant }> {
  const { clock } = options
  const started = clock()
  const rules = rulesOf(experiment)
  const possible = rules.filter((rule) => choiceOf(rule, material) !== undefined)
  if (possible.length === 0) {
    fail('EXPERIMENT_INVALID', {
      at: 'rules',
      hint: 'a convenant takes three partners, and one more than t: add partners, or use --plain',
    })
  }
  const choices = new Map(
    possible.map((rule) => [protocolId(rule), choiceOf(rule, material)!] as const),
  )
  const directory = await mkdtemp(join(tmpdir(), 'drempel-experiment-'))
  // Whatever ends this process, it leaves no key behind; the nodes' processes have ended before.
  const clean = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', clean)
  const federation = await startAll({
    directory,
    partners: experiment.partners.map(({ id, name, sector }) => ({ id, name, sector })),
    convenant: {
      id: experiment.id,
      kinds: [...new Set(possible.map(({ kind }) => kind))],
      rules: [...choices.values(), ...askable([...choices.values()], material)],
      // A quarter of the cap may be new or withdrawn in one round: here whole lists are.
      listCap: 4 * Math.max(256, material.items.length),
      minList: 0,
    },
    onProgress: options.onProgress,
  })
  try {
    const run = new Run(federation, material, options)
    const rounds: Measured['rounds'][number][] = []
    for (const { kind, listAgeDays } of groupsOf(possible)) {
      const asked = possible.filter(
        (rule) => rule.kind === kind && rule.listAgeDays === listAgeDays,
      )
      rounds.push(await run.round(kind, listAgeDays, asked))
    }
    const measured: Measured = {
      answered: possible.map(({ id }) => id),
      notInConvenant: rules.filter((rule) => !possible.includes(rule)).map(({ id }) => id),
      rounds,
      processorSeconds: federation.nodes.map(({ id, pid }) => ({
        partner: id,
        seconds: pid === undefined ? null : rounded(processorSeconds([pid])),
      })),
      secondsTotal: seconds(started, clock()),
    }
    return { measured, convenant: federation.signed }
  } catch (error) {
    if (error instanceof ApiError) {
      const { code, at, hint } = error.problem
      fail('NODE_FAILED', { at: [code, at].filter(Boolean).join(' '), ...(hint ? { hint } : {}) })
    }
    throw error
  } finally {
    await federation.remove()
    process.off('exit', clean)
  }
}

async function startAll(options: FederationOptions): Promise<Federation> {
  try {
    return await Federation.create(options)
  } catch (error) {
    if (isProtocolError(error)) throw error
    // What nodes wrote when they did not start names places of this machine.
    return fail('NODE_FAILED', { hint: 'a node did not start in time: is the machine very busy?' })
  }
}

/** A rule as a convenant says it; undefined when none may. Age is a matter of what is imported. */
export function choiceOf(
  rule: Rule,
  { partners }: Pick<Material, 'partners'>,
): RuleChoice | undefined {
  const { kind, t, sectors, reports, output } = rule
  if (partners.length < Math.max(3, t + 1)) return undefined
  if (sectors > 1 && tellsWho(sectors, partners)) return undefined
  return {
    ...{ kind, t, output },
    ...(sectors > 1 ? { minSectors: sectors } : {}),
    // Up to t every flag counts for a report anyway.
    ...(reports > t ? { reports } : {}),
  }
}

/**
 * A convenant has a purpose, and a purpose a rule that may be asked about. Where every rule tells
 * owners alone, the list of the highest threshold there is adds least; it is in measured.json.
 */
export function askable(
  choices: readonly RuleChoice[],
  { partners }: Pick<Material, 'partners'>,
): RuleChoice[] {
  if (choices.some(({ output }) => output === 'list')) return []
  const kinds = [...new Set(choices.map(({ kind }) => kind))]
  return kinds.map((kind) => ({ kind, t: partners.length - 1, output: 'list' }))
}

/** Too few sectors, or all are needed and one has a single partner: who hears the result knows who. */
function tellsWho(needed: number, partners: Material['partners']): boolean {
  const sizes = new Map<string, number>()
  for (const { sector } of partners) sizes.set(sector, (sizes.get(sector) ?? 0) + 1)
  return needed > sizes.size || (needed === sizes.size && [...sizes.values()].includes(1))
}

/** As a drafted convenant names it. */
function protocolId({ kind, t, sectors, reports, output }: Rule): string {
  return [
    ...[kind, `t${t}`],
    ...(sectors > 1 ? [`s${sectors}`] : []),
    ...(reports > t ? [`r${reports}`] : []),
    ...(output === 'owners' ? ['owners'] : []),
  ].join('-')
}

/** Longest age first: lists then only shrink, since what was withdrawn may not come back. */
function groupsOf(rules: readonly Rule[]): Pick<Rule, 'kind' | 'listAgeDays'>[] {
  const groups = new Map(
    rules.map(({ kind, listAgeDays }) => [`${kind} ${listAgeDays}`, { kind, listAgeDays }]),
  )
  const age = (days: number) => (days === 0 ? Number.POSITIVE_INFINITY : days)
  return [...groups.values()].sort((a, b) => {
    const [x, y] = [age(a.listAgeDays), age(b.listAgeDays)]
    return x === y ? 0 : y > x ? 1 : -1
  })
}

class Run {
  readonly #federation: Federation
  readonly #material: Material
  readonly #options: NodesOptions
  readonly #keys = new Set<IdentifierKind>()

  constructor(federation: Federation, material: Material, options: NodesOptions) {
    this.#federation = federation
    this.#material = material
    this.#options = options
  }

  async round(
    kind: IdentifierKind,
    listAgeDays: number,
    rules: readonly Rule[],
  ): Promise<Measured['rounds'][number]> {
    const { clock, onProgress } = this.#options
    const started = clock()
    onProgress(`${kind}: every partner imports its list`)
    await this.#importLists(kind, listAgeDays)
    if (!this.#keys.has(kind)) await this.#federation.coordinator.api.generateKey(kind)
    this.#keys.add(kind)
    const imported = clock()
    onProgress(`${kind}: a round`)
    const done = await this.#federation.runRound(kind)
    if (done.state !== 'published') {
      const { reason, culprit } = done
      fail('ROUND_FAILED', {
        at: kind,
        ...(culprit ? { culprit } : {}),
        ...(reason ? { hint: reason } : {}),
      })
    }
    const published = clock()
    onProgress(`${kind}: what the nodes say is compared`)
    const lists = done.lists ?? []
    await this.#compare(kind, listAgeDays, rules, lists)
    return {
      kind,
      listAgeDays,
      secondsImport: seconds(started, imported),
      secondsRound: seconds(imported, published),
      lists: lists.map(({ rule, size }) => ({ rule, size })),
    }
  }

  async #importLists(kind: IdentifierKind, listAgeDays: number): Promise<void> {
    const counted = this.#counted(kind, listAgeDays)
    await Promise.all(
      this.#material.partners.map(async ({ id }, partner) => {
        const own = counted.filter(({ counts }) => counts[partner]! > 0)
        const values = own.map(({ value }) => value)
        const reports = own.map(({ counts }) => counts[partner]!)
        const { api } = this.#federation.node(id)
        const { active } = await api.importFlags(kind, values, { replace: true, reports })
        if (active !== values.length) {
          fail('EXPERIMENT_DIFFERS', { at: id, hint: `${active} flags of ${values.length}` })
        }
      }),
    )
  }

  /** Of every partner: which of its own flags are over which rule. And how long each list is. */
  async #compare(
    kind: IdentifierKind,
    listAgeDays: number,
    rules: readonly Rule[],
    lists: readonly { readonly rule: string; readonly size: number }[],
  ): Promise<void> {
    const sectorOf = sectorNumbers(this.#material)
    const counted = this.#counted(kind, listAgeDays)
    const ids = [...new Set(rules.map(protocolId))]
    for (const [partner, { id }] of this.#material.partners.entries()) {
      const flags = await this.#federation.node(id).api.flagsOver(kind, ids)
      const said = new Map(flags.map(({ value, rules: over = [] }) => [value, over]))
      for (const rule of rules) {
        for (const { value, counts } of counted) {
          if (counts[partner] === 0) continue
          const expected = isMet(rule, counts, sectorOf)
          if ((said.get(value)?.includes(protocolId(rule)) ?? false) === expected) continue
          fail('EXPERIMENT_DIFFERS', { at: `${rule.id} at ${id}` })
        }
      }
    }
    for (const rule of rules) {
      const size = lists.find((list) => list.rule === protocolId(rule))?.size
      const expected = counted.filter(({ counts }) => isMet(rule, counts, sectorOf)).length
      if (rule.output === 'list' && size !== expected) {
        fail('EXPERIMENT_DIFFERS', { at: rule.id, hint: `${size} published, ${expected} expected` })
      }
    }
  }

  /** What is in force on the last day, with how many reports each partner has of it. */
  #counted(kind: IdentifierKind, listAgeDays: number) {
    return itemsOf(this.#material, kind)
      .map(({ item }) => ({
        value: item.value,
        counts: finalCounts(item, { listAgeDays }, this.#material),
      }))
      .filter(({ counts }) => counts.some((count) => count > 0))
  }
}

function seconds(from: number, until: number): number {
  return Math.round((until - from) / 10) / 100
}

/** To hundredths: more the system does not count. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(100 * value) / 100
}
