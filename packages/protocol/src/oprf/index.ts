export * from './batch.ts'
export * from './client.ts'
export { decodeElements } from './decode.ts'
export * from './dkg.ts'
export {
  type DkgContext,
  type DkgHolder,
  dkgContextDigest,
  encodeDkgContext,
  type KeyPurpose,
  parseDkgContext,
} from './dkgContext.ts'
export {
  type DkgRound1Broadcast,
  type DkgRound1Secret,
  encodeDkgRound1,
  parseDkgRound1,
} from './dkgRound1.ts'
export * from './dkgShares.ts'
export * from './dkgStored.ts'
export { generateProof, MAX_BATCH, PROOF_BYTES, verifyProof } from './dleq.ts'
export type { OprfErrorCode } from './errors.ts'
export { evaluateShare, type ShareEvaluation } from './holder.ts'
export type { Pause } from './pause.ts'
export * from './rfc9497.ts'
export type { Mode } from './suite.ts'
export {
  encodeTranscript,
  type KeyTranscript,
  parseTranscript,
  signTranscript,
  type TranscriptStatement,
  transcriptDigest,
  verifyTranscript,
  verifyTranscriptSignatures,
} from './transcript.ts'
export {
  type EvaluationEvidence,
  evaluateOwnShare,
  isBadEvaluation,
  joinShares,
  type PublicShare,
  parseEvaluationEvidence,
  partOfShare,
  type ThresholdKey,
  type VerifiedShare,
  verifyShare,
} from './verify.ts'
