export * from './acknowledgements.ts'
export type { ConvenantProblem, ConvenantProblemCode } from './checks.ts'
export * from './decide.ts'
export type { ConvenantErrorCode } from './errors.ts'
export * from './parse.ts'
export * from './refusals.ts'
export * from './requests.ts'
export * from './schema.ts'
export * from './shares.ts'
export {
  convenantDigest,
  missingSignatures,
  signConvenant,
  verifyConvenant,
  withSignature,
} from './signatures.ts'
