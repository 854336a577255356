export * from './checkpoint.ts'
export { cosigner } from './cosignature.ts'
export type { LogErrorCode } from './errors.ts'
export * from './event.ts'
export { CODE, KINDS, minuteOf, PROTOCOLS, ROLES, STATUSES, sizeBucket, timeOf } from './fields.ts'
export * from './intent.ts'
export {
  COSIGNATURE_V1,
  ED25519,
  encodeVerifierKey,
  type NoteSigner,
  parseVerifierKey,
  type VerifierKey,
  verifierKey,
} from './key.ts'
export {
  consistencyProof,
  emptyRoot,
  type Hash,
  inclusionProof,
  leafHash,
  leafHashes,
  type NodeId,
  nodeHash,
  nodeHashes,
  type ReadHashes,
  rootAt,
  type Sha256,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
export * from './note.ts'
export { type ExpectedPsiIntent, verifyPsiIntent } from './psiIntent.ts'
export * from './quorum.ts'
export * from './receipt.ts'
export * from './reconcile.ts'
export { psiDifferences } from './reconcilePsi.ts'
export * from './sealed.ts'
export * from './tile.ts'
export { type FetchTile, tileReader, verifyLog } from './tileReader.ts'
export * from './witness.ts'
export * from './writer.ts'
