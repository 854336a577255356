/**
 * A whole session under fixed seeds. There are no published vectors for such a session; every point of
 * this one is computed again by @noble/curves from the scalars alone.
 */

import { readFileSync } from 'node:fs'
import { concat, fromHex, hex, utf8 } from '@drempel/protocol/encoding'
import { defaultGroup } from '@drempel/protocol/group'
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { seededRandom } from '../random.ts'
import { ended } from './run.ts'

const frames = z.record(z.enum(['items', 'size']), z.record(z.string(), z.array(z.string())))
const schema = z.strictObject({
  source: z.string(),
  context: z.string(),
  sizes: z.strictObject({ receiver: z.int(), sender: z.int() }),
  lists: z.strictObject({ receiver: z.array(z.string()), sender: z.array(z.string()) }),
  /** What follows from the seeds: the sender's scalar, and what the receiver masks with. */
  scalar: z.string(),
  masks: z.strictObject({ items: z.array(z.string()), size: z.string() }),
  dummies: z.strictObject({
    receiver: z.strictObject({ items: z.string(), size: z.string() }),
    sender: z.strictObject({ items: z.string(), size: z.string() }),
  }),
  frames,
})
const file = new URL('../../vectors/psi-ecdh.json', import.meta.url)
const vector = schema.parse(JSON.parse(readFileSync(file, 'utf8')))
const { lists, sizes } = vector

async function transcript(output: 'items' | 'size'): Promise<Record<string, string[]>> {
  const context = fromHex(vector.context)
  const only = { receiver: { sizes, context }, sender: { sizes, context } }
  const { link } = await ended({ ...lists, output, to: 'both', seed: 'vector', only })
  const steps: Record<string, string[]> = {}
  for (const { from, step, payload } of link.sent) {
    const name = `${from} ${step}`
    steps[name] = [...(steps[name] ?? []), hex(payload)]
  }
  return steps
}

describe.each(['items', 'size'] as const)('the session that tells %s', (output) => {
  const recorded = vector.frames[output]

  it('is repeated byte by byte', async () => {
    expect(await transcript(output)).toEqual(recorded)
  })

  it('has the points that follow from its scalars', () => {
    const tag = concat(utf8('drempel/v1/psi/ecdh'), fromHex(vector.context))
    const b = scalarOf(vector.scalar)
    const hashed = (side: 'receiver' | 'sender') =>
      [...lists[side].map(utf8), fromHex(vector.dummies[side][output])].map((item) =>
        ristretto255_hasher.hashToCurve(item, { DST: tag }),
      )
    const masked = hashed('receiver').map((point, i) =>
      output === 'size'
        ? point.multiply(scalarOf(vector.masks.size))
        : point.add(ristretto255.Point.BASE.multiply(scalarOf(vector.masks.items[i]!))),
    )
    const products = masked.map((point) => point.multiply(b).toHex())
    const records = hashed('sender').map((point) => point.multiply(b).toHex().slice(2, 14))
    expect(recorded['receiver psi/masked']).toEqual([masked.map((point) => point.toHex()).join('')])
    const sent = output === 'items' ? products : products.toSorted()
    expect(recorded['sender psi/products']).toEqual([sent.join('')])
    expect(recorded['sender psi/list']).toEqual([records.toSorted().join('')])
  })
})

it('the key is of the scalar', () => {
  const key = ristretto255.Point.BASE.multiply(scalarOf(vector.scalar)).toHex()
  expect(vector.frames.items['sender psi/key']).toEqual([key])
  expect(vector.frames.size['sender psi/key']).toBeUndefined()
})

it('the scalars follow from the seeds', () => {
  const { scalars } = defaultGroup()
  expect(vector.scalar).toBe(hex(scalars.reduce(seededRandom('vector sender')(64))))
  expect(vector.masks.size).toBe(hex(scalars.reduce(seededRandom('vector receiver')(64))))
  const random = seededRandom('vector receiver')
  random(32)
  expect(vector.masks.items.join('')).toBe(hex(scalars.reduce(random(64 * sizes.receiver))))
})

function scalarOf(littleEndian: string): bigint {
  return ristretto255.Point.Fn.fromBytes(fromHex(littleEndian))
}
