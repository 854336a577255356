import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  indexKeyOf,
  initHome,
  openHome,
  openPeriodKeys,
  recordKeyOf,
  systemRandom,
} from '@drempel/node/internal/config'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drempel-purposes-'))
  const member = { id: 'bank-a', name: 'A', sector: 'bank', contact: 'c', fg: 'f' } as const
  const listen = { host: '127.0.0.1', port: 0 }
  const settings = { member, listen, publicUrl: 'http://127.0.0.1:9', transport: 'plain-loopback' }
  await initHome(join(folder, 'home'), settings as never, systemRandom, 0)
})
afterEach(() => rm(folder, { recursive: true }))

const open = () => openHome(join(folder, 'home'))
const fraud = { period: '2026Q4', purpose: 'fraude', day: '2026-11-22' }
const later = { ...fraud, day: '2026-11-23' }
const search = { ...fraud, purpose: 'opsporing' }
const next = { ...fraud, period: '2027Q1', day: '2027-01-01' }

it('keys of purposes are apart for each quarter, purpose and day, private, and kept', async () => {
  const { purposeKeys, periodKeys } = await open()
  expect(await purposeKeys.load(fraud)).toBeNull()
  const all = [fraud, later, search, next]
  const keys = await Promise.all(all.map((of) => purposeKeys.create(of)))
  expect(new Set(keys.map(String)).size).toBe(4)
  expect(await purposeKeys.create(fraud)).toEqual(keys[0])
  const again = await open()
  expect(await again.purposeKeys.load(next)).toEqual(keys[3])
  expect(await again.purposeKeys.list()).toEqual(all)
  expect(await periodKeys.list()).toEqual([])
  const files = join(folder, 'home', 'periods', 'purposes')
  for (const name of await readdir(files)) {
    expect((await stat(join(files, name))).mode & 0o777).toBe(0o600)
  }
})

it('the log and the index get one key of the day, whoever is first, and use it apart', async () => {
  const { purposeKeys } = await open()
  const keys = await Promise.all(Array.from({ length: 9 }, () => purposeKeys.create(fraud)))
  expect(new Set(keys.map(String)).size).toBe(1)
  const [key, period, other] = [keys[0]!, systemRandom(32), systemRandom(32)]
  const uses = [key, indexKeyOf(key), recordKeyOf(period, key), recordKeyOf(other, key)]
  expect(new Set(uses.map(String)).size).toBe(4)
})

it('one is erased alone, and all of a quarter with it', async () => {
  const { purposeKeys, periodKeys } = await open()
  await periodKeys.create('2026Q4')
  for (const of of [fraud, later, search, next]) await purposeKeys.create(of)
  expect(await purposeKeys.erase(fraud)).toBe(true)
  expect(await purposeKeys.erase(fraud)).toBe(false)
  expect(await purposeKeys.list()).toEqual([later, search, next])
  expect(await periodKeys.erase('2026Q4')).toBe(true)
  expect(await purposeKeys.list()).toEqual([next])
  // Also where a crash left them behind.
  await purposeKeys.create(fraud)
  expect(await periodKeys.erase('2026Q4')).toBe(false)
  expect(await purposeKeys.load(fraud)).toBeNull()
})

it('a key that can not be erased keeps none of the others, and is told', async () => {
  const { purposeKeys, periodKeys } = await open()
  await periodKeys.create('2026Q4')
  for (const of of [later, search, next]) await purposeKeys.create(of)
  await mkdir(join(folder, 'home/periods/purposes/2026Q4.fraude.2026-11-22.key'))
  await expect(periodKeys.erase('2026Q4')).rejects.toMatchObject({ code: 'HOME_FAILED' })
  expect(await periodKeys.load('2026Q4')).toBeNull()
  expect(await purposeKeys.list()).toEqual([fraud, next])
})

it("keys of an older release's index are found, and end with their quarter", async () => {
  const names = /^(.*)\.key$/
  const older = openPeriodKeys(join(folder, 'home/periods/index'), systemRandom, names)
  const key = await older.create('2026Q4.fraude')
  await older.create('2027Q1.fraude')
  const { purposeKeys, periodKeys } = await open()
  await periodKeys.create('2026Q4')
  const [ended, left] = ['2026Q4', '2027Q1'].map((period) => ({ period, purpose: 'fraude' }))
  expect(await purposeKeys.quarters.list()).toMatchObject([ended, left])
  expect(await purposeKeys.quarters.load(ended!)).toEqual(key)
  expect(await purposeKeys.list()).toEqual([])
  expect(await periodKeys.erase('2026Q4')).toBe(true)
  expect(await purposeKeys.quarters.list()).toMatchObject([left])
  expect(await readdir(join(folder, 'home/periods/index'))).toEqual(['2027Q1.fraude.key'])
})

it.each(['../x', '2026Q5', '2026Q4/..', '2026Q4.x/y'])(
  'no key outside the folder: %s',
  async (name) => {
    const { purposeKeys } = await open()
    for (const part of ['period', 'purpose', 'day']) {
      await expect(purposeKeys.create({ ...fraud, [part]: name })).rejects.toMatchObject({
        code: 'BAD_CONFIG',
      })
    }
  },
)
