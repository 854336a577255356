export { tidyIntersections } from './housekeeping.ts'
export { PsiLink } from './link.ts'
export { addToList, resultPart } from './lists.ts'
export { acceptPsiChannel, psiMethods } from './methods.ts'
export { type PsiRule, psiPolicy } from './policy.ts'
export {
  endPrepared,
  openPrepared,
  type Prepared,
  preparedOf,
  prepareIntersection,
  tendPrepared,
} from './prepared/index.ts'
export {
  acceptIntersection,
  proposeIntersection,
  refuseIntersection,
  repeatIntersection,
} from './proposals.ts'
export { Intersections } from './runs.ts'
export { openSession, PROPOSAL_MS, type PsiSession, sessionOf } from './state.ts'
export { tellEnds } from './told.ts'
