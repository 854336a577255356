/**
 * Sums of a few points times public scalars (Straus 1964): all scalars share their doublings. One
 * scalar multiplies a whole row of points, as the coefficients of an interpolation do.
 */

import { type FunctionBuilder, i32, i32const, load8s } from '../assembler.ts'
import { at } from '../field/field.ts'
import { DIGITS, ENTRIES, EVERY_LANE, negateCached } from './digits.ts'
import type { Machine } from './machine.ts'
import { cachedAt, type Points } from './points.ts'

/** (out, first, rowBytes, q, digits, windows, scratch): one group. */
export function writeStraus(machine: Machine, points: Points): FunctionBuilder {
  const { pointBytes } = machine
  const rowTableBytes = ENTRIES * pointBytes
  const tabulate = writeTabulate(machine, points)
  const addDigit = writeAddDigit(machine, points)
  return machine.function(7, (f, [out, first, rowBytes, q, digits, windows, scratch]) => {
    const [row, table, digit] = [f.local('i32', first!), f.local('i32'), f.local('i32')]
    const count = f.local('i32', q!)
    f.set(table, scratch!)
    f.set(digit, digits!)
    machine.forGroups(
      f,
      count,
      [
        [row, rowBytes!],
        [table, rowTableBytes],
        [digit, DIGITS],
      ],
      () => f.call(tabulate, table, row, digit, windows!),
    )
    const highest = f.local('i32', windows!)
    points.setIdentity(f, at(out!))
    f.loopWhile(windows!, () => {
      f.ifPublic(i32.ne(windows!, highest), () => {
        for (const withT of [false, false, false, true]) {
          points.double(f, at(out!), at(out!), withT)
        }
      })
      f.set(windows!, i32.sub(windows!, i32const(1)))
      f.set(count, q!)
      f.set(table, scratch!)
      f.set(digit, i32.add(digits!, windows!))
      machine.forGroups(
        f,
        count,
        [
          [table, rowTableBytes],
          [digit, DIGITS],
        ],
        () => f.call(addDigit, out!, table, digit),
      )
    })
  })
}

/** (table, p, digits, windows): multiples up to the largest digit, cached. */
function writeTabulate(machine: Machine, points: Points): FunctionBuilder {
  const multiple = machine.temporaryPoint()
  return machine.function(4, (f, [table, p, digits, windows]) => {
    const first = at(f.local('i32', table!))
    const [largest, digit] = [f.local('i32'), f.local('i32')]
    f.loopWhile(windows!, () => {
      f.set(windows!, i32.sub(windows!, i32const(1)))
      f.set(digit, load8s(i32.add(digits!, windows!)))
      f.ifPublic(i32.ltS(digit, i32const(0)), () => f.set(digit, i32.sub(i32const(0), digit)))
      f.ifPublic(i32.ltS(largest, digit), () => f.set(largest, digit))
    })
    machine.copyPoint(f, multiple, at(p!))
    points.cache(f, first, at(p!))
    f.loopWhile(i32.ltS(i32const(1), largest), () => {
      f.set(table!, i32.add(table!, i32const(machine.pointBytes)))
      points.add(f, multiple, multiple, first)
      points.cache(f, at(table!), multiple)
      f.set(largest, i32.sub(largest, i32const(1)))
    })
  })
}

/** (acc, table, digit) */
function writeAddDigit(machine: Machine, points: Points): FunctionBuilder {
  const choice = machine.temporaryPoint()
  return machine.function(3, (f, [acc, table, address]) => {
    const digit = f.local('i32', load8s(address!))
    const add = (magnitude: typeof digit, negative: boolean) => {
      const entry = i32.mul(i32.sub(magnitude, i32const(1)), i32const(machine.pointBytes))
      machine.copyPoint(f, choice, at(i32.add(table!, entry)))
      if (negative) negateCached(machine, f, cachedAt(machine, choice), EVERY_LANE)
      points.add(f, at(acc!), at(acc!), choice)
    }
    f.ifPublic(i32.ltS(i32const(0), digit), () => add(digit, false))
    f.ifPublic(i32.ltS(digit, i32const(0)), () => {
      f.set(digit, i32.sub(i32const(0), digit))
      add(digit, true)
    })
  })
}
