/**
 * The exports of a signature kernel: what Ed25519 (RFC 8032) needs of the curve beside hashes and
 * scalars. It works on one signature at a time: a sum of multiples is split over the lanes, and each
 * lane takes digits and rows of a table of its own. Memory, points, tables and digits are as abi.ts
 * says; an encoding takes 32 · lanes() bytes, of which the first 32 count.
 *
 * | export | what it does |
 * | --- | --- |
 * | lanes() pointBytes() tableBytes() heapBase() | constants of the build |
 * | decompress(out, encodings, flags) | one group, section 5.1.3 without its last step: the y of the low 255 bits, whatever the highest one, and the x that is even; flags: one byte an element, 0 where there is no such point |
 * | fixedTable(table, point, scratch) | of the point in lane 0; scratch: 512 · pointBytes() |
 * | spread(lanewise, table) | the table as `multiple` reads it; as many bytes |
 * | multiple(encoding, lanewise, digits) | section 5.1.2's encoding of a multiple; 64 secret digits |
 * | sum(encoding, first, second, digits) | of a multiple by each table; 64 public digits for the first, then 64 for the second |
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  load,
  load8s,
  ModuleBuilder,
  type V128,
} from '../assembler.ts'
import { type Addr, at, type FieldBuild } from '../field/field.ts'
import { Layout } from '../layout.ts'
import { finished } from './abi.ts'
import { D } from './constants.ts'
import { DIGITS, loadDigit, negateCached } from './digits.ts'
import { entryBytes, rowBytes, tableBytes, writeFixedTable, writeSelect } from './fixed.ts'
import { Machine, pointAt } from './machine.ts'
import { cachedAt, Points } from './points.ts'
import { ENCODED } from './ristretto.ts'
import { Roots } from './roots.ts'

/** The module of a signature kernel over one build of the field. */
export function signatureModule(makeField: (layout: Layout) => FieldBuild): Uint8Array {
  const layout = new Layout()
  const machine = new Machine(new ModuleBuilder({ pages: 1 }), layout, makeField(layout))
  const points = new Points(machine)
  const roots = new Roots(machine)
  writeDecompress(machine, roots, 'decompress')
  writeFixedTable(machine, points, roots, 'fixedTable')
  writeSpread(machine, 'spread')
  const total = machine.temporaryPoint()
  const encodeLanes = writeEncodeLanes(machine, points, roots, total)
  writeMultiple(machine, points, total, encodeLanes, 'multiple')
  writeSum(machine, points, total, encodeLanes, 'sum')
  return finished(machine)
}

function writeDecompress(machine: Machine, roots: Roots, exportAs: string): void {
  const { field } = machine
  const [u, v] = machine.temporaries(2)
  const [one, d] = machine.constants(1n, D)
  machine.function(
    3,
    (f, [out, encodings, flags]) => {
      const { x, y, z, t } = pointAt(machine, at(out!))
      field.fromBytes(f, y, at(encodings!), ENCODED)
      machine.square(f, z, y)
      machine.combine(f, [{ a: one }, { a: z }], [{ out: u, of: [-1, 1] }])
      machine.combine(f, [{ a: one }, { a: z, b: d }], [{ out: v, of: [1, 1] }])
      const isPoint = roots.sqrtRatio(f, x, u, v)
      machine.copy(f, z, one)
      machine.multiply(f, t, x, y)
      field.toLanes(isPoint).forEach((lane, i) => {
        f.store8(flags!, i32.and(lane, i32const(1)), i)
      })
    },
    exportAs,
  )
}

/** Lane i has its share of the rows, the i-th: word by word, the lanes beside each other. */
function writeSpread(machine: Machine, exportAs: string): void {
  const { lanes } = machine.field
  const share = tableBytes(machine) / lanes
  machine.function(
    2,
    (f, [lanewise, table]) => {
      const end = f.local('i32', i32.add(table!, i32const(share)))
      const sources = Array.from({ length: lanes }, (_, i) => ({ from: table!, offset: i * share }))
      f.loopWhile(i32.ltU(table!, end), () => {
        f.store(lanewise!, gather(machine, sources))
        f.set(lanewise!, i32.add(lanewise!, i32const(16)))
        f.set(table!, i32.add(table!, i32const(16 / lanes)))
      })
    },
    exportAs,
  )
}

/** A word of which each lane is read at a place of its own. */
function gather(
  machine: Machine,
  [first, ...others]: readonly { readonly from: I32; readonly offset: number }[],
): V128 {
  return others.reduce(
    (word, { from, offset }, i) => machine.loadLane(from, word, i + 1, offset),
    machine.loadSplat(first!.from, first!.offset),
  )
}

/** Lane i takes 64 / lanes digits, the i-th of these runs, and the rows that belong to them. */
function writeMultiple(
  machine: Machine,
  points: Points,
  total: Addr,
  encodeLanes: FunctionBuilder,
  exportAs: string,
): void {
  const { lanes } = machine.field
  const choice = machine.temporaryPoint()
  machine.function(
    3,
    (f, [encoding, row, digits]) => {
      const count = f.local('i32', i32const(DIGITS / lanes))
      // A word of all lanes stands where one lane's word would stand in a table.
      const read = (offset: number) => load('v128', row!, offset * lanes)
      points.setIdentity(f, total)
      machine.forGroups(
        f,
        count,
        [
          [row!, rowBytes(machine) * lanes],
          [digits!, 1],
        ],
        () => {
          const digit = loadDigit(machine, f, digits!, i32const(DIGITS / lanes))
          writeSelect(machine, f, choice, read, digit)
          points.addAffine(f, total, total, choice)
        },
      )
      f.call(encodeLanes, encoding!)
    },
    exportAs,
  )
}

/** One half of the lanes works with each table, and each lane of a half with a run of its digits. */
function writeSum(
  machine: Machine,
  points: Points,
  total: Addr,
  encodeLanes: FunctionBuilder,
  exportAs: string,
): void {
  const { lanes } = machine.field
  const run = (2 * DIGITS) / lanes
  const choice = machine.temporaryPoint()
  const choose = writeChoose(machine, choice)
  machine.function(
    4,
    (f, [encoding, first, second, digits]) => {
      const rows = Array.from({ length: lanes }, (_, lane) => {
        const table = lane < lanes / 2 ? first! : second!
        const passed = (lane % (lanes / 2)) * run * rowBytes(machine)
        return f.local('i32', i32.add(table, i32const(passed)))
      })
      const count = f.local('i32', i32const(run))
      const steps = rows.map((row) => [row, rowBytes(machine)] as const)
      points.setIdentity(f, total)
      machine.forGroups(f, count, [...steps, [digits!, 1]], () => {
        f.call(choose, digits!, i32const(run), ...rows)
        points.addAffine(f, total, total, choice)
      })
      f.call(encodeLanes, encoding!)
    },
    exportAs,
  )
}

/** (digits, stride, row of each lane): digits decide addresses here, so they are public. */
function writeChoose(machine: Machine, choice: Addr): FunctionBuilder {
  const { field } = machine
  const { plus, minus, t2d } = cachedAt(machine, choice)
  const neutral = writeNeutral(machine)
  return machine.function(2 + field.lanes, (f, [digits, stride, ...rows]) => {
    const { negative } = loadDigit(machine, f, digits!, stride!)
    const at = f.local('i32', digits!)
    const magnitude = f.local('i32')
    for (const row of rows) {
      f.set(magnitude, load8s(at))
      const sign = i32.shrS(magnitude, i32const(31))
      f.set(magnitude, i32.sub(i32.xor(magnitude, sign), sign))
      const passed = i32.mul(i32.sub(magnitude, i32const(1)), i32const(entryBytes(machine)))
      f.ifPublic(
        magnitude,
        () => f.set(row, i32.add(row, passed)),
        () => f.set(row, neutral),
      )
      f.set(at, i32.add(at, stride!))
    }
    for (const [i, to] of [plus, minus, t2d].entries()) {
      for (let word = 0; word < field.words; word++) {
        const offset = (i * field.words + word) * (16 / field.lanes)
        const sources = rows.map((from) => ({ from, offset }))
        f.store(to.base, gather(machine, sources), to.offset + 16 * word)
      }
    }
    negateCached(machine, f, { plus, minus, t2d }, negative)
  })
}

/** An entry of a table that adds nothing: y + x = y - x = 1, x·y = 0. */
function writeNeutral({ field, layout }: Machine): I32 {
  const laneBytes = 16 / field.lanes
  const lane = (value: bigint) => {
    const words = field.constant(value)
    return Array.from({ length: field.words }, (_, i) => [
      ...words.slice(16 * i, 16 * i + laneBytes),
    ]).flat()
  }
  const entry = Uint8Array.from([1n, 1n, 0n].flatMap(lane))
  return i32const(layout.constant(entry).offset)
}

/** (encoding): of the sum of all lanes, y with the lowest bit of x above it. */
function writeEncodeLanes(
  machine: Machine,
  points: Points,
  roots: Roots,
  total: Addr,
): FunctionBuilder {
  const { field } = machine
  const [zInverse, x, y] = machine.temporaries(3)
  const [all, other] = [machine.temporaryPoint(), machine.temporaryPoint()]
  const point = pointAt(machine, total)
  const signAt = ENCODED - 1
  return machine.function(1, (f, [encoding]) => {
    machine.copyPoint(f, all, total)
    for (let lane = 1; lane < field.lanes; lane++) {
      for (let word = 0; word < machine.pointBytes; word += 16) {
        const inLane = all.offset + word + (16 / field.lanes) * lane
        f.store(other.base, machine.loadSplat(all.base, inLane), other.offset + word)
      }
      points.cache(f, other, other)
      points.add(f, total, total, other)
    }
    roots.invert(f, zInverse, point.z)
    machine.multiply(f, x, point.x, zInverse)
    machine.multiply(f, y, point.y, zInverse)
    field.toBytes(f, at(encoding!), y)
    const isOdd = field.toLanes(field.isNegative(f, x))[0]!
    const sign = i32.and(isOdd, i32const(0x80))
    f.store8(encoding!, i32.or(load8s(encoding!, signAt), sign), signAt)
  })
}
