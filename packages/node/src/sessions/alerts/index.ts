export { EvaluationWatch, type Hours } from './evaluations.ts'
export { QuestionWatch } from './questions.ts'
export { watchWithdrawal } from './withdrawals.ts'
