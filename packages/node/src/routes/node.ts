/** What routes need of the running node. */

import type { Home } from '../config/index.ts'
import type { Operators } from '../http/index.ts'
import type { Traffic } from '../peers/index.ts'
import type { ConvenantInForce, Sessions } from '../sessions/index.ts'

export type RunningNode = {
  readonly home: Home
  readonly convenant: ConvenantInForce
  readonly sessions: Sessions
  readonly operators: Operators
  readonly traffic: Traffic
  readonly software: string
}
