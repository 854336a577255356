/**
 * The compression function of BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn: "BLAKE3, one
 * function, fast everywhere", 2020, section 2.2), four blocks side by side: word w of all four is one
 * vector. Only what hashes at most 64 bytes in keyed mode: one block that is chunk and root.
 */

import {
  type FunctionBuilder,
  i32,
  i32const,
  i32x4,
  type Local,
  load,
  type ModuleBuilder,
  type V128,
  v128,
  v128const,
} from '../assembler.ts'
import { rotatedRight, type Vector } from '../lanes.ts'
import { LENGTHS, MESSAGE, OUTPUT } from './scratch.ts'

const IV = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
const ROUNDS = 7
/** CHUNK_START, CHUNK_END, ROOT, KEYED_HASH. */
const FLAGS = 1 | 2 | 8 | 16

/** Columns, then diagonals. */
const QUARTERS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const

type I = Local<'i32'>

const zero = i32const(0)
const splat = (word: number): V128 => i32x4.splat(i32const(word))

/**
 * compress(key): the first `words` words of the message from MESSAGE, the others zero; its lengths in
 * bytes from LENGTHS; 16 words of output to OUTPUT.
 */
export function writeCompress(module: ModuleBuilder, words: number): FunctionBuilder {
  const f = module.function(['i32'])
  const key = f.parameter('i32', 0)
  const state = newState(f)
  for (let i = 0; i < 8; i++) f.set(state[i]!, v128.load32Splat(key, 4 * i))
  setRest(f, state, splat(0), load('v128', zero, LENGTHS))
  writeRounds(f, state, (word) =>
    word < words ? load('v128', zero, MESSAGE + 16 * word) : undefined,
  )
  for (let i = 0; i < 8; i++) {
    const [low, high] = [state[i]!, state[i + 8]!]
    f.store(zero, v128.xor(low, high), OUTPUT + 16 * i)
    f.store(zero, v128.xor(high, v128.load32Splat(key, 4 * i)), OUTPUT + 128 + 16 * i)
  }
  return f
}

/**
 * prg(out, stride, seeds, columns, counter, groups): for each seed of 32 bytes, `groups` times four
 * blocks of the keyed hash of nothing in extendable output, from block number `counter` on. Within
 * four blocks the order is by word, then by block: a fixed order that both sides share.
 */
export function writePrg(module: ModuleBuilder): void {
  const f = module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], [], 'prg')
  const [out, stride, seeds, columns, counter, groups] = [0, 1, 2, 3, 4, 5].map((i) =>
    f.parameter('i32', i),
  ) as [I, I, I, I, I, I]
  const state = newState(f)
  const [at, left, block] = [f.local('i32'), f.local('i32'), f.local('v128')]
  f.loopWhile(columns, () => {
    f.set(at, out)
    f.set(left, groups)
    f.set(block, i32x4.splat(counter))
    f.set(block, i32x4.add(block, v128const(1n << 32n, (3n << 32n) | 2n)))
    f.loopWhile(left, () => {
      for (let i = 0; i < 8; i++) f.set(state[i]!, v128.load32Splat(seeds, 4 * i))
      setRest(f, state, block, splat(0))
      writeRounds(f, state, () => undefined)
      for (let i = 0; i < 8; i++) {
        const [low, high] = [state[i]!, state[i + 8]!]
        f.store(at, v128.xor(low, high), 16 * i)
        f.store(at, v128.xor(high, v128.load32Splat(seeds, 4 * i)), 128 + 16 * i)
      }
      f.set(block, i32x4.add(block, splat(4)))
      f.set(at, i32.add(at, i32const(256)))
      f.set(left, i32.sub(left, i32const(1)))
    })
    f.set(out, i32.add(out, stride))
    f.set(seeds, i32.add(seeds, i32const(32)))
    f.set(columns, i32.sub(columns, i32const(1)))
  })
}

function newState(f: FunctionBuilder): Vector[] {
  return Array.from({ length: 16 }, () => f.local('v128'))
}

function setRest(f: FunctionBuilder, state: readonly Vector[], counter: V128, lengths: V128): void {
  for (let i = 0; i < 4; i++) f.set(state[8 + i]!, splat(IV[i]!))
  f.set(state[12]!, counter)
  f.set(state[13]!, splat(0))
  f.set(state[14]!, lengths)
  f.set(state[15]!, splat(FLAGS))
}

/** @param word undefined: zero, so there is nothing to add */
function writeRounds(
  f: FunctionBuilder,
  state: readonly Vector[],
  word: (index: number) => V128 | undefined,
): void {
  let order = Array.from({ length: 16 }, (_, i) => i)
  for (let round = 0; round < ROUNDS; round++) {
    QUARTERS.forEach(([a, b, c, d], i) => {
      const quarter = [state[a]!, state[b]!, state[c]!, state[d]!] as const
      mixHalf(f, quarter, word(order[2 * i]!), 16, 12)
      mixHalf(f, quarter, word(order[2 * i + 1]!), 8, 7)
    })
    order = PERMUTATION.map((from) => order[from]!)
  }
}

function mixHalf(
  f: FunctionBuilder,
  [a, b, c, d]: readonly [Vector, Vector, Vector, Vector],
  word: V128 | undefined,
  first: number,
  second: number,
): void {
  const sum = i32x4.add(a, b)
  f.set(a, word === undefined ? sum : i32x4.add(sum, word))
  rotatedRight(f, d, v128.xor(d, a), first)
  f.set(c, i32x4.add(c, d))
  rotatedRight(f, b, v128.xor(b, c), second)
}
