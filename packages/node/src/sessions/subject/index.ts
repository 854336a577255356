/** Data subjects: what is known of an identifier, what changes at their request, and recalls. */

export { type Disclosure, disclose, NOTHING } from './access.ts'
export { type About, eraseFlag, liftObjection, objectTo, rectifyFlag } from './acts.ts'
export { forgetErased, rememberAsked } from './asked.ts'
export {
  addMonths,
  caseFor,
  caseWithEntries,
  closeCase,
  daysLeft,
  extendCase,
  finishCases,
  listCases,
  nameOf as caseName,
  proofOf,
} from './cases.ts'
export { finishActs } from './effects.ts'
export { listRecalls, type Recalled, reviewAnswers, watchAnswers } from './recall.ts'
export { summariseFlags } from './summary.ts'
