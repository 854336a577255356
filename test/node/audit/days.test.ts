/** Keys of days: what an older release sealed without them stays readable, and no day gets a second one. */

import { readdir, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { checkLogs } from '@drempel/node/internal/audit'
import {
  openPeriodKeys,
  openPurposeKeys,
  openWith,
  recordKeyOf,
  sealWith,
} from '@drempel/node/internal/config'
import type { Bytes } from '@drempel/protocol/encoding'
import { parseEvent } from '@drempel/protocol/log'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, intent, own, random, type World } from './world.ts'

const Q4 = 'drempel/demo/bank-a/2026Q4'
const DAY = 86_400_000
const today = { period: '2026Q4', purpose: 'onboarding', day: '2026-11-21' }
let world: World

beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.end())

const keys = () => {
  const periods = join(world.folder, 'periods')
  return {
    periodKeys: openPeriodKeys(periods, random),
    purposeKeys: openPurposeKeys(periods, random),
  }
}
const check = async () => {
  const [checked] = await checkLogs(world.store.log, own, keys())
  const { records, erased, damage } = checked!
  return { records, erased, damage }
}
const refused = { code: 'LOG_UNAVAILABLE', at: 'RECORD_ERASED' }

describe('entries of an older release', () => {
  beforeEach(async () => {
    for (const i of [0, 1, 2]) await world.audit.append(intent(), { i })
    await makeOlder()
    await world.restart()
  })

  it('open under the quarter, beside new ones of their day, until the quarter ends', async () => {
    expect(await check()).toEqual({ records: 3, erased: 0, damage: [] })
    await world.audit.append(intent(), 'new')
    await Promise.all([world.audit.append(intent(), 'a'), world.audit.append(intent(), 'b')])
    expect(await check()).toEqual({ records: 6, erased: 0, damage: [] })
    expect(await world.audit.openRecord(Q4, 1)).toEqual({ i: 1 })
    expect(await world.audit.openRecord(Q4, 3)).toBe('new')
    await keys().purposeKeys.erase(today)
    expect(await check()).toEqual({ records: 3, erased: 3, damage: [] })
    await expect(world.audit.openRecord(Q4, 5)).rejects.toMatchObject({ code: 'RECORD_ERASED' })
    await keys().periodKeys.erase('2026Q4')
    expect(await check()).toEqual({ records: 0, erased: 6, damage: [] })
    await expect(world.audit.openRecord(Q4, 1)).rejects.toMatchObject({ code: 'RECORD_ERASED' })
  })

  it('that are damaged are not taken for erased', async () => {
    await world.store.close()
    const db = new Database(join(world.folder, 'node.db'))
    db.exec('UPDATE log_batches SET sealed = zeroblob(300) WHERE id & 1023 = 1')
    db.close()
    await world.restart()
    const damage = [{ what: 'RECORD', index: 1 }]
    expect(await check()).toEqual({ records: 2, erased: 0, damage })
    await expect(world.audit.openRecord(Q4, 1)).rejects.toMatchObject({ code: 'RECORD_DAMAGED' })
  })

  /** As it came from an older release: sealed under the quarter's key, and no day has one. */
  async function makeOlder(): Promise<void> {
    const { periodKeys, purposeKeys } = keys()
    const quarter = (await periodKeys.load('2026Q4'))!
    const day = recordKeyOf(quarter, (await purposeKeys.load(today))!)
    await world.audit.close()
    await world.store.close()
    const db = new Database(join(world.folder, 'node.db'))
    const rows = db.prepare('SELECT id, leaves, sealed FROM log_batches').all()
    for (const { id, leaves, sealed } of rows as { id: number; leaves: Bytes; sealed: Bytes }[]) {
      const context = `record/${Q4}/${parseEvent(leaves).commit}`
      const older = sealWith(quarter, context, openWith(day, context, sealed), random)
      db.prepare('UPDATE log_batches SET sealed = ? WHERE id = ?').run(older, id)
    }
    db.exec('DELETE FROM log_days; UPDATE logs SET quartered = size')
    db.close()
    await purposeKeys.erase(today)
  }
})

describe('a day whose key is gone', () => {
  const files = () => readdir(join(world.folder, 'periods/purposes')).catch(() => [])
  const other = () =>
    world.audit.append({ type: 'peer.refused', role: 'peer', reason: 'REPLAYED' }, 'other')

  it('gets no other by a clock that went back, and what it had stays erased, not damaged', async () => {
    await world.audit.append(intent(), 'a')
    world.now += 20 * DAY
    await world.audit.append(intent(), 'b')
    await keys().purposeKeys.erase(today)
    world.now = Date.UTC(2026, 10, 21, 23)
    for (const again of [() => {}, world.restart]) {
      await again()
      const sent = [intent(), intent(undefined, 'research')].map((e) => world.audit.append(e, 'c'))
      const [ours, theirs, none] = await Promise.allSettled([...sent, other()])
      expect(ours).toMatchObject({ reason: refused })
      expect([theirs, none]).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }])
      await expect(world.audit.append(intent(), 'd')).rejects.toMatchObject(refused)
    }
    expect((await files()).filter((name) => name.includes('onboarding.2026-11'))).toEqual([])
    expect(await check()).toEqual({ records: 5, erased: 1, damage: [] })
    world.now += 22 * DAY
    await world.audit.append(intent(), 'e')
  })

  it('gets no other where a home was restored without the keys of days', async () => {
    await world.audit.append(intent(), 'a')
    await world.audit.close()
    const folder = join(world.folder, 'periods/purposes')
    await rename(folder, `${folder}.lost`)
    await world.restart()
    await expect(world.audit.append(intent(), 'b')).rejects.toMatchObject(refused)
    expect(await files()).toEqual([])
    expect(await check()).toEqual({ records: 0, erased: 1, damage: [] })
    await other()
    await rename(`${folder}.lost`, folder)
    await world.audit.append(intent(), 'put back')
    world.now += DAY
    await world.audit.append(intent(), 'c')
    expect(await check()).toEqual({ records: 4, erased: 0, damage: [] })
  })

  it('takes a key that was made before a crash, and made again when nothing lay under it', async () => {
    const made = await keys().purposeKeys.create(today)
    await world.audit.append(intent(), 'a')
    expect(await keys().purposeKeys.load(today)).toEqual(made)
    const tomorrow = { ...today, day: '2026-11-22' }
    await keys().purposeKeys.create(tomorrow)
    await unlink(join(world.folder, 'periods/purposes/2026Q4.onboarding.2026-11-22.key'))
    world.now += DAY
    await world.audit.append(intent(), 'b')
    expect(await check()).toEqual({ records: 2, erased: 0, damage: [] })
  })
})
