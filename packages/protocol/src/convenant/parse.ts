/** From unknown JSON to a `Convenant`, once and strictly, at the edge; every bad field is named. */

import type { z } from 'zod'
import { problemsOf } from './checks.ts'
import { fail } from './errors.ts'
import type { ConvenantProblem } from './problem.ts'
import {
  type Convenant,
  convenantSchema,
  type SignedConvenant,
  signedConvenantSchema,
} from './schema.ts'

export type ConvenantReading =
  | { readonly ok: true; readonly convenant: Convenant }
  | { readonly ok: false; readonly problems: readonly ConvenantProblem[] }

/** For drafting: the convenant, or everything that is wrong with it. */
export function readConvenant(value: unknown): ConvenantReading {
  const shape = convenantSchema.safeParse(value)
  if (!shape.success) return { ok: false, problems: shapeProblems(shape.error) }
  const problems = problemsOf(shape.data)
  return problems.length === 0 ? { ok: true, convenant: shape.data } : { ok: false, problems }
}

/** @throws ProtocolError `CONVENANT_INVALID`, `at` the first bad path, `hint` naming all */
export function parseConvenant(value: unknown): Convenant {
  const reading = readConvenant(value)
  return reading.ok ? reading.convenant : refuse(reading.problems)
}

/**
 * Shape and inner consistency only; whether the signatures suffice is decided by
 * `verifyConvenant` and `verifySuccession`.
 * @throws ProtocolError `CONVENANT_INVALID`
 */
export function parseSignedConvenant(value: unknown): SignedConvenant {
  const shape = signedConvenantSchema.safeParse(value)
  if (!shape.success) return refuse(shapeProblems(shape.error))
  parseConvenant(shape.data.convenant)
  return shape.data
}

/** The file form: indented JSON with a final newline. */
export function formatSignedConvenant(signed: SignedConvenant): string {
  return `${JSON.stringify(signed, null, 2)}\n`
}

/**
 * Reads the file form and nothing else: a repeated member name would let a reader of the file see
 * other terms than the ones signed.
 * @throws ProtocolError `CONVENANT_INVALID`
 */
export function parseSignedConvenantText(source: string): SignedConvenant {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    return fail('CONVENANT_INVALID', { hint: 'not JSON' })
  }
  if (`${JSON.stringify(value, null, 2)}\n` !== source)
    fail('CONVENANT_INVALID', { hint: 'not in the form that formatSignedConvenant writes' })
  return parseSignedConvenant(value)
}

function refuse(problems: readonly ConvenantProblem[]): never {
  const first = problems[0]!
  const hint = problems.map(({ code, path, hint }) => `${path} ${code} (${hint})`).join('; ')
  return fail('CONVENANT_INVALID', { at: first.path, hint })
}

function shapeProblems(error: z.ZodError): ConvenantProblem[] {
  return error.issues.flatMap((issue): ConvenantProblem[] => {
    const path = pathText(issue.path)
    if (issue.code !== 'unrecognized_keys')
      return [{ code: 'BAD_FIELD', path, hint: issue.message }]
    return issue.keys.map((key) => ({
      code: 'UNKNOWN_FIELD',
      path: path === '' ? key : `${path}.${key}`,
      hint: 'no such field',
    }))
  })
}

function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step) : `.${String(step)}`
  }
  return text
}
