export * from './acknowledgements.ts'
export { MOST_REPORTS } from './conditions.ts'
export * from './decide.ts'
export * from './diff.ts'
export * from './draft.ts'
export type { ConvenantErrorCode } from './errors.ts'
export * from './parse.ts'
export type { ConvenantProblem, ConvenantProblemCode } from './problem.ts'
export * from './refusals.ts'
export { rehearsalDigest } from './rehearsal.ts'
export * from './requests.ts'
export * from './schema.ts'
export * from './shares.ts'
export {
  convenantDigest,
  missingSignatures,
  signConvenant,
  unfittingSignatures,
  verifyConvenant,
  withSignature,
} from './signatures.ts'
export * from './succession.ts'
export * from './taxonomy.ts'
export * from './witnesses.ts'
