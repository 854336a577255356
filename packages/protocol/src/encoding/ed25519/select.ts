/**
 * Which kernel this machine signs and verifies with: relaxed SIMD where the engine accepts it and it
 * computes rightly, else baseline SIMD by the same two tests, else none, and libsodium does it all.
 * Found at the first call, in some milliseconds.
 */

import { baseline } from './baseline.ts'
import { SignatureKernel } from './kernel.ts'
import { relaxed } from './relaxed.ts'
import { agrees } from './selftest.ts'

const MODULES = { relaxed, baseline } as const

let chosen: SignatureKernel | null | undefined

export function defaultKernel(): SignatureKernel | null {
  if (chosen === undefined) chosen = loadKernel('relaxed') ?? loadKernel('baseline') ?? null
  return chosen
}

/** A kernel of its own, or undefined where it does not compile or computes wrongly. */
export function loadKernel(build: keyof typeof MODULES): SignatureKernel | undefined {
  try {
    const kernel = new SignatureKernel(MODULES[build])
    return agrees(kernel) ? kernel : undefined
  } catch {
    // No WebAssembly, no SIMD of this kind, or a module larger than this thread may compile at once.
    return undefined
  }
}
