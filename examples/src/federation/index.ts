export {
  ApiError,
  type ImportResult,
  type OperatorApi,
  type Question,
} from '@drempel/cli/internal/federation/api'
export {
  Federation,
  type FederationOptions,
  type Partner,
} from '@drempel/cli/internal/federation/federation'
export { FederationNode } from '@drempel/cli/internal/federation/node'
export type { Output } from '@drempel/cli/internal/federation/process'
export { logKey, type VerifiedLog, verifyLogs, verifyOwnReceipt } from './logs.ts'
