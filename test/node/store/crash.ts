/** Runs the child, kills it at a random moment, and checks the files against all it acknowledged. */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAudit } from '@drempel/node/internal/audit'
import {
  createVault,
  openKnownLogs,
  openPeriodKeys,
  openPurposeKeys,
  systemRandom,
} from '@drempel/node/internal/config'
import { openSqliteStore } from '@drempel/node/internal/store'
import { signerFromSeed } from '@drempel/protocol/encoding'
import { encodeTilePath, openCheckpoint, verifierKey, verifyLog } from '@drempel/protocol/log'
import { expect } from 'vitest'
import { environment } from '../../script.ts'

const CHILD = fileURLToPath(new URL('./crash.child.ts', import.meta.url))
const ORIGIN = 'drempel/demo/bank-a/2026Q4'

export type Said = {
  readonly ready?: number
  readonly index?: number
  readonly leaf?: string
  readonly chunk?: string
  readonly added?: number
  readonly round?: string
  readonly accepted?: boolean
  readonly served?: string
  readonly witnessed?: number
}

export async function crashTest(options: {
  readonly runs: number
  /**
   * When to kill: 'work', a random while after the first entry of the log was acknowledged; 'start',
   * a random while after the child was started.
   */
  readonly at: 'work' | 'start'
  /** Upper bound of the while, in milliseconds. */
  readonly wait: number
  readonly seed: number
}): Promise<void> {
  console.log(`crash test: DREMPEL_SEED=${options.seed}`)
  const chance = mulberry32(options.seed)
  const folder = await mkdtemp(join(tmpdir(), 'drempel-crash-'))
  const said: Said[] = []
  try {
    for (let run = 0; run < options.runs; run++) {
      const wait = Math.floor(chance() * options.wait)
      said.push(...(await runAndKill(folder, run, wait, options.at)))
      await check(folder, said)
    }
    const served = said.filter(({ served }) => served !== undefined).length
    console.log(`${options.runs} kills; ${said.length} acknowledgements kept, ${served} served`)
    if (options.at === 'work')
      expect(said.filter(({ index }) => index !== undefined)).not.toEqual([])
  } finally {
    await rm(folder, { recursive: true })
  }
}

function runAndKill(
  folder: string,
  run: number,
  wait: number,
  at: 'work' | 'start',
): Promise<readonly Said[]> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=drempel-src',
      '--disable-warning=ExperimentalWarning',
      CHILD,
      folder,
      String(run),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: environment },
  )
  return new Promise((resolve, reject) => {
    let [text, problems, armed] = ['', '', false]
    const arm = () => {
      if (armed) return
      armed = true
      setTimeout(() => child.kill('SIGKILL'), wait)
    }
    if (at === 'start') arm()
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('"leaf"')) arm()
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      problems += chunk
    })
    child.on('error', reject)
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the child ended itself: ${problems}`))
      // The kill may cut the last line.
      const lines = text.split('\n').slice(0, -1)
      resolve(lines.map((line) => JSON.parse(line) as Said))
    })
  })
}

export async function check(folder: string, said: readonly Said[]): Promise<void> {
  const store = await openSqliteStore({ path: join(folder, 'node.db'), clock: Date.now })
  const signer = signerFromSeed(new Uint8Array(32).fill(7))
  const vault = createVault(new Uint8Array(32).fill(8))
  const audit = createAudit({
    ...{ store, signer, vault },
    periodKeys: openPeriodKeys(join(folder, 'periods'), systemRandom),
    purposeKeys: openPurposeKeys(join(folder, 'periods'), systemRandom),
    knownLogs: await openKnownLogs(join(folder, 'periods'), vault, systemRandom),
    ...{ member: 'bank-a', convenant: () => ({ id: 'demo', version: 1, digest: '5'.repeat(64) }) },
    ...{ clock: () => Date.UTC(2026, 10, 21), random: systemRandom, software: 'drempel/0.1.0' },
  })
  try {
    // The log: sound as a whole, and every acknowledged entry in its place and readable.
    await audit.verifySelf()
    const note = await audit.checkpoint(ORIGIN)
    const leaves: Uint8Array[] = []
    if (note !== null) {
      const checkpoint = openCheckpoint(note, verifierKey(ORIGIN, signer.publicKey))
      const fetch = async (tile: Parameters<typeof encodeTilePath>[0]) =>
        (await audit.tile(ORIGIN, encodeTilePath(tile))) ?? undefined
      await verifyLog(checkpoint, fetch, (_, leaf) => void leaves.push(leaf))
      expect(leaves.length).toBe(checkpoint.size)
      await audit.openRecord(ORIGIN, checkpoint.size - 1)
    }
    // So many after so many kills that an assertion for each would take most of the time.
    const lost = said.find(
      ({ index, leaf }) => index !== undefined && encodedLeaf(leaves[index]) !== leaf,
    )
    expect(lost).toBeUndefined()
    // Flags: acknowledged chunks whole, others whole or absent.
    const chunks = new Map<string, number>()
    for (let afterId = 0; ; ) {
      const page = await store.flags.page('host', { afterId, limit: 5_000 })
      if (page.length === 0) break
      for (const { importId } of page) chunks.set(importId, (chunks.get(importId) ?? 0) + 1)
      afterId = page.at(-1)!.id
    }
    const gone = said.find(({ chunk }) => chunk !== undefined && chunks.get(chunk) !== 200)
    expect(gone).toBeUndefined()
    expect([...chunks.values()].every((count) => count === 200)).toBe(true)
    // Rounds and lists: a round is published exactly when its lists were accepted, both of them.
    const accepted = [...(await store.lists.history('host', 'two', 1e6))].map(({ round }) => round)
    const third = [...(await store.lists.history('host', 'three', 1e6))].map(({ round }) => round)
    const rounds = await store.rounds.list({ limit: 1e6 })
    const published = rounds.filter(({ state }) => state === 'published').map(({ id }) => id)
    expect(accepted).toEqual(published)
    expect(third).toEqual(published)
    const named = new Set(published)
    expect(said.filter(({ round }) => round !== undefined && !named.has(round))).toEqual([])
    expect((await store.lists.current('host', 'two'))?.round).toBe(published[0])
    // Quotas: as many as txids, each of which is served for good.
    const served = said.flatMap((line) => line.served ?? [])
    expect(await store.usage.used('', 'quota')).toBeGreaterThanOrEqual(served.length)
    for (const txid of served.slice(-20)) {
      const request = { asker: 'a', txid, counters: [] }
      expect(await store.usage.claimServe(request)).toMatchObject({ outcome: 'replayed' })
    }
    // A witness: nothing cosigned is forgotten, and no size was cosigned twice.
    const sizes = said.flatMap(({ witnessed }) => witnessed ?? [])
    expect(new Set(sizes).size).toBe(sizes.length)
    const head = await store.witness.head('log')
    expect(head?.size ?? 0).toBeGreaterThanOrEqual(Math.max(0, ...sizes))
    if (head !== null) expect(head.note).toBe(`note of ${head.size}`)
  } finally {
    await store.close()
  }
}

function encodedLeaf(leaf: Uint8Array | undefined): string | undefined {
  return leaf && Buffer.from(leaf).toString('base64')
}

/** A seeded generator for schedules, not for secrets. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export function seedOf(): number {
  return Number(process.env.DREMPEL_SEED ?? Math.floor(Math.random() * 2 ** 32))
}
