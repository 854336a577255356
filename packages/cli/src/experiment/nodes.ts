/**
 * The same question, answered by the real protocol: every partner gets a node, imports its list of the
 * last day, and rounds are run; then what nodes say is compared with the reference computation, for
 * every partner and rule.
 */

import { tmpdir } from 'node:os'
import type { SignedConvenant } from '@drempel/protocol/convenant'
import { isProtocolError } from '@drempel/protocol/encoding'
import { ApiError } from '../federation/api.ts'
import { Federation, type FederationOptions } from '../federation/federation.ts'
import { processorSeconds } from '../federation/processor.ts'
import { makeWorkplace } from '../federation/workplace.ts'
import { fail } from '../output/errors.ts'
import type { Text } from '../output/language.ts'
import type { Material } from './model.ts'
import { type MeasuredRound, Rounds, seconds } from './rounds.ts'
import { countRulesOf, rulesOf } from './rules.ts'
import type { Experiment } from './schema.ts'
import { choiceOf, type Terms, termsOf } from './terms.ts'

export type Measured = {
  /** Rules that nodes answered, and those that a convenant cannot hold. */
  readonly answered: readonly string[]
  readonly notInConvenant: readonly string[]
  readonly rounds: readonly MeasuredRound[]
  /** Null where the system does not say (it does on Linux). */
  readonly processorSeconds: readonly {
    readonly partner: string
    readonly seconds: number | null
  }[]
  readonly secondsTotal: number
}

export type NodesOptions = {
  /** Told what is being done, in words. */
  readonly onProgress: (step: Text) => void
  /** Milliseconds, from anywhere. */
  readonly clock: () => number
}

/**
 * @returns what it took, and the convenants that the nodes signed: one of the rules that name
 *   identifiers, and others of rules that only count
 * @throws ProtocolError `EXPERIMENT_DIFFERS` when an answer is not the reference's; `EXPERIMENT_INVALID`
 *   when no rule of the experiment can stand in a convenant
 */
export async function runOnNodes(
  experiment: Experiment,
  material: Material,
  options: NodesOptions,
): Promise<{ measured: Measured; convenants: readonly SignedConvenant[] }> {
  const { clock } = options
  const started = clock()
  const rules = rulesOf(experiment)
  const possible = rules.filter((rule) => choiceOf(rule, material) !== undefined)
  const counted = experiment.partners.length < 3 ? [] : countRulesOf(experiment)
  if (possible.length + counted.length === 0) {
    fail('EXPERIMENT_INVALID', {
      at: 'rules',
      hint: 'a convenant takes three partners, and one more than t: add partners, or use --plain',
    })
  }
  const rounds: MeasuredRound[] = []
  const convenants: SignedConvenant[] = []
  const processor = experiment.partners.map((): number | null => 0)
  for (const terms of termsOf(possible, counted, material)) {
    const done = await underTerms(experiment, material, terms, options)
    rounds.push(...done.rounds)
    convenants.push(done.convenant)
    for (const [i, used] of done.processor.entries()) {
      const before = processor[i]!
      processor[i] = used === null || before === null ? null : before + used
    }
  }
  const measured: Measured = {
    answered: [...possible, ...counted].map(({ id }) => id),
    notInConvenant: rules.filter((rule) => !possible.includes(rule)).map(({ id }) => id),
    rounds,
    processorSeconds: experiment.partners.map(({ id }, i) => {
      return { partner: id, seconds: rounded(processor[i]!) }
    }),
    secondsTotal: seconds(started, clock()),
  }
  return { measured, convenants }
}

/** One federation from its keys to its end. */
async function underTerms(
  experiment: Experiment,
  material: Material,
  { choices, rounds: wanted }: Terms,
  options: NodesOptions,
) {
  const workplace = await makeWorkplace(tmpdir(), 'experiment')
  const federation = await startAll({
    directory: workplace.directory,
    partners: experiment.partners.map(({ id, name, sector }) => ({ id, name, sector })),
    convenant: {
      id: experiment.id,
      kinds: [...new Set(choices.map(({ kind }) => kind))],
      rules: choices,
      // A quarter of the cap may be new or withdrawn in one round: here whole lists are.
      listCap: 4 * Math.max(256, material.items.length),
      minList: 0,
    },
    onProgress: options.onProgress,
  })
  try {
    const run = new Rounds(federation, material, options)
    const rounds: MeasuredRound[] = []
    for (const round of wanted) rounds.push(await run.run(round))
    const processor = experiment.partners.map(({ id }) => {
      const { pid } = federation.node(id)
      return pid === undefined ? null : processorSeconds([pid])
    })
    return { rounds, convenant: federation.signed, processor }
  } catch (error) {
    if (error instanceof ApiError) {
      const { code, at, hint } = error.problem
      fail('NODE_FAILED', { at: [code, at].filter(Boolean).join(' '), ...(hint ? { hint } : {}) })
    }
    throw error
  } finally {
    await federation.remove()
    workplace.leave()
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

/** To hundredths: more the system does not count. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(100 * value) / 100
}
