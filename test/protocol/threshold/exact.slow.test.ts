import { describe, test } from 'vitest'
import { seededInts } from '../worlds/ciphers.ts'
import { expectExact, overlapping, randomLists, rulesFor } from '../worlds/exactness.ts'
import { runRound } from '../worlds/round.ts'

const seed = process.env.SEED ?? String(Date.now())

async function tryRound(name: string, lists: readonly (readonly string[])[], most: number) {
  const thresholds = Array.from({ length: most - 1 }, (_, i) => i + 2)
  const rules = rulesFor(thresholds)
  const outcome = await runRound({ seed: `${seed}/${name}`, lists, rules })
  expectExact(outcome, lists, rules, seed)
}

describe(`exact results, SEED=${seed}`, () => {
  test.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    '%i random lists, every threshold',
    async (count) => {
      for (let i = 0; i < 3; i++) {
        const name = `random/${count}/${i}`
        await tryRound(name, randomLists(`${seed}/${name}`, count), count)
      }
    },
  )

  test.each([
    [[20_000, 400, 3_000, 9_000]],
    [[12_345, 6_789, 10_001]],
    [[4_096, 4_097, 4_095, 1, 0, 2, 3]],
    [[30_000, 30_000, 30_000, 30_000, 30_000]],
  ])('overlapping lists of %j', async (sizes) => {
    await tryRound(`sizes/${sizes}`, overlapping(sizes, 15_000, `${seed}/sizes/${sizes}`), 4)
  })

  test('near-identical groups of large lists', async () => {
    const below = seededInts(`${seed}/groups`)
    const lists = Array.from({ length: 6 }, (_, list) =>
      Array.from(
        { length: 15_000 },
        (_, i) => `${list % 2}.${below(500) === 0 ? `own${list}.${i}` : i}`,
      ),
    )
    await tryRound('groups', lists, 4)
  })
})
