import { readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadOwn } from '@drempel/node/internal/audit'
import { createVault } from '@drempel/node/internal/config'
import { sha256, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  emptyTree,
  encodeTilePath,
  leafHash,
  noteSigner,
  openCheckpoint,
  parseEvent,
  parseTilePath,
  rootOf,
  signCheckpoint,
  verifyConsistency,
  verifyInclusion,
  verifyLog,
  verifyReceipt,
} from '@drempel/protocol/log'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, intent, keyOf, own, signer, type World } from './world.ts'

const Q4 = 'drempel/demo/bank-a/2026Q4'
let world: World

beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.end())

/** The row that begins with an entry. */
const at = (index: number) => `id & ${2 ** 40 - 1} = ${index}`

const many = (count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => world.audit.append(intent(), { i })))

describe('an append', () => {
  it('gives a leaf that says what was said, and a receipt that anyone can check', async () => {
    const { origin, index, leaf, size } = await world.audit.append(intent('0'.repeat(32)), null)
    expect([origin, index, size]).toEqual([Q4, 0, 1])
    expect(parseEvent(leaf)).toMatchObject({
      ...intent('0'.repeat(32)),
      ...{ v: 1, time: '2026-11-21T12:34Z', period: '2026Q4', software: 'drempel/0.1.0' },
      ...{ retentionClass: 'standard', convenant: { version: 1, digest: '5'.repeat(64) } },
    })
    const receipt = await world.audit.receipt(origin, index)
    expect(verifyReceipt(receipt, keyOf(origin)).leaf).toEqual(leaf)
    const other = new Uint8Array(leaf).fill(0x20, 10, 11)
    expect(() => verifyReceipt(receipt, keyOf(origin), other)).toThrow('BAD_INCLUSION_PROOF')
  })

  it('is one transaction with all that came in the same tick, in their order', async () => {
    const appended = await many(100)
    expect(world.batches).toEqual([100])
    expect(appended.map(({ index }) => index)).toEqual(appended.map((_, i) => i))
    expect(new Set(appended.map(({ size }) => size))).toEqual(new Set([100]))
    for (const [i] of appended.entries()) expect(await world.audit.openRecord(Q4, i)).toEqual({ i })
  })

  it('one by one takes one transaction each', async () => {
    for (let i = 0; i < 5; i++) await world.audit.append(intent(), null)
    expect(world.batches).toEqual([1, 1, 1, 1, 1])
  })

  it('is split into transactions of bounded size', async () => {
    await many(1_100)
    expect(world.batches).toEqual([512, 512, 76])
  })

  it('of a bad event or record is refused alone', async () => {
    const bad = { ...intent(), purpose: '06-12345678' }
    const results = await Promise.allSettled([
      world.audit.append(intent(), null),
      world.audit.append(bad, null),
      world.audit.append(intent(), { x: Number.NaN }),
      // No key can be named after it either.
      world.audit.append(intent(undefined, '../onboarding'), null),
      world.audit.append(intent(), null),
    ])
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'],
    ])
    expect(results[3]).toMatchObject({ reason: { code: 'BAD_EVENT', at: 'purpose' } })
    expect(results[1]).toMatchObject({ reason: { code: 'BAD_EVENT', at: 'purpose' } })
    expect(results[2]).toMatchObject({ reason: { code: 'BAD_JSON' } })
    expect(await world.audit.head()).toMatchObject({ size: 2 })
  })

  it('without a convenant or after close is refused', async () => {
    world.convenant = null
    await expect(world.audit.append(intent(), null)).rejects.toMatchObject({
      ...{ code: 'LOG_UNAVAILABLE', at: 'convenant' },
    })
    expect(await world.audit.origin()).toBeNull()
    expect(await world.audit.checkpoint()).toBeNull()
    // More than one transaction takes, and nothing else is written that would set the rest going.
    const results = await Promise.allSettled(
      Array.from({ length: 1_100 }, () => world.audit.append(intent(), null)),
    )
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1_100)
    await world.audit.close()
    await expect(world.audit.append(intent(), null)).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    })
  })
})

describe('a storage failure', () => {
  it.each(['lost', 'persisted'] as const)(
    '(%s) refuses the batch, and the log goes on',
    async (fault) => {
      const [first] = await many(3)
      const before = (await world.audit.checkpoint())!
      world.faults = [fault]
      const refused = await Promise.allSettled([1, 2].map(() => world.audit.append(intent(), null)))
      for (const result of refused) {
        expect(result).toMatchObject({ reason: { code: 'LOG_UNAVAILABLE', at: 'STORE_FAILED' } })
      }
      const size = fault === 'lost' ? 3 : 5
      expect(await world.audit.size(Q4)).toBe(size)
      expect(await world.audit.head(Q4)).toMatchObject({ size })
      const { index } = await world.audit.append(intent(), null)
      expect(index).toBe(size)
      await sound()
      await extendsOlder(before)
      expect(await world.audit.leaf(Q4, 0)).toEqual(first!.leaf)
      await world.restart()
      await sound()
    },
  )

  it.each(['lost', 'persisted'] as const)('(%s) at the very first entry', async (fault) => {
    world.faults = [fault]
    await expect(world.audit.append(intent(), 'x')).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    })
    const { index } = await world.audit.append(intent(), 'y')
    expect(index).toBe(fault === 'lost' ? 0 : 1)
    expect(await world.audit.openRecord(Q4, index)).toBe('y')
    await sound()
  })

  it('many in a row, mixed, leave a sound log with every entry that was acknowledged', async () => {
    const acknowledged = new Map<number, Uint8Array>()
    for (let i = 0; i < 60; i++) {
      if (i % 3 === 1) world.faults.push('lost')
      if (i % 5 === 2) world.faults.push('persisted')
      const results = await Promise.allSettled([1, 2, 3].map(() => world.audit.append(intent(), i)))
      for (const result of results) {
        if (result.status === 'fulfilled') acknowledged.set(result.value.index, result.value.leaf)
      }
    }
    expect(acknowledged.size).toBeGreaterThan(50)
    await world.restart()
    await sound()
    for (const [index, leaf] of acknowledged) {
      expect(await world.audit.leaf(Q4, index)).toEqual(leaf)
    }
  })

  it('of a second writer is noticed: the log does not fork', async () => {
    await many(2)
    const end = (await world.store.log.end(Q4))!
    const foreign = { leaf: utf8('x'), hash: leafHash(utf8('x')), txid: null, type: 'x' }
    const batch = { entries: [foreign], sealed: utf8('x') }
    await world.store.log.append(Q4, batch, [], { ...end, size: 3 }, 2)
    await expect(world.audit.append(intent(), null)).rejects.toMatchObject({ at: 'size' })
    await expect(world.audit.append(intent(), null)).rejects.toMatchObject({ at: 'LOG_DAMAGED' })
    await expect(world.audit.verifySelf()).rejects.toMatchObject({ code: 'LOG_DAMAGED', at: Q4 })
  })
})

it('takes no entry whose record could not be ended, and goes on with the next', async () => {
  await world.audit.append({ type: 'node.started' }, null)
  // No folder can be made for the keys of purposes.
  const folder = join(world.folder, 'periods/purposes')
  await writeFile(folder, '')
  await expect(world.audit.append(intent(), null)).rejects.toMatchObject({
    ...{ code: 'LOG_UNAVAILABLE', at: 'HOME_FAILED' },
  })
  expect((await world.audit.append({ type: 'node.stopped' }, null)).index).toBe(1)
  await unlink(folder)
  expect((await world.audit.append(intent(), null)).index).toBe(2)
  await sound()
})

describe('quarters', () => {
  it('have a log and a key of their own', async () => {
    await many(2)
    world.now = Date.UTC(2026, 11, 31, 23, 59, 59, 999)
    expect((await world.audit.append(intent(), null)).origin).toBe(Q4)
    world.now += 1
    expect(await world.audit.append(intent(), 'new')).toMatchObject({
      ...{ origin: 'drempel/demo/bank-a/2027Q1', index: 0, size: 1 },
    })
    expect(await world.audit.origins()).toEqual([Q4, 'drempel/demo/bank-a/2027Q1'])
    expect(await world.audit.openRecord(Q4, 0)).toEqual({ i: 0 })
    expect(await world.audit.openRecord('drempel/demo/bank-a/2027Q1', 0)).toBe('new')
  })

  it('do not come back with a clock that went back, also after a restart', async () => {
    world.now = Date.UTC(2027, 0, 1)
    await many(1)
    world.now -= 1
    expect((await world.audit.append(intent(), null)).origin).toBe('drempel/demo/bank-a/2027Q1')
    await world.restart()
    expect(await world.audit.origin()).toBe('drempel/demo/bank-a/2027Q1')
    expect((await world.audit.append(intent(), null)).index).toBe(2)
  })

  it('whose key was erased take no entry, and their records stay shut while the tree verifies', async () => {
    await many(3)
    await unlink(join(world.folder, 'periods/2026Q4.key'))
    await expect(world.audit.openRecord(Q4, 1)).rejects.toMatchObject({ code: 'RECORD_ERASED' })
    await world.restart()
    await expect(world.audit.append(intent(), null)).rejects.toMatchObject({
      ...{ code: 'LOG_UNAVAILABLE', at: 'RECORD_ERASED' },
    })
    await sound()
  })
})

describe('reading', () => {
  it('proves every entry in every later tree, and every tree in every later one', async () => {
    const size = 20
    await many(size)
    const roots = new Map<number, Uint8Array>()
    const leaves = (await world.store.log.leaves(Q4, 0, size)).map((leaf) => leafHash(leaf))
    for (let n = 1; n <= size; n++) {
      roots.set(n, rootOf(appendLeaves(emptyTree(), leaves.slice(0, n)).state))
    }
    for (let n = 1; n <= size; n++) {
      for (let i = 0; i < n; i++) {
        const hash = leafHash(await world.audit.leaf(Q4, i))
        verifyInclusion(hash, i, n, await world.audit.proof(Q4, i, n), roots.get(n)!)
      }
      const proof = await world.audit.consistency(Q4, n)
      verifyConsistency(n, roots.get(n)!, size, roots.get(size)!, proof)
    }
  })

  it('of what is not there is refused by name', async () => {
    await many(3)
    const unknown = { code: 'LOG_ENTRY_UNKNOWN' }
    for (const index of [3, -1, 0.5, Number.NaN]) {
      await expect(world.audit.leaf(Q4, index)).rejects.toMatchObject(unknown)
      await expect(world.audit.proof(Q4, index)).rejects.toMatchObject(unknown)
      await expect(world.audit.receipt(Q4, index)).rejects.toMatchObject(unknown)
      await expect(world.audit.openRecord(Q4, index)).rejects.toMatchObject(unknown)
    }
    await expect(world.audit.proof(Q4, 1, 4)).rejects.toMatchObject(unknown)
    await expect(world.audit.proof(Q4, 2, 2)).rejects.toMatchObject(unknown)
    await expect(world.audit.consistency(Q4, 0)).rejects.toMatchObject(unknown)
    await expect(world.audit.receipt('drempel/demo/x/2026Q4', 0)).rejects.toMatchObject(unknown)
    expect(await world.audit.tile('drempel/demo/x/2026Q4', 'tile/0/000')).toBeNull()
    expect(await world.audit.tile(Q4, 'tile/0/000')).toBeNull()
    expect(await world.audit.tile(Q4, 'tile/0/000.p/4')).toBeNull()
    await expect(world.audit.tile(Q4, 'tile/0/../000')).rejects.toMatchObject({
      code: 'BAD_TILE_PATH',
    })
  })

  it('finds all entries of a transaction', async () => {
    const txid = 'ab'.repeat(16)
    await Promise.all([world.audit.append(intent(txid), 1), world.audit.append(intent(), 2)])
    await world.audit.append(
      { type: 'peer.refused', txid, role: 'peer', reason: 'BAD_SIGNATURE' },
      3,
    )
    expect(await world.audit.find(txid)).toEqual([
      { origin: Q4, index: 0, type: 'query.intent' },
      { origin: Q4, index: 2, type: 'peer.refused' },
    ])
  })
})

describe('the self-check', () => {
  it.each([
    ['a changed leaf', `UPDATE log_batches SET leaves = x'7b7d' WHERE ${at(5)}`],
    [
      'a changed leaf of a batch',
      `UPDATE log_batches SET leaves = CAST(replace(CAST(leaves AS TEXT), 'telco', 'telca') AS BLOB) WHERE ${at(0)}`,
    ],
    ['a missing leaf', `DELETE FROM log_batches WHERE ${at(5)}`],
    [
      'a missing leaf of a batch',
      `UPDATE log_batches SET events = json_remove(events, '$[4]') WHERE ${at(0)}`,
    ],
    [
      'an entry too many',
      `INSERT INTO log_batches SELECT id + 5, hashes, events, leaves, sealed FROM log_batches WHERE ${at(5)}`,
    ],
    ['a changed hash', `UPDATE log_batches SET hashes = zeroblob(160) WHERE ${at(0)}`],
    ['a missing hash', `UPDATE log_batches SET hashes = substr(hashes, 1, 128) WHERE ${at(0)}`],
    ['a changed end', 'UPDATE logs SET seal = zeroblob(32)'],
    ['a changed size', 'UPDATE logs SET size = 8'],
    ['a size that is none', 'UPDATE logs SET size = -1'],
    ['an end without a key', `UPDATE logs SET seal = x''`],
    [
      'the last entries gone, and the size with them',
      `UPDATE logs SET size = 7; DELETE FROM log_batches WHERE ${at(7)}`,
    ],
  ])('finds %s', async (_, sql) => {
    for (const count of [5, 1, 1, 3]) await many(count)
    await world.audit.verifySelf()
    await world.store.close()
    const db = new Database(join(world.folder, 'node.db'))
    for (const one of sql.split('; ')) expect(db.prepare(one).run().changes).toBeGreaterThan(0)
    db.close()
    await world.restart()
    await expect(world.audit.verifySelf()).rejects.toMatchObject({
      ...{ code: 'LOG_DAMAGED', at: Q4 },
      // It would be a second history.
      hint: expect.stringMatching(/restore no backup.*log fsck/),
    })
  })

  it('finds an end of another log', async () => {
    await many(1)
    const origin = 'drempel/demo/bank-b/2026Q4'
    const end = (await world.store.log.end(Q4))!
    const leaf = await world.audit.leaf(Q4, 0)
    const entry = { leaf, hash: leafHash(leaf), txid: null, type: 'x' }
    await world.store.log.append(origin, { entries: [entry], sealed: utf8('x') }, [], end, 0)
    await expect(world.audit.verifySelf()).rejects.toMatchObject({ at: origin })
  })

  it('finds an end under another master key', async () => {
    await many(2)
    const log = world.store.log
    const stranger = { ...own, vault: createVault(new Uint8Array(32).fill(9)) }
    const end = (await log.end(Q4))!
    await expect(loadOwn(log, stranger, Q4, end)).rejects.toMatchObject({ code: 'LOG_DAMAGED' })
    expect((await loadOwn(log, own, Q4, end)).size).toBe(2)
  })

  describe('of a log from before ends had a MAC', () => {
    /** As an older release left it: the signed checkpoint in the place of the MAC, and no list of logs. */
    const older = async (note: string) => {
      await world.store.close()
      await rm(join(world.folder, 'periods', 'logs.sealed'))
      const db = new Database(join(world.folder, 'node.db'))
      db.prepare(`UPDATE logs SET seal = x'', note = ?`).run(note)
      db.close()
      await world.restart()
    }

    it('takes its own checkpoint, shows the same, and goes on', async () => {
      await many(3)
      const note = (await world.audit.checkpoint())!
      await older(note)
      await world.audit.verifySelf()
      expect(await world.audit.checkpoint()).toBe(note)
      await many(1)
      expect(await world.store.log.end(Q4)).toMatchObject({ size: 4, note: '' })
      await extendsOlder(note)
      await sound()
    })

    it.each(['of fewer entries', 'of another size', 'of another tree', 'of another node'])(
      'finds a checkpoint %s',
      async (which) => {
        await many(2)
        const short = (await world.audit.checkpoint())!
        await many(1)
        const tree = (size: number, byte: number) => ({
          ...{ origin: Q4, size, root: new Uint8Array(32).fill(byte) },
        })
        const { root } = (await world.audit.head())!
        const stranger = noteSigner(Q4, signerFromSeed(new Uint8Array(32).fill(9)))
        const notes: Record<string, string> = {
          'of fewer entries': short,
          'of another size': signCheckpoint({ ...tree(4, 1), root }, [noteSigner(Q4, signer)]),
          'of another tree': signCheckpoint(tree(3, 1), [noteSigner(Q4, signer)]),
          'of another node': signCheckpoint({ ...tree(3, 1), root }, [stranger]),
        }
        await older(notes[which]!)
        await expect(world.audit.verifySelf()).rejects.toMatchObject({
          code: 'LOG_DAMAGED',
          at: Q4,
        })
        await expect(world.audit.checkpoint()).rejects.toMatchObject({ code: 'LOG_DAMAGED' })
      },
    )
  })

  it('does not take a store that fails for a damaged log', async () => {
    await many(1)
    await world.store.close()
    await expect(world.audit.verifySelf()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})

it('keeps what identifies out of everything but the sealed records', async () => {
  const secrets = ['NL91ABNA0417164300', 'case-2026-000417', 'j.jansen@example.nl']
  for (const secret of secrets) await world.audit.append(intent(), { secret, answer: 'over' })
  const wal = await readFile(join(world.folder, 'node.db-wal'))
  const bytes = Buffer.concat([await readFile(join(world.folder, 'node.db')), wal])
  const forms = (text: string) =>
    [Buffer.from(text), Buffer.from(sha256(utf8(text)))].flatMap((form) => [
      form,
      Buffer.from(form.toString('hex')),
      Buffer.from(form.toString('base64').replace(/=+$/, '')),
    ])
  for (const form of secrets.flatMap(forms)) expect(bytes.includes(form)).toBe(false)
  expect(bytes.includes('query.intent')).toBe(true)
  expect(await world.audit.openRecord(Q4, 0)).toEqual({ secret: secrets[0], answer: 'over' })
})

it('seals a hit and a miss to one size, and opens none in another place', async () => {
  await world.audit.append(intent(), { answer: 'over' })
  await world.audit.append(intent(), { answer: 'not-over', note: 'x'.repeat(100) })
  const [hit, miss] = [await world.store.log.sealed(Q4, 0), await world.store.log.sealed(Q4, 1)]
  expect(hit!.sealed.length).toBe(miss!.sealed.length)
  await world.store.close()
  const db = new Database(join(world.folder, 'node.db'))
  db.prepare(`UPDATE log_batches SET sealed = ? WHERE ${at(1)}`).run(hit!.sealed)
  db.close()
  await world.restart()
  await expect(world.audit.openRecord(Q4, 1)).rejects.toMatchObject({ code: 'RECORD_DAMAGED' })
})

it('opens each record of a batch in its place only, each purpose under its own key', async () => {
  const together = () =>
    Promise.all([
      world.audit.append(intent(), 'first'),
      world.audit.append(intent(undefined, 'research'), 'second'),
      world.audit.append({ type: 'peer.refused', role: 'peer', reason: 'REPLAYED' }, 'third'),
      world.audit.append(intent(), 'fourth'),
    ])
  await together()
  await together()
  const opened = (from: number) =>
    Promise.allSettled([0, 1, 2, 3].map((i) => world.audit.openRecord(Q4, from + i)))
  const values = ['first', 'second', 'third', 'fourth'].map((value) => ({ value }))
  expect(await opened(4)).toMatchObject(values)
  const [key] = (await readdir(join(world.folder, 'periods/purposes'))).filter((name) =>
    name.includes('research'),
  )
  await unlink(join(world.folder, 'periods/purposes', key!))
  const erased = { reason: { code: 'RECORD_ERASED' } }
  expect(await opened(4)).toMatchObject(values.map((value, i) => (i === 1 ? erased : value)))
  await world.store.close()
  const db = new Database(join(world.folder, 'node.db'))
  const first = `(SELECT sealed FROM log_batches WHERE ${at(0)})`
  db.exec(`UPDATE log_batches SET sealed = ${first} WHERE ${at(4)}`)
  db.close()
  await world.restart()
  const damaged = { reason: { code: 'RECORD_DAMAGED' } }
  expect(await opened(4)).toMatchObject([damaged, erased, damaged, damaged])
  expect(await opened(0)).toMatchObject(values.map((value, i) => (i === 1 ? erased : value)))
})

it('takes no more into one transaction than its bytes allow, in the order of the calls', async () => {
  const big = 'x'.repeat(5_000_000)
  // What the bytes leave of one batch comes before what its number left.
  const sent = [big, 'a', big, ...Array.from({ length: 600 }, (_, i) => `${i}`)]
  const appended = await Promise.all(sent.map((record) => world.audit.append(intent(), record)))
  expect(world.batches).toEqual([3, 512, 88])
  expect(appended.map(({ index }) => index)).toEqual(sent.map((_, i) => i))
  expect(await world.audit.openRecord(Q4, 2)).toBe(big)
  expect(await world.audit.openRecord(Q4, 602)).toBe('599')
})

it('appends fast enough for a node, one by one and in batches', async () => {
  await many(64)
  const rate = async (total: number, together: number) => {
    const start = performance.now()
    for (let done = 0; done < total; done += together) await many(together)
    return Math.round(total / ((performance.now() - start) / 1000))
  }
  const [single, batched] = [await rate(40, 1), await rate(1_536, 256)]
  console.log(`appends a second: ${single} one by one, ${batched} at batch 256`)
  expect(batched).toBeGreaterThan(single)
})

/** The whole log verifies as an auditor's command verifies it, from tiles. */
async function sound(): Promise<void> {
  await world.audit.verifySelf()
  const checkpoint = openCheckpoint((await world.audit.checkpoint(Q4))!, keyOf(Q4))
  let seen = 0
  await verifyLog(
    checkpoint,
    async (tile) => {
      const path = encodeTilePath(tile)
      expect(parseTilePath(path)).toEqual(tile)
      return (await world.audit.tile(Q4, path)) ?? undefined
    },
    (_, leaf) => {
      parseEvent(leaf)
      seen++
    },
  )
  expect(seen).toBe(checkpoint.size)
}

async function extendsOlder(note: string): Promise<void> {
  const older = openCheckpoint(note, keyOf(Q4))
  const newer = openCheckpoint((await world.audit.checkpoint(Q4))!, keyOf(Q4))
  const proof = await world.audit.consistency(Q4, older.size)
  verifyConsistency(older.size, older.root, newer.size, newer.root, proof)
}
