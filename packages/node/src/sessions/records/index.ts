/** What takes two people: opening a sealed record, erasing the key of a period's records. */

export { type OpenedRecord, openRecord, proposeOpening } from './open.ts'
export { decide, list, type OpenedProposal, type ProposalState, stateOf } from './proposals.ts'
export { createRetention, stuckRecords } from './retention.ts'
export { finishBegun, proposeShred, shred } from './shred.ts'
