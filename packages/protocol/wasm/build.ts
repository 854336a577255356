/** `npm run kernels`: writes every kernel into packages/protocol/src. */

import { writeFileSync } from 'node:fs'
import { kernelFiles } from './kernels.ts'

for (const { path, source } of kernelFiles()) {
  writeFileSync(new URL(`../src/${path}`, import.meta.url), source)
  console.log(`packages/protocol/src/${path}: ${source.length} characters`)
}
