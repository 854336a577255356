/** The bounds checker over every export, those with long loops among them. */

import { describe, it } from 'vitest'
import { GROUP_EXPORTS, SIGNATURE_EXPORTS } from '../../../packages/protocol/wasm/bounds/group.ts'
import { KERNELS } from './bounds.ts'

describe.each(KERNELS)('the kernel $name', ({ module, signatures, check }) => {
  it.each(GROUP_EXPORTS)('stays in its bounds in %s', (name) => {
    check(module, [name])
  })

  it.each(SIGNATURE_EXPORTS)('stays in its bounds in %s of signatures', (name) => {
    check(signatures, [name])
  })
})
