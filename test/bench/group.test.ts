import { describe, expect, it } from 'vitest'
import { bench, lastObject } from './command.ts'

describe('npm run bench -- group', () => {
  it('measures both builds beside libsodium, with their goals', async () => {
    const finished = await bench('group', '--smoke', '--json')
    expect(finished.code).toBe(0)
    const { results } = lastObject(finished)
    const find = (name: string) => results.find((one: { name: string }) => one.name === name)
    for (const [build, goal] of [
      ['relaxed', 3.3],
      ['baseline', 2],
    ]) {
      expect(find(`group evaluate, ${build}`)).toMatchObject({ unit: '1/s', peer: null })
      expect(find(`group evaluate, ${build} / libsodium`)).toMatchObject({
        unit: 'times',
        goal,
        peer: expect.stringMatching(/^libsodium-wrappers-sumo \d/),
      })
    }
    expect(results.every(({ value }: { value: number }) => value > 0)).toBe(true)
  })
})
