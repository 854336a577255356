/** The Go program of this folder, and logs as folders of files, which is how the two sides meet. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Checkpoint,
  consistencyProof,
  encodeTilePath,
  type FetchTile,
  inclusionProof,
  type NodeId,
  rootAt,
  TILE_WIDTH,
  type Tile,
  tileAt,
  tileReader,
} from '@drempel/protocol/log'

/** Where Debian puts Go sources that programs may import. */
const GOPATH = '/usr/share/gocode'
const SOURCES = fileURLToPath(new URL('sumdb', import.meta.url))

export const MISSING =
  "this needs Debian's packages golang-go and golang-golang-x-mod-dev (apt-get install)"

export function hasSumdb(): boolean {
  if (!existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog'))) return false
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Builds the program below `directory`. @returns what runs it; it throws what the program says */
export function buildSumdb(directory: string): (command: 'verify' | 'make', log: string) => string {
  const program = join(directory, 'sumdb')
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: SOURCES,
    env: { ...process.env, GO111MODULE: 'off', GOPATH, GOCACHE: join(directory, 'gocache') },
  })
  return (command, log) =>
    execFileSync(program, [command, log], { encoding: 'utf8', stdio: 'pipe' })
}

/** A log whose tiles are files; nothing where there is none. */
export function filesOf(directory: string): FetchTile {
  return (tile) => {
    const path = join(directory, encodeTilePath(tile))
    return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined
  }
}

export async function writeLog(
  directory: string,
  log: {
    readonly keys: readonly string[]
    readonly note: string
    readonly size: number
    readonly fetch: FetchTile
    readonly proofs: unknown
  },
): Promise<void> {
  for (const tile of tilesOf(log.size)) {
    const bytes = await log.fetch(tile)
    if (bytes === undefined) throw new Error(`no ${encodeTilePath(tile)}`)
    write(directory, encodeTilePath(tile), bytes)
  }
  write(directory, 'keys', `${log.keys.join('\n')}\n`)
  write(directory, 'checkpoint', log.note)
  write(directory, 'proofs.json', JSON.stringify(log.proofs))
}

export function write(directory: string, path: string, content: Uint8Array | string): void {
  const full = join(directory, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, content)
}

/** Proofs made from tiles: of all leaves at the given sizes, and between each pair of them. */
export async function proofsOf(
  { size }: Checkpoint,
  fetch: FetchTile,
  sizes: readonly number[],
  leaves: (size: number) => readonly number[],
) {
  const read = remembering(tileReader(size, fetch))
  const text = (hash: Uint8Array) => Buffer.from(hash).toString('base64')
  const inclusion: unknown[] = []
  const consistency: unknown[] = []
  for (const at of sizes) {
    const root = text(await rootAt(at, read))
    for (const index of leaves(at)) {
      const proof = (await inclusionProof(index, at, read)).map(text)
      inclusion.push({ index, size: at, root, proof })
    }
    for (const older of sizes.filter((other) => other <= at)) {
      const proof = (await consistencyProof(older, at, read)).map(text)
      const root1 = text(await rootAt(older, read))
      consistency.push({ size1: older, root1, size2: at, root2: root, proof })
    }
  }
  return { inclusion, consistency }
}

/** All that a log of that size is served as. */
export function tilesOf(size: number): Tile[] {
  const levels = Array.from({ length: Math.ceil(Math.log(size + 1) / Math.log(TILE_WIDTH)) + 1 })
  return [...levels.keys(), 'entries' as const].flatMap((level) => {
    const tiles: Tile[] = []
    for (let tile = tileAt(level, 0, size); tile !== undefined; ) {
      tiles.push(tile)
      tile = tileAt(level, tile.index + 1, size)
    }
    return tiles
  })
}

/** Thousands of proofs from the same tiles. */
function remembering(read: ReturnType<typeof tileReader>): ReturnType<typeof tileReader> {
  const known = new Map<string, Uint8Array>()
  const keyOf = ({ level, index }: NodeId) => `${level}/${index}`
  return async (nodes) => {
    const unknown = nodes.filter((node) => !known.has(keyOf(node)))
    const hashes = unknown.length === 0 ? [] : await read(unknown)
    unknown.forEach((node, i) => void known.set(keyOf(node), hashes[i]!))
    return nodes.map((node) => known.get(keyOf(node))!)
  }
}
