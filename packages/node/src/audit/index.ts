export type { AuditErrorCode } from './errors.ts'
export type { AuditEvent } from './event.ts'
export type { Appended, Audit } from './types.ts'
