export { EvaluationWatch, type Hours } from './evaluations.ts'
export { QuestionWatch } from './questions.ts'
export { enterAlerts } from './raise.ts'
export {
  watchExpired,
  watchExpiry,
  watchReplacement,
  watchWithdrawal,
  watchWithdrawn,
} from './withdrawals.ts'
