/** The kernels that the package carries, as the TypeScript files that hold them. */

import { groupModule } from './curve/abi.ts'
import { signatureModule } from './curve/ed25519.ts'
import { baselineField } from './field/baseline.ts'
import { relaxedField } from './field/relaxed.ts'
import { mpcModule } from './mpc.ts'
import { psiModule } from './psi/module.ts'
import { sha256Module, sha512Module } from './sha2.ts'

export type KernelFile = { readonly path: string; readonly source: string }

/** Paths are relative to packages/protocol/src. */
export function kernelFiles(): KernelFile[] {
  return [
    embed('group/kernel/relaxed.ts', 'relaxed', groupModule(relaxedField)),
    embed(
      'group/kernel/baseline.ts',
      'baseline',
      groupModule(() => baselineField),
    ),
    embed('encoding/ed25519/relaxed.ts', 'relaxed', signatureModule(relaxedField)),
    embed(
      'encoding/ed25519/baseline.ts',
      'baseline',
      signatureModule(() => baselineField),
    ),
    embed('encoding/sha2/sha256.ts', 'sha256', sha256Module()),
    embed('encoding/sha2/sha512.ts', 'sha512', sha512Module()),
    embed('mpc/simd.wasm.ts', 'simd', mpcModule()),
    embed('psi/ot/kernel.wasm.ts', 'kernel', psiModule()),
  ]
}

function embed(path: string, name: string, module: Uint8Array): KernelFile {
  let binary = ''
  for (const byte of module) binary += String.fromCharCode(byte)
  const header = '/** Written by `npm run kernels` from packages/protocol/wasm; base64. */'
  return { path, source: `${header}\nexport const ${name} =\n  '${btoa(binary)}'\n` }
}
