/** What every backend of ristretto255 does; a new backend passes this and the differential test. */

import type { Group } from '@drempel/protocol/group'
import { combinationContract } from './combinations.ts'
import { decodedContract } from './decoded.ts'
import { elementContract } from './elements.ts'
import { multiplicationContract } from './multiplication.ts'
import { scalarContract } from './scalars.ts'
import { groupWorld } from './world.ts'

export function groupContract(group: Group): void {
  const world = groupWorld(group)
  elementContract(world)
  multiplicationContract(world)
  combinationContract(world)
  scalarContract(world)
  decodedContract(world)
}
