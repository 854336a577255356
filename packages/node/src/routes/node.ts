/** What routes need of the running node. */

import type { Context } from 'hono'
import type { Home } from '../config/index.ts'
import type { OperatorEnv, Operators } from '../http/index.ts'
import type { ConvenantInForce, Sessions } from '../sessions/index.ts'

export type RunningNode = {
  readonly home: Home
  readonly convenant: ConvenantInForce
  readonly sessions: Sessions
  readonly operators: Operators
  readonly software: string
}

export type OperatorContext = Context<OperatorEnv>
