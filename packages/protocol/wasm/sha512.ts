/**
 * Writes the SHA-512 kernel of packages/protocol/src/encoding/sha512 (FIPS 180-4): two messages side by
 * side, one in each 64-bit lane. Messages come as whole blocks, with their padding.
 *
 * | export | what it does |
 * | --- | --- |
 * | heapBase() | where the caller's memory begins |
 * | sha512(out, apart, messages, blocks, pairs, initial) | the state after each message's `blocks` blocks, 128 bytes each, that stand one message behind the other; message i's goes to out + i · apart. States are 64 bytes, big-endian as in a digest; all messages begin with the one at `initial` |
 *
 * No branch and no address depends on what is hashed.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  i64x2,
  type Local,
  load,
  ModuleBuilder,
  type V128,
  v128,
} from './assembler.ts'
import { Layout } from './layout.ts'

const BLOCK = 128
const ROUNDS = 80
/** Words that the schedule looks back on. */
const RING = 16
const PAGE = 65_536

type Addr = ReturnType<Layout['reserve']>
type State = readonly Local<'v128'>[]

export function sha512Module(): Uint8Array {
  const module = new ModuleBuilder({ pages: 1 })
  const layout = new Layout()
  const constants = layout.constant(new Uint8Array(BigUint64Array.from(roundConstants()).buffer))
  const [ring, before] = [layout.reserve(16 * RING), layout.reserve(16 * 8)]
  const compress = writeCompress(module, constants, ring, before)
  const parameters = Array.from({ length: 6 }, () => 'i32' as const)
  const f = module.function(parameters, [], 'sha512')
  const [out, apart, message, blocks, pairs, initial] = parameters.map((type, i) =>
    f.parameter(type, i),
  ) as [Local<'i32'>, I32, Local<'i32'>, I32, Local<'i32'>, I32]
  const length = f.local('i32', i32.mul(blocks, i32const(BLOCK)))
  const left = f.local('i32')
  const one = f.local('v128')
  f.loopWhile(pairs, () => {
    for (let word = 0; word < 8; word++) {
      f.set(one, v128.load64Splat(initial, 8 * word))
      f.store(before.base, v128.shuffle(one, one, LOWER), before.offset + 16 * word)
    }
    f.set(left, blocks)
    f.loopWhile(left, () => {
      f.call(compress, message, i32.add(message, length))
      f.set(message, i32.add(message, i32const(BLOCK)))
      f.set(left, i32.sub(left, i32const(1)))
    })
    f.set(message, i32.add(message, length))
    writeStates(f, out, apart, before)
    f.set(out, i32.add(out, i32.shl(apart, i32const(1))))
    f.set(pairs, i32.sub(pairs, i32const(1)))
  })
  module.function([], ['i32'], 'heapBase').result(i32const(layout.end))
  if (layout.end > PAGE) throw new Error('the fixed part of memory takes more than its page')
  layout.writeTo(module)
  return module.bytes()
}

/** (first message's block, second's): the state at `before` becomes the one after these blocks. */
function writeCompress(
  module: ModuleBuilder,
  constants: Addr,
  ring: Addr,
  before: Addr,
): FunctionBuilder {
  const f = module.function(['i32', 'i32'])
  const [first, second] = [f.parameter('i32', 0), f.parameter('i32', 1)]
  const state = Array.from({ length: 8 }, (_, i) =>
    f.local('v128', load('v128', before.base, before.offset + 16 * i)),
  )
  const [word, old, recent] = [f.local('v128'), f.local('v128'), f.local('v128')]
  const round = writeRounds(f, state)
  const inRing = (i: number) => load('v128', ring.base, ring.offset + 16 * (i % RING))
  const constant = f.local('i32', constants.base)
  const turn = (setWord: (i: number) => void) => {
    for (let i = 0; i < RING; i++) {
      setWord(i)
      f.store(ring.base, word, ring.offset + 16 * i)
      round(i, i64x2.add(word, v128.load64Splat(constant, constants.offset + 8 * i)))
    }
    f.set(constant, i32.add(constant, i32const(8 * RING)))
  }
  turn((i) => {
    // Two words of either message, of which each goes to a lane.
    const [ofFirst, ofSecond] = [first, second].map((at) => load('v128', at, 8 * (i & ~1)))
    f.set(word, v128.shuffle(ofFirst!, ofSecond!, i % 2 === 0 ? LOWER : UPPER))
  })
  f.loopWhile(i32.ltU(constant, i32const(8 * ROUNDS)), () => {
    turn((i) => {
      f.set(old, inRing(i + 1))
      f.set(recent, inRing(i + 14))
      const sigmas = i64x2.add(sigma(old, 1, 8, 7), sigma(recent, 19, 61, 6))
      f.set(word, i64x2.add(i64x2.add(inRing(i), inRing(i + 9)), sigmas))
    })
  })
  state.forEach((value, i) => {
    const offset = before.offset + 16 * i
    f.store(before.base, i64x2.add(load('v128', before.base, offset), value), offset)
  })
  return f
}

/**
 * Rounds, of which each one's a to h are the names that stand one further on in the next. Maj(a, b, c)
 * is b where a and b agree, else c: b ⊕ ((a ⊕ b) ∧ (b ⊕ c)), and a ⊕ b is the next round's b ⊕ c.
 */
function writeRounds(f: FunctionBuilder, state: State): (round: number, input: V128) => void {
  const [differ, differed] = [f.local('v128'), f.local('v128')]
  f.set(differed, v128.xor(state[1]!, state[2]!))
  return (round, input) => {
    const name = (i: number) => state[(i + RING - round) % 8]!
    const [a, b, d, e, h] = [name(0), name(1), name(3), name(4), name(7)]
    const choice = v128.bitselect(name(5), name(6), e)
    f.set(h, i64x2.add(i64x2.add(h, input), i64x2.add(choice, rotations(e, 14, 18, 41))))
    f.set(d, i64x2.add(d, h))
    f.set(differ, v128.xor(a, b))
    const majority = v128.xor(b, v128.and(differ, differed))
    f.set(h, i64x2.add(h, i64x2.add(majority, rotations(a, 28, 34, 39))))
    f.set(differed, differ)
  }
}

const rotation = (x: V128, bits: number) =>
  v128.xor(i64x2.shrU(x, i32const(bits)), i64x2.shl(x, i32const(64 - bits)))
const rotations = (x: V128, a: number, b: number, c: number) =>
  v128.xor(v128.xor(rotation(x, a), rotation(x, b)), rotation(x, c))
const sigma = (x: V128, a: number, b: number, shift: number) =>
  v128.xor(v128.xor(rotation(x, a), rotation(x, b)), i64x2.shrU(x, i32const(shift)))

/** Bytes of the lower or upper words of two pairs, each word's in reverse. */
const reversed = (from: number) => Array.from({ length: 8 }, (_, i) => from + 7 - i)
const LOWER = [...reversed(0), ...reversed(16)]
const UPPER = [...reversed(8), ...reversed(24)]

/** The first message's state to `out`, the second's `apart` behind it. */
function writeStates(f: FunctionBuilder, out: I32, apart: I32, before: Addr): void {
  const other = i32.add(out, apart)
  for (let i = 0; i < 8; i += 2) {
    const words = [i, i + 1].map((word) => load('v128', before.base, before.offset + 16 * word))
    f.store(out, v128.shuffle(words[0]!, words[1]!, LOWER), 8 * i)
    f.store(other, v128.shuffle(words[0]!, words[1]!, UPPER), 8 * i)
  }
}

/** The first 64 bits of the fractional parts of the cube roots of the first 80 primes. */
function roundConstants(): bigint[] {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < ROUNDS; n++) {
    if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  }
  return primes.map((prime) => BigInt.asUintN(64, cubeRoot(prime << 192n)))
}

/** Rounded down. */
function cubeRoot(value: bigint): bigint {
  let root = 0n
  for (let bit = 1n << 70n; bit > 0n; bit >>= 1n) {
    if ((root | bit) ** 3n <= value) root |= bit
  }
  return root
}
