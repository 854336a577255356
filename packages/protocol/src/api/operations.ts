/** Every operation of the operator API: what the routes serve, and the OpenAPI document is made of. */

import { flagsOperations } from './operations/flags.ts'
import { logOperations } from './operations/log.ts'
import { nodeOperations } from './operations/node.ts'
import type { Operation } from './operations/operation.ts'
import { psiOperations } from './operations/psi.ts'
import { queriesOperations } from './operations/queries.ts'
import { questionsOperations } from './operations/questions.ts'
import { subjectsOperations } from './operations/subjects.ts'

export const operations: readonly Operation[] = [
  ...nodeOperations,
  ...flagsOperations,
  ...queriesOperations,
  ...psiOperations,
  ...questionsOperations,
  ...logOperations,
  ...subjectsOperations,
]
