/**
 * Which backend this machine runs: the relaxed SIMD kernel where the engine accepts it and it
 * computes rightly, else the baseline SIMD kernel by the same two tests, else libsodium.
 *
 * Modules are compiled synchronously, so that workers and first calls need no promise. Engines that
 * limit that on a browser's main thread throw, and libsodium serves there.
 */

import { fromBase64 } from '../encoding/index.ts'
import type { Group } from './group.ts'
import { baseline } from './kernel/baseline.ts'
import { kernelGroup } from './kernel/group.ts'
import { KernelMemory } from './kernel/memory.ts'
import { relaxed } from './kernel/relaxed.ts'
import { passesSelfTest } from './kernel/selftest.ts'
import { libsodiumGroup } from './libsodium.ts'

const MODULES = { relaxed, baseline } as const

export type KernelBuild = keyof typeof MODULES

let chosen: Group | undefined

/** The fastest backend that works here; found at the first call, in a tenth of a second. */
export function defaultGroup(): Group {
  chosen ??= fastestGroup()
  return chosen
}

/** As `defaultGroup`, looked for anew. */
export function fastestGroup(): Group {
  return simdGroup('relaxed') ?? simdGroup('baseline') ?? libsodiumGroup
}

/** A kernel of its own, or undefined where it does not compile or computes wrongly. */
export function simdGroup(build: KernelBuild): Group | undefined {
  try {
    const group = kernelGroup(build, new KernelMemory(fromBase64(MODULES[build])))
    return passesSelfTest(group) ? group : undefined
  } catch {
    // No WebAssembly, no SIMD of this kind, or a module larger than this thread may compile at once.
    return undefined
  }
}
