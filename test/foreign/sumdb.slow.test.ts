/**
 * Foreign verification, both ways: Go's sumdb/note and sumdb/tlog accept a log that nodes serve, and
 * the verifiers here accept a log that those made. Each acceptance has its refusal beside it.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  fromBase64,
  fromBase64url,
  isProtocolError,
  signerFromSeed,
} from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  COSIGNATURE_V1,
  cosigner,
  encodeTilePath,
  encodeVerifierKey,
  type FetchTile,
  leafHash,
  noteSigner,
  openCheckpoint,
  openCosigned,
  openNote,
  parseVerifierKey,
  signCheckpoint,
  type VerifierKey,
  verifierKey,
  verifyConsistency,
  verifyInclusion,
  verifyLog,
  witnessKey,
} from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../node/kit/federation.ts'
import { checkpointAt, SIZE, serve } from '../protocol/log/served.ts'
import { buildSumdb, filesOf, hasSumdb, MISSING, proofsOf, write, writeLog } from './tools.ts'

const available = hasSumdb()
if (!available && process.env.CI === undefined) console.warn(`skipped: ${MISSING}`)

const home = mkdtempSync(join(tmpdir(), 'drempel-sumdb-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

// In CI their absence is a failure, so that nobody takes a green run for one of these tests.
describe.skipIf(!available && process.env.CI === undefined)('golang.org/x/mod/sumdb', () => {
  let sumdb: ReturnType<typeof buildSumdb>

  beforeAll(() => {
    if (!available) throw new Error(MISSING)
    sumdb = buildSumdb(home)
  })

  describe('verifies our log', () => {
    const seed = (byte: number) => signerFromSeed(new Uint8Array(32).fill(byte))
    const cosignerKey = verifierKey('witness-1', seed(6).publicKey, COSIGNATURE_V1)
    const large = join(home, 'large')

    beforeAll(async () => {
      const checkpoint = checkpointAt(SIZE)
      const owner = noteSigner(checkpoint.origin, seed(5))
      await writeLog(large, {
        keys: [owner.key, cosignerKey].map(encodeVerifierKey),
        note: signCheckpoint(checkpoint, [owner, cosigner('witness-1', seed(6), 1_790_000_000)]),
        size: SIZE,
        fetch: serve(SIZE),
        proofs: await proofsOf(
          checkpoint,
          serve(SIZE),
          [1, 2, 3, 255, 256, 257, 1000, 65_535, 65_536, 65_537, SIZE],
          (size) => [0, 1, 255, 256, 65_535, size - 2, size - 1].filter((i) => i >= 0 && i < size),
        ),
      })
    })

    test('a tree of three levels of tiles, cosigned: notes, tiles, entries and proofs', () => {
      expect(sumdb('verify', large)).toBe(
        `${SIZE} entries, 58 inclusion proofs, 66 consistency proofs\n`,
      )
    })

    test.each([
      ['checkpoint', 'invalid signature'],
      ['tile/0/100', 'inconsistent tile'],
      ['tile/1/000', 'inconsistent tile'],
      ['tile/2/000.p/1', 'inconsistent tile'],
      ['tile/entries/100', 'is not in the tree'],
    ])('and refuses it with one bit of %s changed', (path, why) => {
      const bent = join(home, 'bent')
      cpSync(large, bent, { recursive: true })
      const bytes = new Uint8Array(readFileSync(join(bent, path)))
      write(bent, path, bytes.with(30, bytes[30]! ^ 1))
      expect(() => sumdb('verify', bent)).toThrow(why)
      rmSync(bent, { recursive: true })
    })

    test('as a node serves it to its auditor, cosigned by two others', async () => {
      const federation = await Federation.open({ size: 3, witnesses: ['bank-b', 'telecom'] })
      try {
        const member = federation.member('bank-a')
        const { ctx, descriptor, token } = member
        const append = () => ctx.audit.append({ type: 'node.started' }, null)
        await Promise.all(Array.from({ length: 300 }, append))
        const origin = (await ctx.audit.origin())!
        const key = verifierKey(origin, fromBase64url(descriptor.signingKey))
        await ctx.witnessing.cosigning.run()
        const note = (await member.api('GET', `/log/${origin}/cosigned`)).text
        const witnesses = ['bank-b', 'telecom'].map((id) =>
          witnessKey('proef', id, fromBase64url(federation.member(id).descriptor.signingKey)),
        )
        expect(openCosigned(note, key, witnesses, 2).times.size).toBe(2)
        const checkpoint = openCheckpoint(note, key)
        const fetchTile: FetchTile = async (tile) => {
          const url = `${descriptor.url}/api/v1/log/${origin}/${encodeTilePath(tile)}`
          const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
          return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined
        }
        const served = join(home, 'served')
        await writeLog(served, {
          keys: [key, ...witnesses].map(encodeVerifierKey),
          note,
          size: checkpoint.size,
          fetch: fetchTile,
          proofs: await proofsOf(checkpoint, fetchTile, [1, 256, checkpoint.size], (size) => [
            ...Array(size).keys(),
          ]),
        })
        expect(sumdb('verify', served)).toContain(`${checkpoint.size} entries`)
      } finally {
        await federation.close()
      }
    })
  })

  describe('makes a log that we verify', () => {
    const log = join(home, 'made')
    let keys: VerifierKey[]
    let note: string
    let checkpoint: Checkpoint

    beforeAll(() => {
      write(log, 'empty', '')
      sumdb('make', log)
      keys = readFileSync(join(log, 'keys'), 'utf8').trim().split('\n').map(parseVerifierKey)
      note = readFileSync(join(log, 'checkpoint'), 'utf8')
      checkpoint = openCheckpoint(note, keys[0]!)
    })

    test('its note, with a cosignature and its time', () => {
      const { signers } = openNote(note, keys)
      expect(signers.map(({ key, time }) => [key.name, time])).toEqual([
        ['example.com/sumdb-log', undefined],
        ['witness.example/w1', 1_790_000_000],
      ])
      expect(checkpoint.size).toBe(600)
      expect(() => openNote(note.replace('\n600\n', '\n599\n'), keys)).toThrow('BAD_SIGNATURE')
    })

    test('its tiles and entries', async () => {
      let entries = 0
      await verifyLog(checkpoint, filesOf(log), () => entries++)
      expect(entries).toBe(600)
      const lying: FetchTile = (tile) => {
        const bytes = filesOf(log)(tile) as Uint8Array
        return tile.level === 0 && tile.index === 1 ? bytes.with(7, bytes[7]! ^ 1) : bytes
      }
      await expect(verifyLog(checkpoint, lying)).rejects.toMatchObject({ at: 'tile/0/001' })
    })

    test('its proofs, byte for byte those made here, and none with one bit changed', async () => {
      const leaves: Uint8Array[] = []
      await verifyLog(checkpoint, filesOf(log), (_, leaf) => leaves.push(leafHash(leaf)))
      const { inclusion, consistency } = JSON.parse(
        readFileSync(join(log, 'proofs.json'), 'utf8'),
      ) as Proofs
      expect(inclusion).toHaveLength(1389)
      for (const { index, size, root, proof } of inclusion) {
        const [hashes, target] = [(proof ?? []).map(fromBase64), fromBase64(root)]
        const check = (path: Uint8Array[]) => () =>
          verifyInclusion(leaves[index]!, index, size, path, target)
        check(hashes)()
        expect(hashes.map((_, i) => refusal(check(flip(hashes, i))))).toEqual(
          hashes.map(() => 'BAD_INCLUSION_PROOF'),
        )
      }
      expect(consistency).toHaveLength(45)
      for (const { size1, root1, size2, root2, proof } of consistency) {
        const hashes = (proof ?? []).map(fromBase64)
        const check = (path: Uint8Array[]) => () =>
          verifyConsistency(size1, fromBase64(root1), size2, fromBase64(root2), path)
        check(hashes)()
        expect(hashes.map((_, i) => refusal(check(flip(hashes, i))))).toEqual(
          hashes.map(() => 'BAD_CONSISTENCY_PROOF'),
        )
      }
      const sizes = [...new Set(inclusion.map(({ size }) => size))]
      const all = (size: number) => [...Array(size).keys()]
      const own = (await proofsOf(checkpoint, filesOf(log), sizes, all)) as Proofs
      expect(own.inclusion).toEqual(inclusion.map((p) => ({ ...p, proof: p.proof ?? [] })))
      expect(own.consistency).toEqual(consistency.map((p) => ({ ...p, proof: p.proof ?? [] })))
    })
  })
})

/** Go writes an empty proof as null. */
type Proofs = {
  inclusion: { index: number; size: number; root: string; proof: string[] | null }[]
  consistency: {
    size1: number
    root1: string
    size2: number
    root2: string
    proof: string[] | null
  }[]
}

const flip = (hashes: readonly Uint8Array[], i: number) =>
  hashes.map((hash, at) => (at === i ? hash.with(31, hash[31]! ^ 1) : hash))

function refusal(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return isProtocolError(error) ? error.code : String(error)
  }
}
