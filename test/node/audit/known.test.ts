/** A store against the logs that the home knows: cut, emptied, exchanged, and what a crash leaves. */

import { chmod, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lostLogs } from '@drempel/node/internal/audit'
import { createVault, openKnownLogs } from '@drempel/node/internal/config'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, intent, own, random, type World } from './world.ts'

const Q4 = 'drempel/demo/bank-a/2026Q4'
const Q1 = 'drempel/demo/bank-a/2027Q1'
const LOST = { code: 'LOG_DAMAGED', at: Q4, hint: expect.stringMatching(/lost.*restore no backup/) }

let world: World
let list: string
beforeEach(async () => {
  world = await createWorld()
  list = join(world.folder, 'periods', 'logs.sealed')
})
afterEach(() => world.end())

/** Each a batch of its own, so that a row can go. */
async function some(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await world.audit.append(intent(), { i })
}

/** What a thief does who can write the store and has no master key. */
async function steal(sql: string, ...values: string[]): Promise<void> {
  await world.store.close()
  const db = new Database(join(world.folder, 'node.db'))
  for (const [i, one] of sql.split('; ').entries()) {
    db.prepare(one).run(...(i === 0 ? values : []))
  }
  db.close()
  await world.restart()
}

/** Nothing in the store itself tells. */
async function unlisted(): Promise<void> {
  await world.store.close()
  await rm(list)
  await world.restart()
  await world.audit.verifySelf()
}

/** Every row of every log. */
const EMPTIED = ['log_batches', 'log_hashes', 'log_txids', 'logs']
  .map((table) => `DELETE FROM ${table}`)
  .join('; ')

describe('a store that this node did not leave so is refused', () => {
  it('when its log was cut at a checkpoint that was shown, as an older release would end it', async () => {
    await some(2)
    const shown = (await world.audit.checkpoint())!
    await some(2)
    await steal(
      `UPDATE logs SET size = 2, seal = x'', note = ?; DELETE FROM log_batches WHERE id & ${2 ** 40 - 1} >= 2`,
      shown,
    )
    await expect(world.audit.verifySelf()).rejects.toMatchObject(LOST)
    expect(await lostLogs(world.store.log, world.known)).toEqual([Q4])
    await unlisted()
  })

  it('when it is an older copy, from before the last start or end of the node', async () => {
    await some(2)
    await world.store.close()
    const files = ['', '-wal'].map((end) => join(world.folder, `node.db${end}`))
    const older = await Promise.all(files.map((file) => readFile(file).catch(() => null)))
    await world.restart()
    await some(1)
    await world.restart()
    await world.store.close()
    for (const [i, file] of files.entries()) {
      if (older[i] === null) await rm(file, { force: true })
      else await writeFile(file, older[i]!)
    }
    await world.restart()
    await expect(world.audit.verifySelf()).rejects.toMatchObject(LOST)
    await unlisted()
  })

  it('when its log is gone, of this quarter or of one before', async () => {
    await some(1)
    world.now = Date.UTC(2027, 0, 5)
    await some(1)
    await steal(EMPTIED)
    await expect(world.audit.verifySelf()).rejects.toMatchObject(LOST)
    expect(await lostLogs(world.store.log, world.known)).toEqual([Q4, Q1])
    await unlisted()
  })

  it('when the whole store is a new one', async () => {
    await some(1)
    await world.store.close()
    for (const end of ['', '-wal', '-shm']) {
      await rm(join(world.folder, `node.db${end}`), { force: true })
    }
    await world.restart()
    await expect(world.audit.verifySelf()).rejects.toMatchObject(LOST)
  })

  it('when the list of logs was written without the master key', async () => {
    await some(1)
    await writeFile(list, (await readFile(list, 'utf8')).replace(/.{8}\n$/, 'AAAAAAA=\n'))
    await expect(world.restart()).rejects.toMatchObject({
      ...{ code: 'SEALED_DAMAGED', at: 'logs.sealed' },
    })
    await rm(list)
    const stranger = createVault(new Uint8Array(32).fill(9))
    const other = await openKnownLogs(join(world.folder, 'periods'), stranger, random)
    await other.keep([{ origin: Q4, size: 1 }])
    await expect(world.restart()).rejects.toMatchObject({ code: 'WRONG_MASTER_KEY' })
    await chmod(list, 0o644)
    await expect(world.restart()).rejects.toMatchObject({ code: 'HOME_UNSAFE' })
    await rm(list)
    await world.restart()
  })
})

describe('an honest node', () => {
  it('has a log in the list when it tells of its first entry, and starts again', async () => {
    await some(1)
    const read = await openKnownLogs(join(world.folder, 'periods'), own.vault, random)
    expect(read.list()).toEqual([{ origin: Q4, size: 1 }])
    world.now = Date.UTC(2027, 0, 5)
    await Promise.all([some(2), some(2)])
    await world.restart()
    await world.audit.verifySelf()
    expect(world.known.list()).toEqual([
      { origin: Q4, size: 1 },
      { origin: Q1, size: 4 },
    ])
  })

  it('starts when a crash came after the entry and before the list', async () => {
    await some(1)
    await world.store.close()
    await rm(list)
    await world.restart()
    expect(world.known.list()).toEqual([])
    await world.audit.verifySelf()
    await world.audit.remember()
    expect(world.known.list()).toEqual([{ origin: Q4, size: 1 }])
    await steal(EMPTIED)
    await expect(world.audit.verifySelf()).rejects.toMatchObject(LOST)
  })

  it('lists no end that it did not write itself', async () => {
    await some(2)
    await steal("UPDATE logs SET size = 99, seal = x'00'")
    const before = world.known.list()
    await world.audit.remember()
    expect(world.known.list()).toEqual(before)
    expect(before).toEqual([{ origin: Q4, size: 1 }])
  })

  it('knows what the process before it listed, whose store it waited for', async () => {
    const before = await openKnownLogs(join(world.folder, 'periods'), own.vault, random)
    await some(1)
    await before.refresh()
    await before.keep([{ origin: Q1, size: 1 }])
    await world.audit.verifySelf().catch(() => {})
    expect(world.known.list()).toEqual([
      { origin: Q4, size: 1 },
      { origin: Q1, size: 1 },
    ])
  })

  it('acknowledges and shows nothing of a log that can not be listed, and adds nothing to it', async () => {
    // Where the new list would be written first.
    await mkdir(`${list}.new`, { recursive: true })
    const refused = { code: 'LOG_UNAVAILABLE', at: 'HOME_FAILED' }
    await expect(some(1)).rejects.toMatchObject(refused)
    await expect(some(1)).rejects.toMatchObject(refused)
    expect((await world.store.log.end(Q4))!.size).toBe(1)
    await expect(world.audit.head(Q4)).rejects.toMatchObject({ code: 'HOME_FAILED' })
    await rmdir(`${list}.new`)
    await some(1)
    await world.restart()
    await world.audit.verifySelf()
    expect(world.known.list()).toEqual([{ origin: Q4, size: 2 }])
    expect(await world.audit.size(Q4)).toBe(2)
  })

  it('goes on with a log of an older release, and lists it once its end has a MAC', async () => {
    await some(2)
    const note = (await world.audit.checkpoint())!
    await rm(list)
    await steal(`UPDATE logs SET seal = x'', note = ?`, note)
    await world.audit.verifySelf()
    await world.audit.remember()
    expect(world.known.list()).toEqual([])
    await some(1)
    expect(world.known.list()).toEqual([{ origin: Q4, size: 3 }])
    await steal(`UPDATE logs SET seal = x''`)
    await expect(world.audit.verifySelf()).rejects.toMatchObject(LOST)
  })
})
