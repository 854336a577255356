/** From a YAML text to an experiment; every complaint names the file, the field and what to do. */

import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { fail } from '../output/errors.ts'
import { type Experiment, experimentSchema } from './schema.ts'

const MAX_COMPLAINTS = 8

/** @throws ProtocolError `EXPERIMENT_INVALID` */
export function parseExperiment(text: string, file: string): Experiment {
  const document = parseDocument(text, { prettyErrors: true, strict: true, uniqueKeys: true })
  const [broken] = document.errors
  if (broken !== undefined) {
    const [line = 1, column = 1] = [broken.linePos?.[0].line, broken.linePos?.[0].col]
    return fail('EXPERIMENT_INVALID', {
      at: `${file}:${line}:${column}`,
      hint: broken.message.split('\n')[0]!.replace(/ at line .*$/, ''),
    })
  }
  const parsed = experimentSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.flatMap(deepest)
  const lines = issues.slice(0, MAX_COMPLAINTS).map(({ path, message }) => {
    return `${path.map(String).join('.') || 'the file'}: ${message}`
  })
  const more = issues.length - lines.length
  const hint = [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
  return fail('EXPERIMENT_INVALID', { at: file, hint })
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

/** Of a union the branch that came furthest: "invalid input" alone helps nobody. */
function deepest(issue: z.core.$ZodIssue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const branches = issue.errors.filter((errors) => errors.length > 0)
  // A branch that failed on its own field names alone was not the one that was meant.
  const meant = branches.filter(
    (errors) => !errors.some(({ code }) => code === 'unrecognized_keys'),
  )
  const best = (meant.length > 0 ? meant : branches).sort((a, b) => depth(b) - depth(a))[0]
  if (best === undefined) return [issue]
  return best
    .flatMap(deepest)
    .map(({ path, message }) => ({ path: [...issue.path, ...path], message }))
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map(({ path }) => path.length))
}
