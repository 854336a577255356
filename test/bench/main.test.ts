import { describe, expect, it } from 'vitest'
import { readCommand, SUITES } from './arguments.ts'
import { bench, lastObject } from './command.ts'

const RESULT = {
  name: expect.any(String),
  value: expect.any(Number),
  unit: expect.any(String),
  better: expect.stringMatching(/^(higher|lower)$/),
}

describe('npm run bench', () => {
  it('measures the OPRF beside its peers, and says so in one line', async () => {
    const finished = await bench('oprf', '--smoke', '--json')
    expect(finished.err).toContain('oprf: server evaluate')
    expect(finished.code).toBe(0)
    const { machine, results } = lastObject(finished)
    expect(machine.node).toBe(process.versions.node)
    for (const result of results) {
      expect(result).toMatchObject(RESULT)
      expect(Object.keys(result)).toEqual([
        'name',
        'value',
        'unit',
        'peer',
        'goal',
        'better',
        'met',
        'spread',
        'point',
      ])
    }
    const evaluate = results.find(
      (one: { name: string }) => one.name === 'oprf evaluate / libsodium',
    )
    expect(evaluate).toMatchObject({ unit: 'times', better: 'higher' })
    expect(evaluate.peer).toMatch(/^libsodium-wrappers-sumo \d/)
    expect(results.every(({ value }: { value: number }) => value > 0)).toBe(true)
  })

  it('refuses what it does not know and tells how it is called', async () => {
    const { code, out, err } = await bench('nonsense')
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain('npm run bench -- SUITE')
  })
})

describe('arguments', () => {
  it.each([
    [''],
    ['nonsense'],
    ['oprf round'],
    ['oprf --fast'],
    ['round --lists 5,x'],
    ['round --lists 5,0'],
    ['round --lists 5,5 --t 1'],
    ['round --lists 5,5 --output all'],
    ['round --lists 5,5 --parts 3'],
  ])('%j is refused', (line) => {
    expect(readCommand(line.split(' ').filter(Boolean))).toBeUndefined()
  })

  it('reads suites, modes and a workload', () => {
    const all = { suites: SUITES, mode: 'full', json: false, large: false }
    expect(readCommand(['all'])).toEqual(all)
    expect(readCommand(['psi', '--large'])).toMatchObject({ suites: ['psi'], large: true })
    expect(readCommand(['oprf', '--quick'])).toMatchObject({ suites: ['oprf'], mode: 'quick' })
    const custom = { sizes: [5, 6], t: 3, output: 'list', parts: 4 }
    expect(readCommand('round --lists 5,6 --t 3 --output list --parts 4'.split(' '))).toMatchObject(
      {
        custom,
      },
    )
    expect(readCommand(['round', '--help'])).toBe('help')
  })
})
