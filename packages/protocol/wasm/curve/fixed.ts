/**
 * Secret scalars times one point that stays: a table of j · 16^i · P for every digit's position i
 * and j = 1 to 8, so that a multiplication is 64 additions and no doubling. Entries are affine and
 * stand once, not lane by lane: each is spread over the lanes when it is read.
 */

import { type FunctionBuilder, i32, i32const, load, type V128, v128 } from '../assembler.ts'
import { type Addr, after, at } from '../field/field.ts'
import { D } from './constants.ts'
import { DIGITS, type Digit, digitMasks, ENTRIES, loadDigit, negateCached } from './digits.ts'
import { type Machine, pointAt } from './machine.ts'
import { cachedAt, type Points } from './points.ts'
import type { Roots } from './roots.ts'

const COORDINATES = 3

/** An element as one lane holds it. */
const laneBytes = ({ elementBytes, field }: Machine) => elementBytes / field.lanes
export const entryBytes = (machine: Machine) => COORDINATES * laneBytes(machine)
/** The multiples of one power of 16. */
export const rowBytes = (machine: Machine) => ENTRIES * entryBytes(machine)
export const tableBytes = (machine: Machine) => DIGITS * rowBytes(machine)

/** (table, point, scratch): scratch holds every multiple in extended coordinates. */
export function writeFixedTable(
  machine: Machine,
  points: Points,
  roots: Roots,
  exportAs: string,
): void {
  const base = machine.temporaryPoint()
  const normalize = writeNormalize(machine)
  const pastEnd = DIGITS * ENTRIES * machine.pointBytes
  machine.function(
    3,
    (f, [table, p, scratch]) => {
      for (let word = 0; word < machine.pointBytes; word += 16) {
        f.store(base.base, machine.loadSplat(p!, word), base.offset + word)
      }
      const end = f.local('i32', i32.add(scratch!, i32const(pastEnd)))
      const row = f.local('i32', scratch!)
      f.loopWhile(i32.ltU(row, end), () => {
        points.multiples(f, at(row), base)
        const last = after(at(row), (ENTRIES - 1) * machine.pointBytes)
        points.double(f, base, last)
        f.set(row, i32.add(row, i32const(ENTRIES * machine.pointBytes)))
      })
      roots.invertAll(
        f,
        pointAt(machine, at(scratch!)).z,
        machine.pointBytes,
        i32const(DIGITS * ENTRIES),
      )
      f.set(row, scratch!)
      f.loopWhile(i32.ltU(row, end), () => {
        f.call(normalize, table!, row)
        f.set(row, i32.add(row, i32const(machine.pointBytes)))
        f.set(table!, i32.add(table!, i32const(entryBytes(machine))))
      })
    },
    exportAs,
  )
}

/** (entry, p): p's T has given way to 1 / Z. */
function writeNormalize(machine: Machine): FunctionBuilder {
  const { field } = machine
  const [x, y, plus, minus, t2d] = machine.temporaries(5)
  return machine.function(2, (f, [entry, p]) => {
    const { x: projectiveX, y: projectiveY, t: zInverse } = pointAt(machine, at(p!))
    machine.multiply(f, x, projectiveX, zInverse)
    machine.multiply(f, y, projectiveY, zInverse)
    field.combine(
      f,
      [{ a: y }, { a: x }],
      [
        { out: plus, of: [1, 1] },
        { out: minus, of: [1, -1] },
      ],
    )
    machine.multiply(f, t2d, x, y)
    machine.multiply(f, t2d, t2d, machine.constant(2n * D))
    for (const [i, from] of [plus, minus, t2d].entries()) {
      for (let word = 0; word < field.words; word++) {
        const value = load('v128', from.base, from.offset + 16 * word)
        machine.storeLane(f, entry!, value, 0, i * laneBytes(machine) + place(machine, word))
      }
    }
  })
}

/**
 * (out, table, digits, groups, stride): adds table · digits to the points at `out`. Position by
 * position, each for all groups, so that the eight entries of a position stay in the cache.
 */
export function writeFixedAccumulate(machine: Machine, points: Points): FunctionBuilder {
  const choice = machine.temporaryPoint()
  const select = machine.function(3, (f, [row, digits, stride]) => {
    const read = (offset: number) => machine.loadSplat(row!, offset)
    writeSelect(machine, f, choice, read, loadDigit(machine, f, digits!, stride!))
  })
  return machine.function(5, (f, [out, table, digits, groups, stride]) => {
    const step = f.local('i32', i32.mul(stride!, i32const(machine.field.lanes)))
    const end = f.local('i32', i32.add(table!, i32const(tableBytes(machine))))
    const [acc, digit, count] = [f.local('i32'), f.local('i32'), f.local('i32')]
    f.loopWhile(i32.ltU(table!, end), () => {
      f.set(acc, out!)
      f.set(digit, digits!)
      f.set(count, groups!)
      machine.forGroups(
        f,
        count,
        [
          [acc, machine.pointBytes],
          [digit, step],
        ],
        () => {
          f.call(select, table!, digit, stride!)
          points.addAffine(f, at(acc), at(acc), choice)
        },
      )
      f.set(table!, i32.add(table!, i32const(rowBytes(machine))))
      f.set(digits!, i32.add(digits!, i32const(1)))
    })
  })
}

/** Digit times the point of a row, which `read` reads by the word: every entry is read and masked. */
export function writeSelect(
  machine: Machine,
  f: FunctionBuilder,
  out: Addr,
  read: (offset: number) => V128,
  { magnitude, negative }: Digit,
): void {
  const { field } = machine
  const masks = digitMasks(machine, f, magnitude)
  const { plus, minus, t2d } = cachedAt(machine, out)
  for (const [coordinate, to] of [plus, minus, t2d].entries()) {
    const neutral = field.constant(to === t2d ? 0n : 1n)
    machine.wordwise(f, to, (word) => {
      const entries = masks.slice(1).map((mask, i) => {
        const inEntry = coordinate * laneBytes(machine) + place(machine, word / 16)
        return v128.and(mask, read(i * entryBytes(machine) + inEntry))
      })
      const constant = machine.maskedWord(masks[0]!, neutral, word)
      return [...entries, ...constant].reduce((sum, entry) => v128.or(sum, entry))
    })
  }
  negateCached(machine, f, { plus, minus, t2d }, negative)
}

/** Where one lane of a word stands in an entry. */
function place({ field }: Machine, word: number): number {
  return (16 / field.lanes) * word
}
