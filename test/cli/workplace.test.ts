import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { makeWorkplace } from '@drempel/cli/internal/federation/workplace'
import { expect, it, onTestFinished, vi } from 'vitest'
import { folder } from './world.ts'

/** Above what any system gives out. */
const NOBODY = 2 ** 30

it('clears what a killed experiment or demo left, and nothing of those that run', async () => {
  const parent = folder()
  const running = await makeWorkplace(parent, 'demo')
  const others = [`drempel-experiment-elsewhere-${NOBODY}-abcdef`, 'drempel-experiment-notes']
  others.push('drempel-demo-abcdef', `drempel-node-${hostname()}-${NOBODY}-abcdef`)
  const uses = ['demo', 'experiment'] as const
  for (const use of uses) {
    const left = uses.map((other) => `drempel-${other}-${hostname()}-${NOBODY}-abcdef`)
    for (const name of [...left, ...others]) mkdirSync(join(parent, name), { recursive: true })
    for (const name of left) writeFileSync(join(parent, name, 'master.key'), 'secret')
    const next = await makeWorkplace(parent, use)
    const mine = [running, next].map(({ directory }) => basename(directory))
    expect(readdirSync(parent).sort()).toEqual([...others, ...mine].sort())
    next.leave()
    rmSync(next.directory, { recursive: true })
  }
  running.leave()
})

it('clears nothing of a machine whose name begins as this one does', async () => {
  const parent = folder()
  const other = `drempel-experiment-${hostname()}-${NOBODY}-${process.pid}-abcdef`
  mkdirSync(join(parent, other))
  const { directory, leave } = await makeWorkplace(parent, 'experiment')
  expect(readdirSync(parent).sort()).toEqual([other, basename(directory)].sort())
  leave()
})

it("clears nothing of somebody else's, who may lead it elsewhere meanwhile", async () => {
  const parent = folder()
  const theirs = `drempel-experiment-${hostname()}-${NOBODY}-abcdef`
  mkdirSync(join(parent, theirs))
  const self = vi.spyOn(process, 'getuid').mockReturnValue(process.getuid!() + 1)
  onTestFinished(() => self.mockRestore())
  const { directory, leave } = await makeWorkplace(parent, 'experiment')
  expect(readdirSync(parent).sort()).toEqual([theirs, basename(directory)].sort())
  leave()
})
