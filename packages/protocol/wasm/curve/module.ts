import { i32, i32const, ModuleBuilder } from '../assembler.ts'
import type { FieldBuild } from '../field/field.ts'
import { Layout } from '../layout.ts'
import { Machine } from './machine.ts'
import { DIGITS, writeMultiply } from './multiply.ts'
import { Points } from './points.ts'
import {
  writeDecode,
  writeDoubleEncode,
  writeEncode,
  writeFromUniform,
  writeMap,
} from './ristretto.ts'
import { Roots } from './roots.ts'

const PAGES = 32

export function groupModule(makeField: (layout: Layout) => FieldBuild): Uint8Array {
  const module = new ModuleBuilder({ pages: PAGES })
  const layout = new Layout()
  const machine = new Machine(module, layout, makeField(layout))
  const { field, pointBytes } = machine
  const points = new Points(machine)
  const roots = new Roots(machine)
  const encodedBytes = 32 * field.lanes

  const decodeOne = writeDecode(machine, roots)
  machine.function(
    4,
    (f, [out, encodings, groups, flags]) => {
      machine.forGroups(
        f,
        groups!,
        [
          [out!, pointBytes],
          [encodings!, encodedBytes],
          [flags!, field.lanes],
        ],
        () => f.call(decodeOne, out!, encodings!, flags!),
      )
    },
    'decode',
  )
  const encodeOne = writeEncode(machine, roots)
  machine.function(
    3,
    (f, [encodings, p, groups]) => {
      machine.forGroups(
        f,
        groups!,
        [
          [p!, pointBytes],
          [encodings!, encodedBytes],
        ],
        () => f.call(encodeOne, encodings!, p!),
      )
    },
    'encode',
  )
  const uniformOne = writeFromUniform(machine, points, writeMap(machine, roots))
  machine.function(
    3,
    (f, [out, uniform, groups]) => {
      machine.forGroups(
        f,
        groups!,
        [
          [out!, pointBytes],
          [uniform!, 2 * encodedBytes],
        ],
        () => f.call(uniformOne, out!, uniform!),
      )
    },
    'fromUniform',
  )
  const multiplyOne = writeMultiply(machine, points)
  machine.function(
    5,
    (f, [out, p, digits, groups, stride]) => {
      const step = f.local('i32', i32.mul(stride!, i32const(field.lanes)))
      machine.forGroups(
        f,
        groups!,
        [
          [out!, pointBytes],
          [p!, pointBytes],
          [digits!, step],
        ],
        () => f.call(multiplyOne, out!, p!, digits!, stride!),
      )
    },
    'multiply',
  )
  writeDoubleEncode(machine, roots, 'doubleEncode')
  void DIGITS

  const constants = { lanes: field.lanes, pointBytes, heapBase: layout.end }
  for (const [name, value] of Object.entries(constants)) {
    module.function([], ['i32'], name).result(i32const(value))
  }
  layout.writeTo(module)
  return module.bytes()
}
