/**
 * The group kernels as they leave the generator, below what packages/protocol/src/group adds:
 * every export against @noble/curves, the bulk of them against libsodium, and the files in the repository against the generator.
 */

import { readFileSync } from 'node:fs'
import { type RandomBytes, sodium } from '@drempel/protocol/encoding'
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { describe, expect, test } from 'vitest'
import { groupModule } from '../../../packages/protocol/wasm/curve/abi.ts'
import { baselineField } from '../../../packages/protocol/wasm/field/baseline.ts'
import { relaxedField } from '../../../packages/protocol/wasm/field/relaxed.ts'
import { kernelFiles } from '../../../packages/protocol/wasm/kernels.ts'
import { seededRandom } from '../random.ts'
import { RawKernel, signedDigits, toHex } from './kernelRaw.ts'

const { Point } = ristretto255
type Point = InstanceType<typeof Point>
const ORDER = Point.Fn.ORDER
const COUNT = 16
/** What noble made of a point. */
const known = new WeakMap<Point, Map<bigint, Point>>()

test('the embedded kernels are what the generator writes', () => {
  for (const { path, source } of kernelFiles()) {
    const file = new URL(`../../../packages/protocol/src/${path}`, import.meta.url)
    expect(readFileSync(file, 'utf8') === source, `${path}: run npm run kernels`).toBe(true)
  }
})

const numbersFrom = (random: RandomBytes) => () => BigInt(`0x${toHex(random(40))}`)

// The same for each build, so that noble, which is slow, multiplies them once.
const ours = numbersFrom(seededRandom('kernelRaw'))
const scalars = [0n, 1n, 2n, 7n, 8n, 9n, 16n, ORDER - 1n, ORDER - 8n, (ORDER + 1n) / 2n]
while (scalars.length < COUNT) scalars.push(ours() % ORDER)
const points = scalars.map((scalar) => multiple(Point.BASE, scalar))
const others = points.map(() => multiple(Point.BASE, 1n + (ours() % (ORDER - 1n))))

describe.each([
  ['relaxed', groupModule(relaxedField)],
  ['baseline', groupModule(() => baselineField)],
] as const)('%s', (_, module) => {
  const kernel = new RawKernel(module)
  const random = seededRandom('kernelRaw/each')
  const randomNumber = numbersFrom(random)
  const decode = (batch: readonly Point[]) => {
    const { points, flags } = kernel.decode(batch.map((point) => point.toBytes()))
    expect(flags).not.toContain(0)
    return points
  }
  const digitsOf = (batch: readonly bigint[]) =>
    kernel.place(batch.map((scalar) => new Uint8Array(signedDigits(scalar, 4, 64).buffer)))
  const hexOf = (batch: readonly Point[]) => batch.map((point) => point.toHex())

  test('points come back as they were encoded, after sums too', () => {
    const [a, b] = [decode(points), decode(others)]
    const out = kernel.takePoints(COUNT / kernel.lanes)
    expect(kernel.encode(a, COUNT)).toEqual(hexOf(points))
    kernel.call.add!(out, a, b, COUNT / kernel.lanes)
    expect(kernel.encode(out, COUNT)).toEqual(hexOf(points.map((p, i) => p.add(others[i]!))))
    kernel.call.subtract!(out, a, b, COUNT / kernel.lanes)
    expect(kernel.encode(out, COUNT)).toEqual(hexOf(points.map((p, i) => p.subtract(others[i]!))))
    kernel.call.subtract!(a, a, a, COUNT / kernel.lanes)
    expect(new Set(kernel.encode(a, COUNT))).toEqual(new Set(['00'.repeat(32)]))
  })

  test('a sum may stand where an operand stood', () => {
    const [a, b] = [decode(points), decode(others)]
    const sums = hexOf(points.map((p, i) => p.add(others[i]!)))
    kernel.call.add!(b, a, b, COUNT / kernel.lanes)
    expect(kernel.encode(b, COUNT)).toEqual(sums)
    kernel.call.add!(a, a, a, COUNT / kernel.lanes)
    expect(kernel.encode(a, COUNT)).toEqual(hexOf(points.map((p) => p.double())))
  })

  test('flags tell points, the identity and what is no encoding; the latter become the identity', () => {
    const p = 2n ** 255n - 19n
    const numbers: readonly (readonly [bigint, number])[] = [
      [0n, 2],
      [1n, 0],
      [p, 0],
      [p + 1n, 0],
      [p - 1n, 0],
      [2n ** 255n - 1n, 0],
      [2n ** 255n, 0],
      [2n ** 256n - 1n, 0],
      [p + 18n, 0],
      [2n ** 255n + leNumber(Point.BASE.toBytes()), 0],
      [p - leNumber(Point.BASE.toBytes()), 0],
      [leNumber(Point.BASE.toBytes()), 1],
    ]
    const { points, flags } = kernel.decode(numbers.map(([value]) => leBytes(value)))
    expect([...flags]).toEqual(numbers.map(([, flag]) => flag))
    const encoded = kernel.encode(points, numbers.length)
    const expected = numbers.map(([, flag]) => (flag === 1 ? Point.BASE.toHex() : '00'.repeat(32)))
    expect(encoded).toEqual(expected)
  })

  test('random strings decode where noble decodes them', () => {
    const strings = Array.from({ length: 512 }, (_, i) => {
      const bytes = new Uint8Array(random(32))
      // Half of them even and below 2^255, so that a quarter of those is valid.
      if (i % 2 === 0) {
        bytes[0]! &= 0xfe
        bytes[31]! &= 0x7f
      }
      return bytes
    })
    const { points, flags } = kernel.decode(strings)
    const expected = strings.map((bytes) => {
      try {
        return Point.fromBytes(bytes).toHex()
      } catch {
        return undefined
      }
    })
    expect(expected.filter((hex) => hex !== undefined).length).toBeGreaterThan(20)
    expect([...flags]).toEqual(expected.map((hex) => (hex === undefined ? 0 : 1)))
    expect(kernel.encode(points, strings.length)).toEqual(
      expected.map((hex) => hex ?? '00'.repeat(32)),
    )
  })

  test('the one-way map, at its edges and at random', () => {
    const p = 2n ** 255n - 19n
    const halves = [0n, 1n, p, p - 1n, 2n ** 256n - 1n, 2n ** 255n].map(leBytes)
    const uniform = halves.flatMap((a) => halves.map((b) => Buffer.concat([a, b])))
    while (uniform.length < 64) uniform.push(Buffer.from(random(64)))
    const out = kernel.takePoints(uniform.length / kernel.lanes)
    kernel.call.fromUniform!(out, kernel.place(uniform), uniform.length / kernel.lanes)
    const expected = uniform.map((bytes) =>
      ristretto255_hasher.deriveToCurve!(new Uint8Array(bytes)).toHex(),
    )
    expect(kernel.encode(out, uniform.length)).toEqual(expected)
  })

  test('encodings of doubles', () => {
    for (const batch of [points, others, points.slice(0, kernel.lanes)]) {
      expect(kernel.doubleEncode(decode(batch), batch.length)).toEqual(
        hexOf(batch.map((point) => point.double())),
      )
    }
  })

  test('multiples by a scalar each and by one for all', () => {
    const groups = COUNT / kernel.lanes
    const out = kernel.takePoints(groups)
    const rotated = [...scalars.slice(3), ...scalars.slice(0, 3)]
    for (const batch of [points, others]) {
      kernel.call.multiply!(out, decode(batch), digitsOf(rotated), groups, 64)
      expect(kernel.encode(out, COUNT)).toEqual(
        hexOf(batch.map((point, i) => multiple(point, rotated[i]!))),
      )
    }
    for (const scalar of scalars.slice(0, 12)) {
      const inPlace = decode(others)
      kernel.call.multiply!(inPlace, inPlace, digitsOf([scalar]), groups, 0)
      expect(kernel.encode(inPlace, COUNT)).toEqual(
        hexOf(others.map((point) => multiple(point, scalar))),
      )
    }
  })

  test('a batch as libsodium computes it: hashed, multiplied, decoded, halved and doubled', () => {
    const groups = 64 / kernel.lanes
    const uniform = Array.from({ length: 64 }, () => random(64))
    const hashed = uniform.map((bytes) => sodium.crypto_core_ristretto255_from_hash(bytes))
    const factors = uniform.map(() => sodium.crypto_core_ristretto255_scalar_reduce(random(64)))
    const out = kernel.takePoints(groups)
    kernel.call.fromUniform!(out, kernel.place(uniform), groups)
    expect(kernel.encode(out, 64)).toEqual(hashed.map(toHex))
    const half = ORDER - (ORDER - 1n) / 2n
    const halves = digitsOf(factors.map((factor) => (leNumber(factor) * half) % ORDER))
    kernel.call.multiply!(out, kernel.decode(hashed).points, halves, groups, 64)
    expect(kernel.doubleEncode(out, 64)).toEqual(
      hashed.map((point, i) => toHex(sodium.crypto_scalarmult_ristretto255(factors[i]!, point))),
    )
  })

  test('every digit at every position', () => {
    const groups = COUNT / kernel.lanes
    const digits = Array.from({ length: COUNT }, (_, i) => new Int8Array(64).fill((i % 17) - 8))
    digits[1]!.fill(8)
    const values = digits.map((row) =>
      row.reduceRight((sum, digit) => 16n * sum + BigInt(digit), 0n),
    )
    const at = kernel.place(digits.map((row) => new Uint8Array(row.buffer)))
    const out = kernel.takePoints(groups)
    kernel.call.multiply!(out, decode(others), at, groups, 64)
    expect(kernel.encode(out, COUNT)).toEqual(
      hexOf(others.map((point, i) => multiple(point, values[i]!))),
    )
    const table = fixedTable(others[0]!)
    kernel.call.fixedMultiply!(out, table, at, groups, 64)
    expect(kernel.encode(out, COUNT)).toEqual(
      hexOf(values.map((value) => multiple(others[0]!, value))),
    )
  })

  test('multiples of a fixed point, alone and added', () => {
    const groups = COUNT / kernel.lanes
    const out = kernel.takePoints(groups)
    for (const base of [Point.BASE, others[1]!, Point.ZERO]) {
      const table = fixedTable(base)
      const multiples = scalars.map((scalar) => multiple(base, scalar))
      kernel.call.fixedMultiply!(out, table, digitsOf(scalars), groups, 64)
      expect(kernel.encode(out, COUNT)).toEqual(hexOf(multiples))
      kernel.call.fixedMultiplyAdd!(out, decode(others), table, digitsOf(scalars), groups, 64)
      expect(kernel.encode(out, COUNT)).toEqual(hexOf(others.map((p, i) => p.add(multiples[i]!))))
      kernel.call.fixedMultiply!(out, table, digitsOf([scalars[12]!]), groups, 0)
      expect(new Set(kernel.encode(out, COUNT))).toEqual(new Set([multiples[12]!.toHex()]))
    }
  })

  test.each([1, 2, 3, 7])('sums of %i rows', (q) => {
    const groups = COUNT / kernel.lanes
    const rows = Array.from({ length: q }, (_, i) => (i % 2 === 0 ? points : others))
    const at = decode(rows.flat())
    const out = kernel.takePoints(groups)
    const scratch = kernel.takePoints(8 * q)
    const check = (factors: readonly bigint[], windows: number) => {
      kernel.call.straus!(out, at, q, digitsOf(factors), windows, groups, scratch)
      const sums = points.map((_, j) =>
        rows.reduce((sum, row, i) => sum.add(multiple(row[j]!, factors[i]!)), Point.ZERO),
      )
      expect(kernel.encode(out, COUNT)).toEqual(hexOf(sums))
    }
    check(scalars.slice(-q), 64)
    check(scalars.slice(0, q), 64)
    const small = Array.from({ length: q }, (_, i) => BigInt([3, -3, 1, 100, -77, 0, 1900][i]!))
    check(small, 3)
    check(
      small.map(() => 0n),
      1,
    )
  })

  test.each([2, 5, 7, 8])('one sum with digits of %i bits', (bits) => {
    for (const count of [kernel.lanes, 3 * COUNT]) {
      const batch = Array.from({ length: count }, (_, i) => [...points, ...others][i % 32]!)
      const factors = batch.map((_, i) => (i < COUNT ? scalars[i]! : randomNumber() % ORDER))
      const windows = Math.ceil(254 / bits)
      const rows = factors.map((factor) => signedDigits(factor, bits, windows))
      const digits = Uint8Array.from(
        { length: windows * count },
        (_, i) => rows[i % count]![Math.floor(i / count)]!,
      )
      const groups = count / kernel.lanes
      const out = kernel.takePoints(1)
      const scratch = kernel.takePoints(groups + 2 ** (bits - 1))
      kernel.call.msm!(out, decode(batch), groups, kernel.place([digits]), bits, windows, scratch)
      const sum = batch.reduce((acc, p, i) => acc.add(multiple(p, factors[i]!)), Point.ZERO)
      expect(kernel.encode(out, kernel.lanes)).toEqual(Array(kernel.lanes).fill(sum.toHex()))
    }
  })

  function fixedTable(base: Point): number {
    const table = kernel.take(kernel.call.tableBytes!())
    const point = decode([base, ...others.slice(1, kernel.lanes)])
    kernel.call.fixedTable!(table, point, kernel.takePoints(512))
    return table
  }
})

function multiple(point: Point, scalar: bigint): Point {
  const reduced = ((scalar % ORDER) + ORDER) % ORDER
  const multiples = known.get(point) ?? new Map<bigint, Point>()
  const found = multiples.get(reduced)
  if (found !== undefined) return found
  const made = reduced === 0n ? Point.ZERO : point.multiplyUnsafe(reduced)
  known.set(point, multiples.set(reduced, made))
  return made
}

function leNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(new Uint8Array(bytes).reverse())}`)
}

function leBytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn)
  return bytes
}
