/**
 * Writes the SHA-2 kernels of packages/protocol/src/encoding/sha2 (FIPS 180-4): four messages of SHA-256
 * or two of SHA-512 side by side, one in each lane. Messages come as whole blocks, with their padding.
 *
 * | export | what it does |
 * | --- | --- |
 * | heapBase() | where the caller's memory begins |
 * | hash(out, apart, messages, blocks, groups, initial) | the state after each message's `blocks` blocks, that stand one message behind the other; message i's goes to out + i · apart. States are as long as a digest, big-endian; all messages begin with the one at `initial`. A group is as many messages as there are lanes |
 *
 * No branch and no address depends on what is hashed.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  i32x4,
  i64x2,
  type Local,
  load,
  ModuleBuilder,
  type V128,
  v128,
} from './assembler.ts'
import { type Four, turned } from './lanes.ts'
import { Layout } from './layout.ts'

/** Words that a block has, and that the schedule looks back on. */
const RING = 16
const PAGE = 65_536

type Addr = ReturnType<Layout['reserve']>
type Vector = Local<'v128'>
type State = readonly Vector[]
type Three = readonly [number, number, number]

/** What the two functions differ in. */
type Variant = {
  /** Bytes. */
  readonly word: 4 | 8
  readonly rounds: number
  readonly lanes: typeof i32x4 | typeof i64x2
  readonly splat: (base: I32, offset: number) => V128
  /** Two rotations and a shift. */
  readonly sigma0: Three
  readonly sigma1: Three
  /** Rotations. */
  readonly sum0: Three
  readonly sum1: Three
}

const SHA256: Variant = {
  ...{ word: 4, rounds: 64, lanes: i32x4 },
  splat: (base, offset) => v128.load32Splat(base, offset),
  ...{ sigma0: [7, 18, 3], sigma1: [17, 19, 10], sum0: [2, 13, 22], sum1: [6, 11, 25] },
}
const SHA512: Variant = {
  ...{ word: 8, rounds: 80, lanes: i64x2 },
  splat: (base, offset) => v128.load64Splat(base, offset),
  ...{ sigma0: [1, 8, 7], sigma1: [19, 61, 6], sum0: [28, 34, 39], sum1: [14, 18, 41] },
}

export function sha256Module(): Uint8Array {
  return writeModule(SHA256)
}

export function sha512Module(): Uint8Array {
  return writeModule(SHA512)
}

function writeModule(variant: Variant): Uint8Array {
  const { word, splat } = variant
  const [lanes, block] = [16 / word, RING * word]
  const module = new ModuleBuilder({ pages: 1 })
  const layout = new Layout()
  const constants = layout.constant(roundConstants(variant))
  const [ring, before] = [layout.reserve(16 * RING), layout.reserve(16 * 8)]
  const compress = writeCompress(module, variant, constants, ring, before)
  const parameters = Array.from({ length: 6 }, () => 'i32' as const)
  const f = module.function(parameters, [], 'hash')
  const [out, apart, message, blocks, groups, initial] = parameters.map((type, i) =>
    f.parameter(type, i),
  ) as [Local<'i32'>, I32, Local<'i32'>, I32, Local<'i32'>, I32]
  const length = f.local('i32', i32.mul(blocks, i32const(block)))
  const left = f.local('i32')
  const one = f.local('v128')
  const times = (value: I32, lane: number) => i32.mul(value, i32const(lane))
  f.loopWhile(groups, () => {
    for (let i = 0; i < 8; i++) {
      f.set(one, splat(initial, word * i))
      f.store(before.base, v128.shuffle(one, one, swapped(word)), before.offset + 16 * i)
    }
    f.set(left, blocks)
    f.loopWhile(left, () => {
      f.call(compress, ...each(lanes, (lane) => i32.add(message, times(length, lane))))
      f.set(message, i32.add(message, i32const(block)))
      f.set(left, i32.sub(left, i32const(1)))
    })
    f.set(message, i32.add(message, times(length, lanes - 1)))
    writeStates(
      f,
      variant,
      each(lanes, (lane) => i32.add(out, times(apart, lane))),
      before,
    )
    f.set(out, i32.add(out, times(apart, lanes)))
    f.set(groups, i32.sub(groups, i32const(1)))
  })
  module.function([], ['i32'], 'heapBase').result(i32const(layout.end))
  if (layout.end > PAGE) throw new Error('the fixed part of memory takes more than its page')
  layout.writeTo(module)
  return module.bytes()
}

/** (a block of each message): the state at `before` becomes the one after these blocks. */
function writeCompress(
  module: ModuleBuilder,
  variant: Variant,
  constants: Addr,
  ring: Addr,
  before: Addr,
): FunctionBuilder {
  const { word: bytes, rounds, splat, sigma0, sigma1 } = variant
  const { add } = variant.lanes
  const lanes = 16 / bytes
  const f = module.function(each(lanes, () => 'i32' as const))
  const messages = each(lanes, (lane) => f.parameter('i32', lane))
  const state = each(8, (i) => f.local('v128', load('v128', before.base, before.offset + 16 * i)))
  const [word, old, recent] = [f.local('v128'), f.local('v128'), f.local('v128')]
  const round = writeRounds(f, variant, state)
  const transposed = newTransposition(f, variant)
  const inRing = (i: number) => load('v128', ring.base, ring.offset + 16 * (i % RING))
  const constant = f.local('i32', constants.base)
  const turn = (setWord: (i: number) => void) => {
    for (let i = 0; i < RING; i++) {
      setWord(i)
      f.store(ring.base, word, ring.offset + 16 * i)
      round(i, add(word, splat(constant, constants.offset + bytes * i)))
    }
    f.set(constant, i32.add(constant, i32const(bytes * RING)))
  }
  let some: readonly V128[] = []
  turn((i) => {
    if (i % lanes === 0) some = transposed(messages.map((at) => load('v128', at, bytes * i)))
    f.set(word, some[i % lanes]!)
  })
  const last = i32const(bytes * rounds)
  f.loopWhile(i32.ltU(constant, last), () => {
    turn((i) => {
      f.set(old, inRing(i + 1))
      f.set(recent, inRing(i + 14))
      const sigmas = add(sigma(variant, old, sigma0), sigma(variant, recent, sigma1))
      f.set(word, add(add(inRing(i), inRing(i + 9)), sigmas))
    })
  })
  state.forEach((value, i) => {
    const offset = before.offset + 16 * i
    f.store(before.base, add(load('v128', before.base, offset), value), offset)
  })
  return f
}

/**
 * Rounds, of which each one's a to h are the names that stand one further on in the next. Maj(a, b, c)
 * is b where a and b agree, else c: b ⊕ ((a ⊕ b) ∧ (b ⊕ c)), and a ⊕ b is the next round's b ⊕ c.
 */
function writeRounds(
  f: FunctionBuilder,
  variant: Variant,
  state: State,
): (round: number, input: V128) => void {
  const { sum0, sum1 } = variant
  const { add } = variant.lanes
  const [differ, differed] = [f.local('v128'), f.local('v128')]
  f.set(differed, v128.xor(state[1]!, state[2]!))
  return (round, input) => {
    const name = (i: number) => state[(i + RING - round) % 8]!
    const [a, b, d, e, h] = [name(0), name(1), name(3), name(4), name(7)]
    const choice = v128.bitselect(name(5), name(6), e)
    f.set(h, add(add(h, input), add(choice, rotations(variant, e, sum1))))
    f.set(d, add(d, h))
    f.set(differ, v128.xor(a, b))
    const majority = v128.xor(b, v128.and(differ, differed))
    f.set(h, add(h, add(majority, rotations(variant, a, sum0))))
    f.set(differed, differ)
  }
}

const rotation = ({ word, lanes }: Variant, x: V128, bits: number) =>
  v128.xor(lanes.shrU(x, i32const(bits)), lanes.shl(x, i32const(8 * word - bits)))
const rotations = (variant: Variant, x: V128, [a, b, c]: Three) =>
  v128.xor(v128.xor(rotation(variant, x, a), rotation(variant, x, b)), rotation(variant, x, c))
const sigma = (variant: Variant, x: V128, [a, b, shift]: Three) =>
  v128.xor(
    v128.xor(rotation(variant, x, a), rotation(variant, x, b)),
    variant.lanes.shrU(x, i32const(shift)),
  )

/**
 * As many words of each message as there are lanes, to as many of all messages, and back; on the way the
 * bytes of each word are reversed.
 */
function newTransposition(
  f: FunctionBuilder,
  { word }: Variant,
): (rows: readonly V128[]) => readonly V128[] {
  if (word === 8) {
    const [lower, upper] = [f.local('v128'), f.local('v128')]
    return ([a, b]) => {
      f.set(lower, v128.shuffle(a!, b!, LOWER))
      f.set(upper, v128.shuffle(a!, b!, UPPER))
      return [lower, upper]
    }
  }
  const [spare, words] = [each(4, () => f.local('v128')), each(4, () => f.local('v128'))]
  return (rows) => {
    turned(f, rows as unknown as Four, spare).forEach((row, i) => void f.set(words[i]!, row))
    for (const one of words) f.set(one, v128.shuffle(one, one, swapped(word)))
    return words
  }
}

/** Bytes of the lower or upper words of two pairs, each word's in reverse. */
const reversed = (from: number) => each(8, (i) => from + 7 - i)
const LOWER = [...reversed(0), ...reversed(16)]
const UPPER = [...reversed(8), ...reversed(24)]

/** Every word's bytes in reverse. */
const swapped = (word: number) => each(16, (i) => i - (i % word) + word - 1 - (i % word))

/** Each message's state to its place. */
function writeStates(
  f: FunctionBuilder,
  variant: Variant,
  places: readonly I32[],
  before: Addr,
): void {
  const transposed = newTransposition(f, variant)
  for (let from = 0; from < 8; from += places.length) {
    const words = places.map((_, i) => load('v128', before.base, before.offset + 16 * (from + i)))
    transposed(words).forEach((row, lane) => {
      f.store(places[lane]!, row, variant.word * from)
    })
  }
}

/**
 * The first bits of the fractional parts of the cube roots of the first primes: of the same primes, and
 * for SHA-256 half as many bits.
 */
function roundConstants({ word, rounds }: Variant): Uint8Array {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < rounds; n++) {
    if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  }
  const bits = primes.map((prime) => BigInt.asUintN(64, cubeRoot(prime << 192n)))
  const constants =
    word === 8
      ? BigUint64Array.from(bits)
      : Uint32Array.from(bits, (constant) => Number(constant >> 32n))
  return new Uint8Array(constants.buffer)
}

/** Rounded down. */
function cubeRoot(value: bigint): bigint {
  let root = 0n
  for (let bit = 1n << 70n; bit > 0n; bit >>= 1n) {
    if ((root | bit) ** 3n <= value) root |= bit
  }
  return root
}

function each<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}
