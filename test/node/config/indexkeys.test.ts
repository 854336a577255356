import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initHome, openHome, systemRandom } from '@drempel/node/internal/config'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drempel-index-'))
  const member = { id: 'bank-a', name: 'A', sector: 'bank', contact: 'c', fg: 'f' } as const
  const listen = { host: '127.0.0.1', port: 0 }
  const settings = { member, listen, publicUrl: 'http://127.0.0.1:9', transport: 'plain-loopback' }
  await initHome(join(folder, 'home'), settings as never, systemRandom, 0)
})
afterEach(() => rm(folder, { recursive: true }))

const open = () => openHome(join(folder, 'home'))

it('keys of an index are apart for each period and purpose, private, and kept', async () => {
  const { indexKeys, periodKeys } = await open()
  expect(await indexKeys.load('2026Q4', 'fraude')).toBeNull()
  const [a, b, c] = await Promise.all([
    indexKeys.create('2026Q4', 'fraude'),
    indexKeys.create('2026Q4', 'opsporing'),
    indexKeys.create('2027Q1', 'fraude'),
  ])
  expect(new Set([a, b, c].map(String)).size).toBe(3)
  expect(await indexKeys.create('2026Q4', 'fraude')).toEqual(a)
  const again = await open()
  expect(await again.indexKeys.load('2027Q1', 'fraude')).toEqual(c)
  expect(await again.indexKeys.list()).toEqual([
    { period: '2026Q4', purpose: 'fraude' },
    { period: '2026Q4', purpose: 'opsporing' },
    { period: '2027Q1', purpose: 'fraude' },
  ])
  expect(await periodKeys.list()).toEqual([])
  const index = join(folder, 'home', 'periods', 'index')
  for (const name of await readdir(index)) {
    expect((await stat(join(index, name))).mode & 0o777).toBe(0o600)
  }
})

it('end with their period', async () => {
  const { indexKeys, periodKeys } = await open()
  await periodKeys.create('2026Q4')
  await indexKeys.create('2026Q4', 'fraude')
  await indexKeys.create('2027Q1', 'fraude')
  expect(await periodKeys.erase('2026Q4')).toBe(true)
  expect(await indexKeys.load('2026Q4', 'fraude')).toBeNull()
  expect(await indexKeys.list()).toEqual([{ period: '2027Q1', purpose: 'fraude' }])
  // Also where a crash left the index behind.
  await indexKeys.create('2026Q4', 'fraude')
  expect(await periodKeys.erase('2026Q4')).toBe(false)
  expect(await indexKeys.load('2026Q4', 'fraude')).toBeNull()
})

it.each(['../x', '2026Q5', '2026Q4/..', '2026Q4.x/y'])(
  'no key outside the folder: %s',
  async (name) => {
    const { indexKeys } = await open()
    await expect(indexKeys.create(name, 'fraude')).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    await expect(indexKeys.create('2026Q4', name)).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  },
)
