/**
 * The exports of a group kernel. All parameters are i32; pointers are offsets in the module's own
 * memory (`memory`, which the caller grows; everything from heapBase() on is the caller's).
 * Points, tables and scratch are aligned to 16 bytes; encodings, digits and flags need not be.
 *
 * A group is `lanes()` elements side by side. Batches are whole groups: the caller fills up the
 * last one with anything valid. Points are internal and opaque: group i of a batch stands at
 * batch + i · pointBytes(). Encodings are 32 bytes an element, in order. `out` may be the very
 * pointer of an input batch, no other overlap is allowed.
 *
 * Digits: a scalar is the sum of digit[i] · 16^i with 64 signed bytes, -8 <= digit[i] <= 8.
 * Element e reads its digits at digits + e · stride: 64, or 0 for one scalar for all.
 *
 * | export | what it does |
 * | --- | --- |
 * | lanes() pointBytes() tableBytes() heapBase() | constants of the build |
 * | decode(out, encodings, groups, flags) | RFC 9496, 4.3.1; flags: one byte an element, 0 no canonical encoding (its point is the identity), 1 a point, 2 the identity |
 * | fromUniform(out, uniform, groups) | RFC 9496, 4.3.4: 64 bytes an element |
 * | encode(encodings, points, groups) | RFC 9496, 4.3.2 |
 * | doubleEncode(encodings, points, groups, scratch) | encodings of twice the points, one inversion for all; scratch: groups · 2 · pointBytes() |
 * | multiply(out, points, digits, groups, stride) | secret digits |
 * | fixedTable(table, point, scratch) | of the point in lane 0; table: tableBytes(), scratch: 512 · pointBytes() |
 * | fixedMultiply(out, table, digits, groups, stride) | secret digits |
 * | fixedMultiplyAdd(out, points, table, digits, groups, stride) | points + table · digits, secret digits |
 * | add(out, a, b, groups) subtract(out, a, b, groups) | group by group |
 * | straus(out, rows, q, digits, windows, groups, scratch) | sum over q rows (row i at rows + i · groups · pointBytes()) of row i times its scalar, whose 64 digits stand at digits + 64 i and are zero from `windows` on; public digits; out is no row; scratch: 8 · q · pointBytes() |
 * | msm(out, points, groups, digits, bits, windows, scratch) | the sum over all elements of scalar times point, into every lane of the one group at out; public scalars in radix 2^bits, 2 <= bits <= 8, signed bytes of magnitude 2^(bits-1) at most (+128 can't be written: digits of 8 bits are -128 to 127); digit w of element e is the byte at digits + w · groups · lanes() + e; scratch: (groups + 2^(bits-1)) · pointBytes() |
 *
 * Secret digits decide no branch and no address. Everything else may take a time that depends on
 * what is public: counts, windows, whether encodings are valid.
 */

import { type FunctionBuilder, i32, i32const, ModuleBuilder } from '../assembler.ts'
import { at, type FieldBuild } from '../field/field.ts'
import { Layout } from '../layout.ts'
import { EVERY_LANE, negateCached } from './digits.ts'
import { writeDoubleEncode } from './doubles.ts'
import { tableBytes, writeFixedAccumulate, writeFixedTable } from './fixed.ts'
import { Machine } from './machine.ts'
import { writeMsm } from './msm.ts'
import { writeMultiply } from './multiply.ts'
import { cachedAt, Points } from './points.ts'
import { ENCODED, writeDecode, writeEncode, writeFromUniform, writeMap } from './ristretto.ts'
import { Roots } from './roots.ts'
import { writeStraus } from './straus.ts'

const UNIFORM = 64
const PAGE = 65_536

/** The module of a group kernel over one build of the field. */
export function groupModule(makeField: (layout: Layout) => FieldBuild): Uint8Array {
  const module = new ModuleBuilder({ pages: 1 })
  const layout = new Layout()
  const machine = new Machine(module, layout, makeField(layout))
  const points = new Points(machine)
  const roots = new Roots(machine)
  exportEncodings(machine, points, roots)
  exportMultiplications(machine, points, roots)
  exportSums(machine, points)
  return finished(machine)
}

/** With the constants of the build, and with its data. */
export function finished(machine: Machine): Uint8Array {
  const { module, layout } = machine
  const constants = {
    lanes: machine.field.lanes,
    pointBytes: machine.pointBytes,
    tableBytes: tableBytes(machine),
    heapBase: layout.end,
  }
  for (const [name, value] of Object.entries(constants)) {
    module.function([], ['i32'], name).result(i32const(value))
  }
  if (layout.end > PAGE) throw new Error('the fixed part of memory takes more than its page')
  layout.writeTo(module)
  return module.bytes()
}

function exportEncodings(machine: Machine, points: Points, roots: Roots): void {
  const { pointBytes } = machine
  const { lanes } = machine.field
  const decode = writeDecode(machine, roots)
  machine.function(
    4,
    (f, [out, encodings, groups, flags]) => {
      const steps = [
        [out!, pointBytes],
        [encodings!, ENCODED * lanes],
        [flags!, lanes],
      ] as const
      machine.forGroups(f, groups!, steps, () => f.call(decode, out!, encodings!, flags!))
    },
    'decode',
  )
  const fromUniform = writeFromUniform(machine, points, writeMap(machine, roots))
  machine.function(
    3,
    (f, [out, uniform, groups]) => {
      const steps = [
        [out!, pointBytes],
        [uniform!, UNIFORM * lanes],
      ] as const
      machine.forGroups(f, groups!, steps, () => f.call(fromUniform, out!, uniform!))
    },
    'fromUniform',
  )
  const encode = writeEncode(machine, roots)
  machine.function(
    3,
    (f, [encodings, p, groups]) => {
      const steps = [
        [encodings!, ENCODED * lanes],
        [p!, pointBytes],
      ] as const
      machine.forGroups(f, groups!, steps, () => f.call(encode, encodings!, p!))
    },
    'encode',
  )
  writeDoubleEncode(machine, roots, 'doubleEncode')
}

function exportMultiplications(machine: Machine, points: Points, roots: Roots): void {
  const { pointBytes } = machine
  const multiply = writeMultiply(machine, points)
  machine.function(
    5,
    (f, [out, p, digits, groups, stride]) => {
      const digitStep = f.local('i32', i32.mul(stride!, i32const(machine.field.lanes)))
      const steps = [
        [out!, pointBytes],
        [p!, pointBytes],
        [digits!, digitStep],
      ] as const
      machine.forGroups(f, groups!, steps, () => f.call(multiply, out!, p!, digits!, stride!))
    },
    'multiply',
  )
  writeFixedTable(machine, points, roots, 'fixedTable')
  const accumulate = writeFixedAccumulate(machine, points)
  machine.function(
    5,
    (f, [out, table, digits, groups, stride]) => {
      const [to, count] = [f.local('i32', out!), f.local('i32', groups!)]
      machine.forGroups(f, count, [[to, pointBytes]], () => points.setIdentity(f, at(to)))
      f.call(accumulate, out!, table!, digits!, groups!, stride!)
    },
    'fixedMultiply',
  )
  machine.function(
    6,
    (f, [out, p, table, digits, groups, stride]) => {
      f.memoryCopy(out!, p!, i32.mul(groups!, i32const(pointBytes)))
      f.call(accumulate, out!, table!, digits!, groups!, stride!)
    },
    'fixedMultiplyAdd',
  )
}

function exportSums(machine: Machine, points: Points): void {
  const { pointBytes } = machine
  const cached = machine.temporaryPoint()
  const pairwise = (name: string, beforeAdding: (f: FunctionBuilder) => void) =>
    machine.function(
      4,
      (f, [out, a, b, groups]) => {
        const steps = [
          [out!, pointBytes],
          [a!, pointBytes],
          [b!, pointBytes],
        ] as const
        machine.forGroups(f, groups!, steps, () => {
          points.cache(f, cached, at(b!))
          beforeAdding(f)
          points.add(f, at(out!), at(a!), cached)
        })
      },
      name,
    )
  pairwise('add', () => {})
  pairwise('subtract', (f) => negateCached(machine, f, cachedAt(machine, cached), EVERY_LANE))

  const straus = writeStraus(machine, points)
  machine.function(
    7,
    (f, [out, rows, q, digits, windows, groups, scratch]) => {
      const rowBytes = f.local('i32', i32.mul(groups!, i32const(pointBytes)))
      const steps = [
        [out!, pointBytes],
        [rows!, pointBytes],
      ] as const
      machine.forGroups(f, groups!, steps, () => {
        f.call(straus, out!, rows!, rowBytes, q!, digits!, windows!, scratch!)
      })
    },
    'straus',
  )
  writeMsm(machine, points, 'msm')
}
