import { fromUtf8, signerFromSeed } from '@drempel/protocol/encoding'
import {
  encodeTilePath,
  openCheckpoint,
  parseHashTile,
  rootAt,
  tileReader,
  verifierKey,
} from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { expectRefusal, post } from '../kit/peer.ts'

/** What a member sees of another's log: that it grows, not what is in it. */

let federation: Federation
let owner: Member
let reader: Member

beforeAll(async () => {
  federation = await Federation.open({ size: 3 })
  owner = federation.member('bank-a')
  reader = federation.member('telecom')
  for (let i = 0; i < 20; i++) await owner.ctx.audit.append({ type: 'node.started' }, null)
})

afterAll(() => federation.close())

async function checkpoint() {
  const { status, body } = await post(reader, owner, 'log/checkpoint', { origin: null })
  expect(status).toBe(200)
  const note = fromUtf8(body)
  const origin = note.slice(0, note.indexOf('\n'))
  return openCheckpoint(note, verifierKey(origin, federation.directory('bank-a')!.signingKey))
}

describe("another member's log", () => {
  test('its root follows from its hash tiles', async () => {
    const { origin, size, root } = await checkpoint()
    expect(size).toBeGreaterThan(20)
    const fetched: string[] = []
    const read = tileReader(size, async (tile) => {
      const path = encodeTilePath(tile)
      fetched.push(path)
      const { body } = await post(reader, owner, 'log/tile', { origin, path })
      return body
    })
    expect(await rootAt(size, read)).toEqual(root)
    expect(fetched.length).toBeGreaterThan(0)
    const tile = await post(reader, owner, 'log/tile', { origin, path: fetched[0]! })
    expect(parseHashTile(tile.body, size)).toHaveLength(size)
  })

  test("its checkpoint is no other key's", async () => {
    const { body } = await post(reader, owner, 'log/checkpoint', { origin: null })
    const note = fromUtf8(body)
    const other = signerFromSeed(new Uint8Array(32).fill(3)).publicKey
    const key = verifierKey(note.slice(0, note.indexOf('\n')), other)
    expect(() => openCheckpoint(note, key)).toThrow('NO_KNOWN_SIGNATURE')
  })

  test.each([
    ['its entries', { path: 'tile/entries/000.p/21' }, 'BAD_REQUEST'],
    ['a tile beyond its end', { path: 'tile/0/005' }, 'UNKNOWN_LOG'],
    ['no tile', { path: 'tile/../../etc/passwd' }, 'BAD_REQUEST'],
    [
      'a log that is not its own',
      { origin: 'drempel/x/y/2020Q1', path: 'tile/0/000' },
      'UNKNOWN_LOG',
    ],
  ])('does not show %s', async (_, change, code) => {
    const { origin } = await checkpoint()
    await expectRefusal(owner, () => post(reader, owner, 'log/tile', { origin, ...change }), code)
  })
})
