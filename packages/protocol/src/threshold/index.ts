export type { Aggregates, AggregateTerms } from './aggregates.ts'
export type { LeftOut } from './agree.ts'
export { type SlotBounds, slotBounds } from './bounds.ts'
export * from './compute.ts'
export type { ThresholdErrorCode } from './errors.ts'
export { type FilledBins, fillBins } from './fill.ts'
export { type BinRange, binRanges, type KeyedRecords, keyRecords } from './keyed.ts'
export { recordKey, recordKeys, roundSalt } from './keys.ts'
export * from './network.ts'
export { combineOwners, ownerPartBytes } from './owners.ts'
export { type PartResult, type PartTask, type RoundInputs, runPart } from './part.ts'
export * from './plan.ts'
export * from './prepare.ts'
export type { RoundRule } from './rules.ts'
export * from './schedule.ts'
export {
  type InputShare,
  readUpload,
  shareList,
  shareSteps,
  type Uploads,
  uploadBytes,
} from './share.ts'
export { sortedOrder } from './sorted.ts'
export { givingWay } from './steps.ts'
export type { PartRunner, Threads } from './threads.ts'
export { computeBytes } from './traffic.ts'
