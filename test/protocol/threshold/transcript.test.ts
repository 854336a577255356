import { type Bytes, ProtocolError } from '@drempel/protocol/encoding'
import { MAX_PAYLOAD } from '@drempel/protocol/mpc'
import { combineOwners, ownerPartBytes, type RoundRule } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { seededInts } from '../worlds/ciphers.ts'
import { runRound, upload } from '../worlds/round.ts'
import type { Adversary, Message, Recorded } from '../worlds/three.ts'

const seed = process.env.SEED ?? 'transcript'
const rules: readonly RoundRule[] = [
  { id: 'a', t: 2, output: 'list' },
  { id: 'b', t: 3, output: 'owners' },
]

async function transcriptOf(name: string, lists: readonly (readonly string[])[]) {
  const transcript: Recorded[] = []
  await runRound({ seed: name, lists, sizes: [40, 40, 40], rules, transcript })
  return transcript
}

function onLink(transcript: readonly Recorded[], from: number, to: number) {
  return transcript
    .filter((message) => message.from === from && message.to === to)
    .map(({ step, length }) => `${step} ${length}`)
}

test('two inputs of equal public sizes and equal result size look alike on every link', async () => {
  // Three values in two lists each, against three that all lists hold; other counts inside the padding.
  const one = [
    ['x', 'y', 'p'],
    ['x', 'z', 'q'],
    ['y', 'z', 'r', 's'],
  ]
  const other = [
    ['u', 'v', 'w'],
    ['u', 'v', 'w'],
    ['u', 'v', 'w', ...Array.from({ length: 30 }, (_, i) => `n${i}`)],
  ]
  const [a, b] = [await transcriptOf('shape/a', one), await transcriptOf('shape/b', other)]
  for (const from of [0, 1, 2]) {
    for (const to of [0, 1, 2]) expect(onLink(b, from, to)).toEqual(onLink(a, from, to))
  }
  for (const { length } of a) expect(length).toBeLessThanOrEqual(MAX_PAYLOAD)
  const larger = await transcriptOf('shape/c', [['x', 'y'], ['x', 'y'], []])
  expect(onLink(larger, 0, 1)).not.toEqual(onLink(a, 0, 1))
})

test('what a node receives looks uniform until the opening', async () => {
  const phases = ['ascending', 'last', 'bounds', 'fold', 'merge', 'scan', 'unmerge', 'shuffle']
  const ones = new Map<string, { bits: number; ones: number }>()
  const adversary: Adversary = (message) => {
    const name = message.step.split('/').find((part) => phases.includes(part))
    if (name === undefined) return message
    const count = ones.get(name) ?? { bits: 0, ones: 0 }
    for (const byte of message.payload)
      for (let bit = byte; bit > 0; bit >>= 1) count.ones += bit & 1
    count.bits += 8 * message.payload.length
    ones.set(name, count)
    return message
  }
  await runRound({ seed: 'uniform', lists: [['x', 'y'], ['x'], ['x', 'y', 'z']], rules, adversary })
  expect([...ones.keys()].sort()).toEqual(phases.sort())
  for (const [name, { bits, ones: set }] of ones) {
    const deviations = Math.abs(set - bits / 2) / Math.sqrt(bits / 4)
    expect(deviations, name).toBeLessThan(6)
  }
})

describe('the parts of an owner', async () => {
  const lists = [['x', 'y'], ['x'], ['y', 'z']]
  const { plan, prepared, results } = await runRound({ seed: 'parts', lists, rules })
  const parts = [0, 1, 2].map((node) => results[node]!.owners.get('b')!.get(0)!)
  const combine = (three: readonly Uint8Array[]) =>
    combineOwners(plan, prepared[0]!, three as unknown as readonly [Bytes, Bytes, Bytes])

  test('combine, and alone look uniform', () => {
    expect(combine(parts)).toEqual([false, false])
    for (const part of parts) {
      let ones = 0
      for (const byte of part) for (let bit = byte; bit > 0; bit >>= 1) ones += bit & 1
      const bits = 8 * part.length
      expect(Math.abs(ones - bits / 2) / Math.sqrt(bits / 4)).toBeLessThan(6)
    }
  })

  test('one node that changes a bit, its length or its place is noticed', () => {
    for (const node of [0, 1, 2]) {
      const changed = (change: (part: Bytes) => Bytes) =>
        parts.map((part, i) => (i === node ? change(part) : part))
      for (const at of [0, 1, parts[0]!.length - 1]) {
        const flip = (part: Bytes) => part.map((byte, i) => (i === at ? byte ^ 4 : byte))
        expect(() => combine(changed(flip))).toThrow(/BAD_OWNER_PARTS/)
      }
      expect(() => combine(changed((part) => part.subarray(1)))).toThrow(/BAD_OWNER_PARTS/)
      expect(() => combine(changed((part) => new Uint8Array([...part, 0])))).toThrow(
        /BAD_OWNER_PARTS/,
      )
      expect(parts[node]!.length).toBe(ownerPartBytes(plan, 0))
      expect(() => combine(changed(() => parts[(node + 1) % 3]!))).toThrow(/BAD_OWNER_PARTS/)
    }
  })
})

const deeds: [string, (message: Message) => Message | 'die'][] = [
  [
    'a bit flipped',
    (m) => ({ ...m, payload: m.payload.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) }),
  ],
  ['truncated', (m) => ({ ...m, payload: m.payload.subarray(0, -1) })],
  ['oversized', (m) => ({ ...m, payload: new Uint8Array(m.payload.length + 1_000_000) })],
  ['renamed', (m) => ({ ...m, step: `${m.step}x` })],
  ['the sender dies', () => 'die'],
]

describe('a round with one message interfered with', async () => {
  const lists = [['x', 'y'], ['x'], ['y', 'z']]
  const transcript: Recorded[] = []
  const uploaded = upload({ seed, lists, rules })
  await runRound({ seed, lists, rules, transcript }, uploaded)
  const phase = (step: string) => step.split('/').slice(0, 3).join('/').replace(/\d+$/, '')
  const firsts = new Map(transcript.map((message) => [phase(message.step), message]))
  const below = seededInts(`${seed}/messages`)
  const sample = Array.from({ length: 8 }, () => transcript[below(transcript.length)]!)
  const targets = [...firsts.values(), ...sample]

  test.each(targets.map((m, i) => [`${m.from} to ${m.to}: ${m.step}`, m, i] as const))(
    `%s (seed ${seed})`,
    async (_, target, i) => {
      const [name, deed] = deeds[i % deeds.length]!
      const adversary: Adversary = (m) =>
        m.from === target.from && m.to === target.to && m.step === target.step ? deed(m) : m
      const round = runRound({ seed, lists, rules, adversary }, uploaded)
      const error = await round.catch((e: unknown) => e)
      expect(error, name).toBeInstanceOf(Error)
      if (name !== 'the sender dies') expect(error, name).toBeInstanceOf(ProtocolError)
    },
  )
})
