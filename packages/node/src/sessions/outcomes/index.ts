export { answersOf } from './answers.ts'
export { keepSums, LEAST_QUERIES, resultClasses } from './classes.ts'
export { giveFeedback } from './feedback.ts'
