/** A node as witness of others' logs, and as the owner of logs that others witness. */

import { type Cosigning, createCosigning } from './cosigning.ts'
import { createGuard, type Guard } from './guard.ts'
import { createWitness, type Witness } from './witness.ts'
import type { World } from './world.ts'

export type Witnessing = {
  readonly witness: Witness
  readonly guard: Guard
  readonly cosigning: Cosigning
}

export function createWitnessing(world: World): Witnessing {
  return {
    witness: createWitness(world),
    guard: createGuard(world),
    cosigning: createCosigning(world),
  }
}

export { grew } from './growth.ts'
export { enterConflicts, journalConflict } from './journal.ts'
export { logName, quartersAbout } from './policy.ts'
