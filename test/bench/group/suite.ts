/**
 * Suite `group`: what the builds of the group kernel do on one thread beside libsodium's own functions,
 * called directly.
 */

import { deepStrictEqual } from 'node:assert/strict'
import { type KernelBuild, simdGroup } from '@drempel/protocol/group'
import { type Result, rateOf, ratioOf } from '../harness/results.ts'
import type { Mode, Suite } from '../harness/suite.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { peerName } from '../harness/versions.ts'
import { type Operation, operations } from './operations.ts'

type Size = { readonly batch: number; readonly limits: TurnLimits }

const SIZES: Record<Mode, Size> = {
  full: { batch: 1024, limits: { seconds: 12, atLeast: 5, atMost: 100 } },
  quick: { batch: 256, limits: { seconds: 4, atLeast: 2, atMost: 100 } },
  smoke: { batch: 5, limits: { seconds: 0, atLeast: 1, atMost: 1 } },
}

const BUILDS = ['relaxed', 'baseline'] as const

export const group: Suite = async ({ mode, say }) => {
  const { batch, limits } = SIZES[mode]
  const results: Result[] = []
  for (const operation of operations(batch)) {
    say(`group: ${operation.name}, batches of ${batch}`)
    results.push(...(await benchOperation(operation, batch, limits)))
  }
  return results
}

async function benchOperation(
  { name, goals, ours, libsodium }: Operation,
  batch: number,
  limits: TurnLimits,
): Promise<Result[]> {
  const builds = BUILDS.flatMap((build) => {
    const group = simdGroup(build)
    return group === undefined ? [] : [{ build, group }]
  })
  const expected = libsodium()
  for (const { group } of builds) deepStrictEqual(ours(group), expected)
  const turns = await takeTurns(
    [
      ...builds.map(({ build, group }) => ({ name: build, run: () => timed(() => ours(group)) })),
      { name: 'libsodium', run: () => timed(libsodium) },
    ],
    limits,
  )
  return builds.flatMap(({ build }) => [
    rateOf(`${name}, ${build}`, batch, turns.of(build)),
    ratio(name, build, goals?.[build], turns.of(build), turns.of('libsodium')),
  ])
}

function ratio(
  name: string,
  build: KernelBuild,
  goal: number | undefined,
  ours: readonly number[],
  theirs: readonly number[],
): Result {
  const peer = peerName('libsodium-wrappers-sumo')
  return ratioOf(
    { name: `${name}, ${build} / libsodium`, peer, ...(goal === undefined ? {} : { goal }) },
    ours,
    theirs,
  )
}
