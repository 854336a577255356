export { EvaluationWatch, type Hours } from './evaluations.ts'
export { QuestionWatch } from './questions.ts'
export { watchReplacement, watchWithdrawal } from './withdrawals.ts'
