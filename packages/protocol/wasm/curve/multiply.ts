/**
 * A secret scalar times a point, in constant time: signed digits of four bits, a table of the
 * first eight multiples, four doublings and one addition a digit. Every entry of the table is read
 * and masked for each digit; a digit's sign and value are used in arithmetic only.
 */

import { type FunctionBuilder, i32, i32const, load, v128 } from '../assembler.ts'
import { type Addr, after, at } from '../field/field.ts'
import { DIGITS, type Digit, digitMasks, ENTRIES, loadDigit, negateCached } from './digits.ts'
import type { Machine } from './machine.ts'
import { cachedAt, type Points } from './points.ts'

export function writeMultiply(machine: Machine, points: Points): FunctionBuilder {
  const table = machine.layout.reserve(ENTRIES * machine.pointBytes)
  const choice = machine.temporaryPoint()
  const multiples = machine.layout.reserve(ENTRIES * machine.pointBytes)
  const select = machine.function(2, (f, [digits, stride]) => {
    writeSelect(machine, f, choice, table, loadDigit(machine, f, digits!, stride!))
  })
  return machine.function(4, (f, [out, p, digits, stride]) => {
    const acc = at(out!)
    points.multiples(f, multiples, at(p!))
    for (let i = 0; i < ENTRIES; i++) {
      points.cache(
        f,
        after(table, i * machine.pointBytes),
        after(multiples, i * machine.pointBytes),
      )
    }
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
  const first = cachedAt(machine, table)
  const identity = { plus: 1n, minus: 1n, t2d: 0n, z2: 2n }
  for (const name of ['plus', 'minus', 't2d', 'z2'] as const) {
    const neutral = machine.field.constant(identity[name])
    machine.wordwise(f, to[name], (word) => {
      const entries = masks.slice(1).map((mask, i) => {
        const offset = first[name].offset + i * machine.pointBytes + word
        return v128.and(mask, load('v128', table.base, offset))
      })
      const constant = machine.maskedWord(masks[0]!, neutral, word)
      return [...entries, ...constant].reduce((sum, entry) => v128.or(sum, entry))
    })
  }
  negateCached(machine, f, to, negative)
}
