import { expect, test } from 'vitest'
import { runScript } from '../script.ts'

test.each(['X', '999', '1e99', '2000 more'])(
  'npm run timing -- %s is refused, and tells how it is called',
  async (line) => {
    const script = new URL('./main.ts', import.meta.url)
    const { code, out, err } = await runScript(script, line.split(' '))
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('npm run timing -- [MEASUREMENTS]')
  },
)
