import { ProtocolError } from '@drempel/protocol/encoding'
import type { RoundRule } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { seededInts } from '../worlds/ciphers.ts'
import { runRound } from '../worlds/round.ts'
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
  const larger = await transcriptOf('shape/c', [['x', 'y'], ['x', 'y'], []])
  expect(onLink(larger, 0, 1)).not.toEqual(onLink(a, 0, 1))
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
  await runRound({ seed, lists, rules, transcript })
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
      const error = await runRound({ seed, lists, rules, adversary }).catch((e: unknown) => e)
      expect(error, name).toBeInstanceOf(Error)
      if (name !== 'the sender dies') expect(error, name).toBeInstanceOf(ProtocolError)
    },
  )
})
