/** The bounds checker over every export, those with long loops among them. */

import { describe, it } from 'vitest'
import { GROUP_EXPORTS } from '../../../packages/protocol/wasm/bounds/group.ts'
import { KERNELS } from './bounds.ts'

describe.each(KERNELS)('the kernel $name', ({ module, check }) => {
  it.each(GROUP_EXPORTS)('stays in its bounds in %s', (name) => {
    check(module, [name])
  })
})
