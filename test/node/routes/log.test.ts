/** A node's log as files: to members that it grows, to its auditors also what is in it. */

import { type Bytes, fromBase64url, fromUtf8, signerFromSeed } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  encodeTilePath,
  openCheckpoint,
  parseHashTile,
  rootAt,
  tileReader,
  verifierKey,
  verifyLog,
} from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { readProblem } from '../kit/peer.ts'

let federation: Federation
let owner: Member
let reader: Member
let origin: string
let checkpoint: Checkpoint
let analyst: string
let auditor: string

beforeAll(async () => {
  federation = await Federation.open({ size: 3 })
  owner = federation.member('bank-a')
  reader = federation.member('telecom')
  const append = () => owner.ctx.audit.append({ type: 'node.started' }, null)
  await Promise.all(Array.from({ length: 300 }, append))
  origin = (await owner.ctx.audit.origin())!
  checkpoint = openCheckpoint(fromUtf8((await member('checkpoint')).body), ownersKey())
  analyst = await owner.person('analyst', 'analyst')
  auditor = await owner.person('auditor', 'auditor')
})

afterAll(() => federation.close())

const ownersKey = () => verifierKey(origin, fromBase64url(owner.descriptor.signingKey))

/** As another member, signed; the answer's signature is checked. */
const member = (file: string, log = origin) =>
  reader.ctx.peers.get(owner.id, `/peer/v1/log/${log}/${file}`, { allowProblem: true })

async function asAuditor(file: string, token = auditor) {
  const response = await fetch(`${owner.descriptor.url}/api/v1/log/${origin}/${file}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const body: Bytes = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, header: (name: string) => response.headers.get(name), body }
}

const notFound = ({ status, body }: { status: number; body: Bytes }) => {
  expect(status).toBe(404)
  return readProblem(fromUtf8(body), status).code
}

describe("another member's log", () => {
  test('its root follows from its hash tiles', async () => {
    const fetched: string[] = []
    const read = tileReader(checkpoint.size, async (tile) => {
      const path = encodeTilePath(tile)
      fetched.push(path)
      return (await member(path)).body
    })
    expect(await rootAt(checkpoint.size, read)).toEqual(checkpoint.root)
    expect(fetched).toEqual(expect.arrayContaining(['tile/1/000.p/1']))
    expect(parseHashTile((await member('tile/0/000')).body, 256)).toHaveLength(256)
  })

  test("its checkpoint is no other key's", async () => {
    const note = fromUtf8((await member('checkpoint')).body)
    const other = signerFromSeed(new Uint8Array(32).fill(3)).publicKey
    expect(() => openCheckpoint(note, verifierKey(origin, other))).toThrow('NO_KNOWN_SIGNATURE')
  })

  test.each([
    ['its entries', 'tile/entries/000', 'NOT_FOUND'],
    ['a part of its entries', 'tile/entries/001.p/2', 'NOT_FOUND'],
    ['a tile beyond its end', 'tile/0/005', 'NOT_FOUND'],
    ['a tile wider than it is', 'tile/0/001.p/255', 'NOT_FOUND'],
    ['a tile of another spelling', 'tile/0/0', 'BAD_TILE_PATH'],
    ['no tile', 'tile/%2fetc%2fpasswd', 'BAD_TILE_PATH'],
    ['its entries by another spelling', 'tile//entries/000', 'BAD_TILE_PATH'],
    ['its entries in disguise', 'tile/%65ntries/000', 'NOT_FOUND'],
    ['anything else', 'sealed/0', 'NOT_FOUND'],
  ])('does not show %s', async (_, file, code) => {
    expect(notFound(await member(file))).toBe(code)
  })

  test.each([
    'drempel/proef/telecom/2026Q4',
    'drempel/x/bank-a/2026Q4',
    'drempel/proef/bank-a/2020Q1',
  ])('does not serve %s', async (log) => {
    expect(notFound(await member('checkpoint', log))).toBe('NOT_FOUND')
    expect(notFound(await member('tile/0/000', log))).toBe('NOT_FOUND')
  })

  test('is not there for who signs nothing', async () => {
    const url = `${owner.descriptor.url}/peer/v1/log/${origin}`
    for (const file of ['checkpoint', 'tile/0/000', 'tile/entries/000']) {
      expect((await fetch(`${url}/${file}`)).status).toBe(401)
    }
  })
})

describe('the own log, to auditors', () => {
  test('all of it can be recomputed', async () => {
    let entries = 0
    const fetchTile = async (tile: Parameters<typeof encodeTilePath>[0]) => {
      const { status, body } = await asAuditor(encodeTilePath(tile))
      return status === 200 ? body : undefined
    }
    await verifyLog(checkpoint, fetchTile, () => entries++)
    expect(entries).toBe(checkpoint.size)
  })

  test('a tile never changes and may be kept, a checkpoint may not', async () => {
    const partial = `tile/entries/001.p/${checkpoint.size - 256}`
    for (const file of ['tile/0/000', 'tile/entries/000', partial]) {
      const { status, header } = await asAuditor(file)
      expect(status).toBe(200)
      expect(header('content-type')).toBe('application/octet-stream')
      expect(header('cache-control')).toBe('private, max-age=31536000, immutable')
    }
    const { header } = await asAuditor('checkpoint')
    expect(header('content-type')).toBe('text/plain; charset=utf-8')
    expect(header('cache-control')).toBe('no-store')
    const before = (await asAuditor(partial)).body
    await owner.ctx.audit.append({ type: 'node.started' }, null)
    expect((await asAuditor(partial)).body).toEqual(before)
  })

  test('what is not there is not kept', async () => {
    const answer = await asAuditor('tile/0/005')
    expect(notFound(answer)).toBe('NOT_FOUND')
    expect(answer.header('cache-control') ?? '').not.toContain('immutable')
  })

  test('is not for analysts', async () => {
    for (const file of ['checkpoint', 'tile/0/000', 'tile/entries/000']) {
      expect((await asAuditor(file, analyst)).status).toBe(403)
    }
  })
})
