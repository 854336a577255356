/**
 * A secret scalar times a point, in constant time: signed digits of four bits, a table of the
 * first eight multiples, four doublings and one addition a digit. Every entry of the table is read
 * and masked for each digit; a digit's sign and value are used in arithmetic only.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  type Local,
  load,
  load8s,
  type V128,
  v128,
} from '../assembler.ts'
import { type Addr, after, at } from '../field/field.ts'
import type { Machine } from './machine.ts'
import { cachedAt, type Points } from './points.ts'

export const DIGITS = 64
export const ENTRIES = 8

/** The digits of all lanes at one position. */
export type Digit = { readonly magnitude: V128; readonly negative: V128 }

export function writeMultiply(machine: Machine, points: Points): FunctionBuilder {
  const table = machine.layout.reserve(ENTRIES * machine.pointBytes)
  const choice = machine.temporaryPoint()
  const tabulate = writeTable(machine, points, table)
  const select = machine.function(2, (f, [digits, stride]) => {
    writeSelect(machine, f, choice, table, loadDigit(machine, f, digits!, stride!))
  })
  return machine.function(4, (f, [out, p, digits, stride]) => {
    const acc = at(out!)
    f.call(tabulate, p!)
    const digit = f.local('i32', i32.add(digits!, i32const(DIGITS - 1)))
    points.setIdentity(f, acc)
    f.call(select, digit, stride!)
    points.add(f, acc, acc, choice)
    const next = () => {
      for (const withT of [false, false, false, true]) points.double(f, acc, acc, withT)
      f.set(digit, i32.sub(digit, i32const(1)))
      f.call(select, digit, stride!)
    }
    f.loopUntilZero(
      () => {
        next()
        points.add(f, acc, acc, choice, false)
      },
      () => i32.gtU(digit, i32.add(digits!, i32const(1))),
    )
    next()
    points.add(f, acc, acc, choice)
  })
}

/** P to 8·P, cached, into the table at a fixed place. */
function writeTable(machine: Machine, points: Points, table: Addr): FunctionBuilder {
  const multiples = Array.from({ length: ENTRIES }, () => machine.temporaryPoint())
  return machine.function(1, (f, [p]) => {
    const entry = (i: number) => after(table, (i - 1) * machine.pointBytes)
    const multiple = (i: number) => (i === 1 ? at(p!) : multiples[i - 1]!)
    points.cache(f, entry(1), at(p!))
    for (let i = 2; i <= ENTRIES; i++) {
      if (i % 2 === 0) points.double(f, multiple(i), multiple(i / 2))
      else points.add(f, multiple(i), multiple(i - 1), entry(1))
      points.cache(f, entry(i), multiple(i))
    }
  })
}

/** Lane i reads its signed byte at `digits` + i · stride. */
export function loadDigit(machine: Machine, f: FunctionBuilder, digits: I32, stride: I32): Digit {
  const address = f.local('i32', digits)
  const magnitudes: I32[] = []
  const negatives: I32[] = []
  for (let lane = 0; lane < machine.field.lanes; lane++) {
    if (lane > 0) f.set(address, i32.add(address, stride))
    const digit = f.local('i32', load8s(address))
    const negative = f.local('i32', i32.shrS(digit, i32const(31)))
    negatives.push(negative)
    magnitudes.push(i32.sub(i32.xor(digit, negative), negative))
  }
  const { fromLanes } = machine.field
  return {
    magnitude: f.local('v128', fromLanes(magnitudes)),
    negative: f.local('v128', fromLanes(negatives)),
  }
}

/** Digit times the point of a table of cached multiples, cached. */
function writeSelect(
  machine: Machine,
  f: FunctionBuilder,
  out: Addr,
  table: Addr,
  { magnitude, negative }: Digit,
): void {
  const masks = digitMasks(machine, f, magnitude)
  const to = cachedAt(machine, out)
  const neutral = cachedAt(machine, at(i32const(0)))
  const identity: readonly (readonly [number, bigint])[] = [
    [neutral.plus.offset, 1n],
    [neutral.minus.offset, 1n],
    [neutral.z2.offset, 2n],
    [neutral.t2d.offset, 0n],
  ]
  for (const [coordinate, value] of identity) {
    const constant = machine.field.constant(value)
    machine.wordwise(f, after(out, coordinate), (word) => {
      const entries = masks.slice(1).map((mask, i) => {
        const offset = table.offset + i * machine.pointBytes + coordinate + word
        return v128.and(mask, load('v128', table.base, offset))
      })
      const isZero = constant.subarray(word, word + 16).every((byte) => byte === 0)
      if (!isZero) entries.push(v128.and(masks[0]!, wordOf(machine, constant, word)))
      return entries.reduce((sum, entry) => v128.or(sum, entry))
    })
  }
  negateCached(machine, f, to, negative)
}

/** Masks for magnitude 0 to 8. */
export function digitMasks(machine: Machine, f: FunctionBuilder, magnitude: V128): Local<'v128'>[] {
  const { field } = machine
  return Array.from({ length: ENTRIES + 1 }, (_, value) => {
    const lanes = Array<I32>(field.lanes).fill(i32const(value))
    return f.local('v128', field.equalLanes(magnitude, field.fromLanes(lanes)))
  })
}

function wordOf({ layout }: Machine, bytes: Uint8Array, word: number): V128 {
  const { base, offset } = layout.constant(bytes.slice(word, word + 16))
  return load('v128', base, offset)
}

/** -(x, y) = (-x, y): the sum and the difference change places, T changes its sign. */
export function negateCached(
  machine: Machine,
  f: FunctionBuilder,
  { plus, minus, t2d }: { plus: Addr; minus: Addr; t2d: Addr },
  mask: V128,
): void {
  for (let word = 0; word < machine.elementBytes; word += 16) {
    const sum = f.local('v128', load('v128', plus.base, plus.offset + word))
    const difference = f.local('v128', load('v128', minus.base, minus.offset + word))
    const change = f.local('v128', v128.and(v128.xor(sum, difference), mask))
    f.store(plus.base, v128.xor(sum, change), plus.offset + word)
    f.store(minus.base, v128.xor(difference, change), minus.offset + word)
  }
  machine.field.negateIf(f, t2d, t2d, mask)
}
