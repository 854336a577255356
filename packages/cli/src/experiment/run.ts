/** From an experiment to its results: data, reference computation, sensitivity. */

import { dirname, resolve } from 'node:path'
import { fail } from '../output/errors.ts'
import { readLists } from './lists.ts'
import type { Material } from './model.ts'
import { type ParameterValues, parameterValues } from './parameters.ts'
import { makePeople } from './people.ts'
import { focusOf, type Results, resultsOf } from './results.ts'
import { kindsOf } from './rules.ts'
import type { Experiment } from './schema.ts'
import { sensitivityOf } from './sensitivity.ts'
import { makeWorld } from './world.ts'

export type Computed = { readonly material: Material; readonly results: Results }

/** Where the experiment's paths start. */
export function baseOf(experiment: Experiment, file: string): string {
  return resolve(dirname(file), experiment.base ?? '.')
}

/** The data: made up from the seed, or read. */
export async function materialOf(experiment: Experiment, file: string): Promise<Material> {
  const { data } = experiment
  if ('nodes' in data) return fail('EXPERIMENT_INVALID', { at: 'data.nodes', hint: ON_NODES })
  if ('files' in data) return readLists(experiment, data, baseOf(experiment, file))
  return worldOf(experiment, parameterValues(experiment.parameters))
}

/** @param onPart told which part is done, from 0 to 1: half of it rules, half worlds of the sensitivity */
export async function compute(
  experiment: Experiment,
  file: string,
  onPart: (part: number) => void = () => {},
): Promise<Computed> {
  const material = await materialOf(experiment, file)
  const varies = isMadeUp(experiment) && experiment.sensitivity
  const share = varies ? 0.5 : 1
  const results = await resultsOf(experiment, material, (done, total) => {
    onPart((share * done) / total)
  })
  if (!varies) return { material, results }
  const focus = results.kinds.flatMap((kind) => {
    return focusOf(kind.rules, kind.less, experiment.wanted)?.rule ?? []
  })
  const sensitivity = await sensitivityOf(
    experiment,
    focus,
    results.parameters,
    (values) => worldOf(experiment, values),
    (done, total) => onPart(0.5 + (0.5 * done) / total),
  )
  return { material, results: { ...results, sensitivity } }
}

const ON_NODES = 'its data stay at the nodes; nothing is made up, and nothing computed in the clear'

function isMadeUp({ data }: Experiment): boolean {
  return 'generator' in data || 'people' in data
}

function worldOf(experiment: Experiment, values: ParameterValues): Material {
  const { seed, partners, data } = experiment
  const kinds = kindsOf(experiment)
  if ('people' in data) return makePeople({ seed, partners, kinds, values })
  if (!('generator' in data)) throw new TypeError('not an experiment on a made-up world')
  return makeWorld({ seed, partners, kinds, generator: data.generator, values })
}
