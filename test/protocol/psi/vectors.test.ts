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
  /** Scalars and the dummy of each side, as they follow from the seeds. */
  scalars: z.strictObject({ receiver: z.string(), sender: z.string() }),
  dummies: z.strictObject({ receiver: z.string(), sender: z.string() }),
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
    const [a, b] = [scalarOf(vector.scalars.receiver), scalarOf(vector.scalars.sender)]
    const hashed = (side: 'receiver' | 'sender') =>
      [...lists[side].map(utf8), fromHex(vector.dummies[side])].map((item) =>
        ristretto255_hasher.hashToCurve(item, { DST: tag }),
      )
    const masked = hashed('receiver').map((point) => point.multiply(a))
    const products = masked.map((point) => point.multiply(b).toHex())
    const records = hashed('sender').map((point) => point.multiply(b).toHex().slice(2, 14))
    expect(recorded['receiver psi/masked']).toEqual([masked.map((point) => point.toHex()).join('')])
    const sent = output === 'items' ? products : products.toSorted()
    expect(recorded['sender psi/products']).toEqual([sent.join('')])
    expect(recorded['sender psi/list']).toEqual([records.toSorted().join('')])
  })
})

it('the scalars follow from the seeds', () => {
  const scalar = (side: string) =>
    hex(defaultGroup().scalars.reduce(seededRandom(`vector ${side}`)(64)))
  expect(vector.scalars.sender).toBe(scalar('sender'))
  expect(vector.scalars.receiver).toBe(scalar('receiver'))
})

function scalarOf(littleEndian: string): bigint {
  return ristretto255.Point.Fn.fromBytes(fromHex(littleEndian))
}
