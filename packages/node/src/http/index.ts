/** What routes and peers share of HTTP: the server, problem documents, operators' tokens. */

export { readBody } from './body.ts'
export type { HttpErrorCode } from './errors.ts'
export { isUpgrading, type NodeBindings, nodeBindings, type UpgradeHandler } from './node.ts'
export {
  createProblemMapper,
  httpProblems,
  type Lang,
  languageOf,
  type ProblemDocument,
  type ProblemMapper,
  type ProblemSpec,
  type ProblemTable,
  problemHandler,
  problemNotFound,
} from './problem.ts'
export {
  type RunningServer,
  type ServerLimits,
  type ServerOptions,
  startServer,
} from './server.ts'
export {
  createOperators,
  type Operator,
  type OperatorEnv,
  type Operators,
  type Role,
  roles,
  type TokenRecord,
  type TokenStore,
  type TokenWork,
} from './tokens.ts'
