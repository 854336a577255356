/** Kernels for the bounds checker, whole and with planted bugs. */

import {
  type DecodedModule,
  DROP,
  decodeModule,
} from '../../../packages/protocol/wasm/bounds/decode.ts'
import {
  checkBaseline,
  checkRelaxed,
  type GroupExport,
} from '../../../packages/protocol/wasm/bounds/group.ts'
import { groupModule } from '../../../packages/protocol/wasm/curve/abi.ts'
import { signatureModule } from '../../../packages/protocol/wasm/curve/ed25519.ts'
import { baselineField, REDUCED } from '../../../packages/protocol/wasm/field/baseline.ts'
import { relaxedField } from '../../../packages/protocol/wasm/field/relaxed.ts'

/** `check` with limbs so many times larger than a reduced element's. */
export const KERNELS = [
  {
    name: 'baseline',
    module: decodeModule(groupModule(() => baselineField)),
    signatures: decodeModule(signatureModule(() => baselineField)),
    check: (module: DecodedModule, exports?: readonly GroupExport[], wider = 1) =>
      checkBaseline(module, Math.round(wider * REDUCED), exports),
  },
  {
    name: 'relaxed',
    module: decodeModule(groupModule(relaxedField)),
    signatures: decodeModule(signatureModule(relaxedField)),
    check: (module: DecodedModule, exports?: readonly GroupExport[], wider = 1) =>
      checkRelaxed(module, BigInt(wider * (2 ** 50 + 2 ** 15)), exports),
  },
] as const

/** The module, with the second operand of one instruction thrown away in place of used. */
export function without(module: DecodedModule, index: number, at: number): DecodedModule {
  const functions = module.functions.map((built) =>
    built.index === index
      ? { ...built, code: built.code.with(at, { ...built.code[at]!, op: DROP, immediate: [] }) }
      : built,
  )
  return { ...module, functions }
}

/** Where a function has an instruction. */
export function placesOf(module: DecodedModule, index: number, op: number): number[] {
  return module.functions[index]!.code.flatMap((instruction, at) =>
    instruction.op === op ? [at] : [],
  )
}
