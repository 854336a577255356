export { answersOf } from './answers.ts'
export { type Kept, keepSums, LEAST_QUERIES, resultClasses } from './classes.ts'
export { feedbackEnds, giveFeedback } from './feedback.ts'
