import { describe, expect, it } from 'vitest'
import { runScript } from '../../script.ts'
import { readCommand } from './arguments.ts'

describe('npm run differential', () => {
  it.each([
    'x',
    '1e6 y',
    '-1',
    '1.5',
    '1e-3',
    '1e99',
    '0x10',
    'Infinity',
    '1 1 seed',
    '1 1 4294967296',
    '1 1 1 fast',
    '1 1 1 relaxed more',
  ])('%j is refused', (line) => {
    expect(readCommand(line.split(' '), 7)).toBeUndefined()
  })

  it('does not take nothing for zero', () => {
    expect(readCommand([''], 7)).toBeUndefined()
  })

  it('reads counts, a seed and a build', () => {
    const builds = ['relaxed', 'baseline']
    expect(readCommand([], 7)).toEqual({
      ...{ fieldOperations: 1_000_000, groupOperations: 10_000, seed: 7, builds },
    })
    expect(readCommand(['1e8', '0', '12', 'baseline'], 7)).toEqual({
      ...{ fieldOperations: 100_000_000, groupOperations: 0, seed: 12, builds: ['baseline'] },
    })
  })

  it('tells how it is called when it makes no sense of the call', async () => {
    const script = new URL('./check.ts', import.meta.url)
    const { code, out, err } = await runScript(script, ['X', 'Y'])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('npm run differential -- [FIELD')
  })
})
