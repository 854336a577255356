/**
 * Lanes of 64 bits, as an integer or as a double that is a whole number.
 *
 * Integers are kept as they would be without a word size, so that wrapping is harmless until
 * someone looks: shifts and conversions need the one representative in range, and fail where the
 * interval straddles two. Doubles are multiples of `step`; sums must be exact. A fused a·b + c may
 * round only as the product trick of field/relaxed/product.ts wants it: with c constant, and a result
 * within one binade; the second fused product with the first taken off is then exact.
 */

import { exchanged, type From, type Lanes, orOfMasked, outOfBounds, type Range } from './words.ts'

type Integers = Range<bigint>
export type Word64 = { readonly from?: From<Word64> } & (
  | {
      readonly kind: 'integer'
      readonly lo: bigint
      readonly hi: bigint
      /** All that it can be, where these are few: constants may be doubles. */
      readonly bits?: readonly bigint[]
    }
  | { readonly kind: 'double'; readonly lo: bigint; readonly hi: bigint; readonly step: bigint }
)

const SIGN = 2n ** 63n
const FULL = 2n ** 64n
const MANTISSA = 53n

export const lanes64: Lanes<Word64> = {
  bytes: 8,
  unknown,

  another({ from: _, ...known }) {
    return known
  },

  constant(bytes) {
    const [first, second] = new BigInt64Array(bytes.slice().buffer)
    return join(integer(first!, first!), integer(second!, second!))
  },

  fromScalar: ({ lo, hi }) => integer(BigInt(lo), BigInt(hi)),
  join,

  shuffle(a, _b, order) {
    const rotated = order.every((from, i) => from < 16 && (from - i) % 8 === 0)
    return rotated ? lanes64.another(a) : outOfBounds('shuffle: not of whole lanes')
  },

  shift(code, a, bits) {
    const word = asInteger(a)
    const count = BigInt(bits)
    if (code === 203) return integer(word.lo << count, word.hi << count)
    const { lo, hi } = code === 204 ? inRange(word, -SIGN, SIGN - 1n) : inRange(word, 0n, FULL - 1n)
    return integer(lo >> count, hi >> count)
  },

  unary(code, a) {
    if (code === 77 && isMask(a)) return integer(-1n, 0n)
    if (code === 237) {
      const { lo, hi, step } = asDouble(a)
      return { kind: 'double', lo: -hi, hi: -lo, step }
    }
    return outOfBounds(`unary ${code}: not known`)
  },

  binary(code, a, b) {
    const operation = BINARY[code]
    if (operation === undefined) return outOfBounds(`binary ${code}: not known`)
    return operation(a, b)
  },

  ternary(code, a, b, c) {
    if (code === 82 && isMask(c)) return join(a, b)
    if (code === 0x107) return fused(a, b, c)
    return outOfBounds(`ternary ${code}: not known`)
  },

  within(inner, outer) {
    const [small, large] =
      outer.kind === 'double' ? [asDouble(inner), outer] : [asInteger(inner), asInteger(outer)]
    return large.lo <= small.lo && small.hi <= large.hi
  },

  describe: ({ kind, lo, hi }) => `${kind} ${lo}..${hi}`,
}

const BINARY: Readonly<Record<number, (a: Word64, b: Word64) => Word64>> = {
  78: and,
  79: (a, b) => (isMask(a) && isMask(b) ? integer(-1n, 0n) : unknown()),
  80: or,
  81: xor,
  206: (a, b) => {
    const [x, y] = [asInteger(a), asInteger(b)]
    return integer(x.lo + y.lo, x.hi + y.hi)
  },
  209: (a, b) => {
    const [x, y] = [asInteger(a), asInteger(b)]
    return integer(x.lo - y.hi, x.hi - y.lo)
  },
  214: (a, b) => {
    const constant = asInteger(b)
    const equal = integer(-1n, 0n)
    if (constant.lo !== constant.hi) return equal
    return { ...equal, from: { kind: 'equals', of: a, value: String(constant.lo) } }
  },
  240: (a, b) => {
    const [x, y] = [asDouble(a), asDouble(b)]
    return exact('f64x2.add', x.lo + y.lo, x.hi + y.hi, smaller(x.step, y.step))
  },
  241: (a, b) => {
    const [x, y] = [asDouble(a), asDouble(b)]
    const difference = exact('f64x2.sub', x.lo - y.hi, x.hi - y.lo, smaller(x.step, y.step))
    if (x.lo !== x.hi || b.from?.kind !== 'high') return difference
    return { ...difference, from: { kind: 'lessHigh', constant: x.lo, high: b } }
  },
}

function fused(a: Word64, b: Word64, c: Word64): Word64 {
  const [x, y] = [asDouble(a), asDouble(b)]
  const products = [x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi]
  const [lo, hi] = [products.reduce(least), products.reduce(most)]
  if (c.from?.kind === 'lessHigh') {
    const { constant, high } = c.from
    if (high.from?.kind === 'high' && high.from.a === a && high.from.b === b) {
      const between = constant - high.from.c
      const rest = stepOf((high as Word64 & { lo: bigint }).lo) / 2n
      return exact('second fused product', between - rest, between + rest, 1n)
    }
  }
  const constant = asDouble(c)
  if (constant.lo !== constant.hi) outOfBounds('f64x2.relaxed_madd: adds no constant')
  const [from, to] = [constant.lo + lo, constant.lo + hi]
  if (from <= 0n || lengthOf(from) !== lengthOf(to)) {
    outOfBounds(`f64x2.relaxed_madd: ${from}..${to} is not within one binade`)
  }
  const step = stepOf(from)
  const rounded = { lo: (from / step) * step, hi: ((to + step - 1n) / step) * step }
  if (lengthOf(rounded.hi) !== lengthOf(from))
    outOfBounds('f64x2.relaxed_madd: rounds to the next binade')
  return { kind: 'double', ...rounded, step, from: { kind: 'high', a, b, c: constant.lo } }
}

function exact(name: string, lo: bigint, hi: bigint, step: bigint): Word64 {
  const largest = most(-lo, hi)
  if (largest > step << MANTISSA) outOfBounds(`${name}: ${lo}..${hi} by ${step} is rounded`)
  return { kind: 'double', lo, hi, step }
}

function and(a: Word64, b: Word64): Word64 {
  if (isMask(a) && isMask(b)) return integer(-1n, 0n)
  for (const [mask, payload] of [
    [a, b],
    [b, a],
  ] as const) {
    if (!isMask(mask)) continue
    const result = join(payload, integer(0n, 0n))
    return { ...result, from: { kind: 'masked', masks: [mask], payload } }
  }
  const [x, y] = [asInteger(a), asInteger(b)]
  const constant = x.lo === x.hi ? x.lo : y.lo === y.hi ? y.lo : undefined
  if (constant === undefined || constant < 0n) return unknown()
  const other = x.lo === x.hi ? y : x
  const isLow = (constant & (constant + 1n)) === 0n && other.lo >= 0n && other.hi <= constant
  return isLow ? integer(other.lo, other.hi) : integer(0n, constant)
}

function or(a: Word64, b: Word64): Word64 {
  if (isMask(a) && isMask(b)) return integer(-1n, 0n)
  const chosen = orOfMasked(a, b, join)
  if (chosen !== undefined) {
    return { ...join(chosen.payload, integer(0n, 0n)), from: { kind: 'masked', ...chosen } }
  }
  const [x, y] = [asInteger(a), asInteger(b)]
  if (x.lo < 0n || y.lo < 0n || x.hi >= FULL || y.hi >= FULL) return unknown()
  for (const [constant, other] of [
    [x, y],
    [y, x],
  ] as const) {
    // A constant above all bits of the other: a sum.
    if (constant.lo === constant.hi && constant.lo % (1n << BigInt(lengthOf(other.hi))) === 0n) {
      return integer(constant.lo + other.lo, constant.lo + other.hi)
    }
  }
  return integer(most(x.lo, y.lo), (1n << BigInt(lengthOf(x.hi | y.hi))) - 1n)
}

/** Of masks; to exchange; and with the sign bit or nothing: a negation where it is set. */
function xor(a: Word64, b: Word64): Word64 {
  if (isMask(a) && isMask(b)) return integer(-1n, 0n)
  const either = exchanged(a, b)
  if (either !== undefined) return join(...either)
  const sign = b.from?.kind === 'masked' ? b.from.payload : undefined
  if (sign?.kind !== 'integer' || !sign.bits?.every((bits) => BigInt.asUintN(64, bits) === SIGN)) {
    return { ...unknown(), from: { kind: 'difference', x: a, y: b } }
  }
  const { lo, hi, step } = asDouble(a)
  return { kind: 'double', lo: least(lo, -hi), hi: most(hi, -lo), step }
}

function join(a: Word64, b: Word64): Word64 {
  if (a === b) return a
  if (a.kind === 'integer' && b.kind === 'integer') {
    const [lo, hi] = [least(a.lo, b.lo), most(a.hi, b.hi)]
    if (!a.bits || !b.bits) return integer(lo, hi)
    return { kind: 'integer', lo, hi, bits: [...new Set([...a.bits, ...b.bits])] }
  }
  const [x, y] = [asDouble(a), asDouble(b)]
  return {
    kind: 'double',
    lo: least(x.lo, y.lo),
    hi: most(x.hi, y.hi),
    step: smaller(x.step, y.step),
  }
}

type Double = Word64 & { readonly kind: 'double' }

/** The bits of positive doubles grow with them. */
function asInteger(word: Word64): Integers {
  if (word.kind === 'integer') return word
  if (word.lo === 0n && word.hi === 0n) return { lo: 0n, hi: 0n }
  if (word.lo <= 0n) return outOfBounds('the bits of a double that may be negative or 0')
  return { lo: bitsOf(word.lo), hi: bitsOf(word.hi) }
}

/** A constant, or an integer that is a positive double without a fraction. */
function asDouble(word: Word64): Double {
  if (word.kind === 'double') return word
  if (word.bits !== undefined) {
    return word.bits.map(constantDouble).reduce((a, b) => join(a, b) as Double)
  }
  const { lo, hi } = inRange(word, 0n, FULL - 1n)
  const [from, to] = [doubleOf(lo), doubleOf(hi)]
  if (from < 1n << (MANTISSA - 1n)) return outOfBounds('a double that may have a fraction')
  return { kind: 'double', lo: from, hi: to, step: stepOf(from) }
}

function constantDouble(bits: bigint): Double {
  const value = doubleOf(BigInt.asUintN(64, bits))
  return { kind: 'double', lo: value, hi: value, step: value === 0n ? FULL ** 32n : value & -value }
}

function inRange(word: Integers, from: bigint, to: bigint): Integers {
  const wraps = floorDivide(word.lo - from, FULL) * FULL
  const [lo, hi] = [word.lo - wraps, word.hi - wraps]
  if (hi > to) return outOfBounds(`an integer of ${word.lo}..${word.hi} leaves 64 bits`)
  return { lo, hi }
}

const scratch = new DataView(new ArrayBuffer(8))

function bitsOf(value: bigint): bigint {
  scratch.setFloat64(0, Number(value))
  return scratch.getBigUint64(0)
}

function doubleOf(bits: bigint): bigint {
  scratch.setBigUint64(0, bits)
  const value = scratch.getFloat64(0)
  return Number.isInteger(value) ? BigInt(value) : outOfBounds('a double that is no whole number')
}

/** The distance of doubles in the binade of a positive number, at least 1. */
function stepOf(value: bigint): bigint {
  return 1n << most(BigInt(lengthOf(value)) - MANTISSA, 0n)
}

/** In bits. */
function lengthOf(value: bigint): number {
  if (value === 0n) return 0
  const length = Number(bitsOf(value) >> 52n) - 1022
  // The double nearest to the number may be the next power of two.
  return value >> BigInt(length - 1) === 0n ? length - 1 : length
}

function isMask(word: Word64): boolean {
  return word.kind === 'integer' && word.lo >= -1n && word.hi <= 0n
}

function unknown(): Word64 {
  return integer(0n, FULL - 1n)
}

function integer(lo: bigint, hi: bigint): Word64 {
  return lo === hi ? { kind: 'integer', lo, hi, bits: [lo] } : { kind: 'integer', lo, hi }
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((b - 1n - a) / b)
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return least(a, b)
}
