import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { makeWorkplace } from '@drempel/cli/internal/experiment/workplace'
import { expect, it } from 'vitest'
import { folder } from '../world.ts'

/** Above what any system gives out. */
const NOBODY = 2 ** 30

it('clears what a killed experiment left, and nothing of those that run', async () => {
  const parent = folder()
  const running = await makeWorkplace(parent)
  const left = `drempel-experiment-${hostname()}-${NOBODY}-abcdef`
  const others = [`drempel-experiment-elsewhere-${NOBODY}-abcdef`, 'drempel-experiment-notes']
  for (const name of [left, ...others]) mkdirSync(join(parent, name))
  writeFileSync(join(parent, left, 'master.key'), 'secret')
  const next = await makeWorkplace(parent)
  const mine = [running, next].map(({ directory }) => basename(directory))
  expect(readdirSync(parent).sort()).toEqual([...others, ...mine].sort())
  for (const workplace of [running, next]) workplace.leave()
})
