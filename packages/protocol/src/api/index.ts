/** The operator API's requests and responses: one schema for the node's routes and for every client. */

export * from './admin.ts'
export * from './alerts.ts'
export * from './checks.ts'
export { count, digest, id16, kind, slug, time } from './common.ts'
export * from './flags.ts'
export { type Operation, openApi, operations } from './operations.ts'
export * from './outcomes.ts'
export * from './questions.ts'
export * from './records.ts'
export * from './rounds.ts'
export * from './subjects.ts'
export * from './witnessing.ts'
