/**
 * Lanes of 32 bits, as one signed number or as a pair of signed 16-bit numbers. Sums, products and
 * dots must stay in range: wrapping is never meant here. Shifts and masks may drop bits: what is
 * left is then anything that fits.
 */

import { exchanged, type From, type Lanes, orOfMasked, outOfBounds, type Range } from './words.ts'

type Numbers = Range<number>
export type Word32 = { readonly from?: From<Word32> } & (
  | { readonly kind: 'number'; readonly lo: number; readonly hi: number }
  | { readonly kind: 'pair'; readonly low: Numbers; readonly high: Numbers }
)

const ANY_HALF = { lo: -0x8000, hi: 0x7fff }
const MIN = -(2 ** 31)
const MAX = 2 ** 31 - 1

export const lanes32: Lanes<Word32> = {
  bytes: 4,
  unknown,

  another({ from: _, ...known }) {
    return known
  },

  constant(bytes) {
    const [first, ...rest] = new Int32Array(bytes.slice().buffer)
    return rest.map((value) => number(value, value)).reduce(join, number(first!, first!))
  },

  fromScalar: ({ lo, hi }) => number(lo, hi),
  join,

  shuffle(a, b, order) {
    const halves: Numbers[][] = [[], []]
    let whole: Word32 | undefined
    let isWhole = true
    let isSame = true
    for (let i = 0; i < 16; i += 2) {
      const from = order[i]!
      if (from % 2 !== 0 || order[i + 1] !== from + 1) outOfBounds('shuffle: splits 16 bits')
      const source = from < 16 ? a : b
      isWhole &&= (whole === undefined || whole === source) && (from - i) % 4 === 0
      isSame &&= from % 16 === i
      whole = source
      const { low, high } = pairOf(source)
      halves[(i >> 1) % 2]!.push(from % 4 === 0 ? low : high)
    }
    if (isWhole) return isSame ? whole! : lanes32.another(whole!)
    return pair(halves[0]!.reduce(hull), halves[1]!.reduce(hull))
  },

  shift(code, a, bits) {
    const { lo, hi } = numberOf(a)
    const scale = 2 ** bits
    if (code === 171) {
      if (lo * scale >= MIN && hi * scale <= MAX) return number(lo * scale, hi * scale)
      return bits === 16 ? pair({ lo: 0, hi: 0 }, pairOf(a).low) : unknown()
    }
    if (code === 172 || (code === 173 && lo >= 0)) return number(lo >> bits, hi >> bits)
    if (code === 173) return bits === 0 ? a : number(0, 2 ** (32 - bits) - 1)
    return outOfBounds(`shift ${code}: not known`)
  },

  unary(code, a) {
    if (code === 77 && isMask(a)) return number(-1, 0)
    if (code === 161) {
      const { lo, hi } = numberOf(a)
      return checked('i32x4.neg', -hi, -lo)
    }
    return outOfBounds(`unary ${code}: not known`)
  },

  binary(code, a, b) {
    const operation = BINARY[code]
    if (operation === undefined) return outOfBounds(`binary ${code}: not known`)
    return operation(a, b)
  },

  ternary(code, a, b, mask) {
    if (code === 82 && isMask(mask)) return join(a, b)
    return outOfBounds(`ternary ${code}: not known`)
  },

  within(inner, outer) {
    if (inner.kind === 'number' && outer.kind === 'number') return contains(outer, inner)
    const [small, large] = [pairOf(inner), pairOf(outer)]
    return contains(large.low, small.low) && contains(large.high, small.high)
  },

  describe(word) {
    if (word.kind === 'number') return `${word.lo}..${word.hi}`
    return `(${word.low.lo}..${word.low.hi}, ${word.high.lo}..${word.high.hi})`
  },
}

const BINARY: Readonly<Record<number, (a: Word32, b: Word32) => Word32>> = {
  78: and,
  79: (a, b) => (isMask(a) && isMask(b) ? number(-1, 0) : unknown()),
  80: or,
  81: xor,
  55: (a, b) => {
    const constant = numberOf(b)
    const equal = number(-1, 0)
    if (constant.lo !== constant.hi) return equal
    return { ...equal, from: { kind: 'equals', of: a, value: String(constant.lo) } }
  },
  142: (a, b) => halfwise('i16x8.add', a, b, (x, y) => ({ lo: x.lo + y.lo, hi: x.hi + y.hi })),
  145: (a, b) => {
    // (x xor mask) - mask is x or -x.
    if (a.from?.kind === 'flipped' && a.from.mask === b) {
      const x = pairOf(a.from.x)
      const negated = (half: Numbers) => ({ lo: -half.hi, hi: -half.lo })
      return checkedPair('i16x8.sub', hull(x.low, negated(x.low)), hull(x.high, negated(x.high)))
    }
    return halfwise('i16x8.sub', a, b, (x, y) => ({ lo: x.lo - y.hi, hi: x.hi - y.lo }))
  },
  174: (a, b) => {
    const [x, y] = [numberOf(a), numberOf(b)]
    return checked('i32x4.add', x.lo + y.lo, x.hi + y.hi)
  },
  177: (a, b) => {
    const [x, y] = [numberOf(a), numberOf(b)]
    return checked('i32x4.sub', x.lo - y.hi, x.hi - y.lo)
  },
  181: (a, b) => {
    const { lo, hi } = times(numberOf(a), numberOf(b))
    return checked('i32x4.mul', lo, hi)
  },
  186: (a, b) => {
    const [x, y] = [pairOf(a), pairOf(b)]
    const [low, high] = [times(x.low, y.low), times(x.high, y.high)]
    return checked('i32x4.dot_i16x8_s', low.lo + high.lo, low.hi + high.hi)
  },
}

function and(a: Word32, b: Word32): Word32 {
  if (isMask(a) && isMask(b)) return number(-1, 0)
  for (const [mask, payload] of [
    [a, b],
    [b, a],
  ] as const) {
    if (!isMask(mask)) continue
    const result = join(payload, number(0, 0))
    return { ...result, from: { kind: 'masked', masks: [mask], payload } }
  }
  const [x, y] = [numberOf(a), numberOf(b)]
  const constant = x.lo === x.hi ? x : y.lo === y.hi ? y : undefined
  if (constant === undefined) return unknown()
  const other = constant === x ? b : a
  const { lo, hi } = numberOf(other)
  if (constant.lo >= 0 && constant.lo < 0x8000) {
    const isLow = (constant.lo & (constant.lo + 1)) === 0 && lo >= 0 && hi <= constant.lo
    return isLow ? other : number(0, constant.lo)
  }
  const { low, high } = pairOf(number(constant.lo, constant.lo))
  const upTo = (bits: Numbers) => (bits.lo < 0 ? ANY_HALF : { lo: 0, hi: bits.lo })
  return pair(upTo(low), upTo(high))
}

function or(a: Word32, b: Word32): Word32 {
  if (isMask(a) && isMask(b)) return number(-1, 0)
  const chosen = orOfMasked(a, b, join)
  if (chosen !== undefined) {
    return { ...join(chosen.payload, number(0, 0)), from: { kind: 'masked', ...chosen } }
  }
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x.lo < 0 || y.lo < 0) return unknown()
  return number(Math.max(x.lo, y.lo), 2 ** (32 - Math.clz32(x.hi | y.hi)) - 1)
}

function xor(a: Word32, b: Word32): Word32 {
  if (isMask(a) && isMask(b)) return number(-1, 0)
  if (isMask(b)) {
    const flip = (half: Numbers) => hull(half, { lo: ~half.hi, hi: ~half.lo })
    const { low, high } = pairOf(a)
    return { ...pair(flip(low), flip(high)), from: { kind: 'flipped', x: a, mask: b } }
  }
  const { lo, hi } = numberOf(b)
  const either = exchanged(a, b)
  if (either !== undefined) return join(...either)
  if (lo !== 0x8000 || hi !== 0x8000) {
    return { ...unknown(), from: { kind: 'difference', x: a, y: b } }
  }
  const { low, high } = pairOf(a)
  if (low.lo >= 0) return pair({ lo: low.lo - 0x8000, hi: low.hi - 0x8000 }, high)
  if (low.hi < 0) return pair({ lo: low.lo + 0x8000, hi: low.hi + 0x8000 }, high)
  return pair(ANY_HALF, high)
}

function halfwise(
  name: string,
  a: Word32,
  b: Word32,
  operation: (x: Numbers, y: Numbers) => Numbers,
): Word32 {
  const [x, y] = [pairOf(a), pairOf(b)]
  return checkedPair(name, operation(x.low, y.low), operation(x.high, y.high))
}

function checked(name: string, lo: number, hi: number): Word32 {
  if (lo < MIN || hi > MAX) outOfBounds(`${name}: ${lo}..${hi} leaves 32 bits`)
  return number(lo, hi)
}

function checkedPair(name: string, low: Numbers, high: Numbers): Word32 {
  for (const half of [low, high]) {
    if (!contains(ANY_HALF, half)) outOfBounds(`${name}: ${half.lo}..${half.hi} leaves 16 bits`)
  }
  return pair(low, high)
}

function join(a: Word32, b: Word32): Word32 {
  if (a === b) return a
  if (a.kind === 'number' && b.kind === 'number') return { kind: 'number', ...hull(a, b) }
  const [x, y] = [pairOf(a), pairOf(b)]
  return pair(hull(x.low, y.low), hull(x.high, y.high))
}

function unknown(): Word32 {
  return number(MIN, MAX)
}

function number(lo: number, hi: number): Word32 {
  return { kind: 'number', lo, hi }
}

function pair(low: Numbers, high: Numbers): Word32 {
  return { kind: 'pair', low, high }
}

function numberOf(word: Word32): Numbers {
  if (word.kind === 'number') return word
  const { low, high } = word
  const unsigned =
    low.lo >= 0
      ? low
      : low.hi < 0
        ? { lo: low.lo + 0x10000, hi: low.hi + 0x10000 }
        : { lo: 0, hi: 0xffff }
  return { lo: high.lo * 0x10000 + unsigned.lo, hi: high.hi * 0x10000 + unsigned.hi }
}

function pairOf(word: Word32): { low: Numbers; high: Numbers } {
  if (word.kind === 'pair') return word
  if (isMask(word)) return { low: { lo: word.lo, hi: word.hi }, high: { lo: word.lo, hi: word.hi } }
  const high = { lo: word.lo >> 16, hi: word.hi >> 16 }
  const [first, last] = [(word.lo << 16) >> 16, (word.hi << 16) >> 16]
  const isExact = high.lo === high.hi && first <= last
  // Small numbers of both signs: the low half is the number itself.
  if (contains(ANY_HALF, word)) return { low: { lo: word.lo, hi: word.hi }, high }
  return { low: isExact ? { lo: first, hi: last } : ANY_HALF, high }
}

/** All ones or all zeros. */
function isMask(word: Word32): boolean {
  return word.kind === 'number' && word.lo >= -1 && word.hi <= 0
}

function contains(outer: Numbers, inner: Numbers): boolean {
  return outer.lo <= inner.lo && inner.hi <= outer.hi
}

function hull(a: Numbers, b: Numbers): Numbers {
  return { lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }
}

function times(a: Numbers, b: Numbers): Numbers {
  const products = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi]
  return { lo: Math.min(...products), hi: Math.max(...products) }
}
