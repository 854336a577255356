export { createAudit } from './audit.ts'
export type { AuditErrorCode } from './errors.ts'
export type { ConvenantRef, NewEvent } from './event.ts'
export type { Appended, Audit, AuditOptions } from './types.ts'
