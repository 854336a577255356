export { type SlotBounds, slotBounds } from './bounds.ts'
export type { ThresholdErrorCode } from './errors.ts'
export * from './network.ts'
export * from './plan.ts'
