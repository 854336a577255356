/** One operation of the operator API, and who may call which. */

import type { z } from 'zod'
import { type Role, role } from '../admin.ts'

export type Operation = {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** Below `/api/v1`, with OpenAPI's `{parameters}`. */
  readonly path: string
  readonly summary: string
  /** Any one of them suffices; empty for none at all. */
  readonly roles: readonly Role[]
  readonly query?: readonly string[]
  readonly request?: z.ZodType
  /** Absent: not JSON. */
  readonly response?: z.ZodType
}

export const anyone: readonly Role[] = role.options
export const operators: readonly Role[] = ['operator', 'admin']
/** Who may start rounds and see how many flags met a rule. */
export const counting: readonly Role[] = ['operator', 'research', 'admin']
export const analysts: readonly Role[] = ['analyst', 'admin']
export const consenting: readonly Role[] = ['analyst', 'operator', 'admin']
export const auditors: readonly Role[] = ['auditor', 'fg', 'admin']
export const people: readonly Role[] = ['auditor', 'fg', 'operator', 'admin']
