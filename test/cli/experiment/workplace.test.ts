import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { makeWorkplace } from '@drempel/cli/internal/experiment/workplace'
import { expect, it, onTestFinished, vi } from 'vitest'
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

it('clears nothing of a machine whose name begins as this one does', async () => {
  const parent = folder()
  const other = `drempel-experiment-${hostname()}-${NOBODY}-${process.pid}-abcdef`
  mkdirSync(join(parent, other))
  const { directory, leave } = await makeWorkplace(parent)
  expect(readdirSync(parent).sort()).toEqual([other, basename(directory)].sort())
  leave()
})

it("clears nothing of somebody else's, who may lead it elsewhere meanwhile", async () => {
  const parent = folder()
  const theirs = `drempel-experiment-${hostname()}-${NOBODY}-abcdef`
  mkdirSync(join(parent, theirs))
  const self = vi.spyOn(process, 'getuid').mockReturnValue(process.getuid!() + 1)
  onTestFinished(() => self.mockRestore())
  const { directory, leave } = await makeWorkplace(parent)
  expect(readdirSync(parent).sort()).toEqual([theirs, basename(directory)].sort())
  leave()
})
