import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { check, crashTest, type Said, seedOf } from './crash.ts'

it('loses nothing that it acknowledged when killed at work', () =>
  crashTest({ runs: 3, at: 'work', wait: 200, seed: seedOf() }))

it.each<Said>([
  { index: 0, leaf: 'AAAA' },
  { chunk: '0/0', added: 200 },
  { round: '0-0', accepted: true },
  { served: 'ab'.repeat(16) },
  { witnessed: 1 },
])('the check notices when %o is not there', async (said) => {
  const folder = await mkdtemp(join(tmpdir(), 'drempel-crash-'))
  await expect(check(folder, [said])).rejects.toThrow('expected')
  await rm(folder, { recursive: true })
})
