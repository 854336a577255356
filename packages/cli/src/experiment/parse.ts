/** From a YAML text to an experiment; every complaint names the file, the line, the field and what to do. */

import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { fail } from '../output/errors.ts'
import { type Experiment, experimentSchema } from './schema.ts'
import { complaintsAbout } from './sense.ts'

const MAX_COMPLAINTS = 8

/** @throws ProtocolError `EXPERIMENT_INVALID` */
export function parseExperiment(text: string, file: string): Experiment {
  const lines = new LineCounter()
  const options = { prettyErrors: true, strict: true, uniqueKeys: true, lineCounter: lines }
  const document = parseDocument(text, options)
  const [broken] = document.errors
  if (broken !== undefined) {
    const [line = 1, column = 1] = [broken.linePos?.[0].line, broken.linePos?.[0].col]
    return fail('EXPERIMENT_INVALID', {
      at: `${file}:${line}:${column}`,
      hint: broken.message.split('\n')[0]!.replace(/ at line .*$/, ''),
    })
  }
  const parsed = experimentSchema.safeParse(plainOf(document, file))
  const issues: readonly Issue[] = parsed.success
    ? complaintsAbout(parsed.data)
    : parsed.error.issues.flatMap(deepest)
  if (parsed.success && issues.length === 0) return parsed.data
  const placed = issues.map((issue) => ({ ...issue, ...lines.linePos(offsetOf(issue, document)) }))
  const told = placed.slice(0, MAX_COMPLAINTS).map(({ path, message, line }) => {
    return `${path.map(String).join('.') || 'the file'}: ${message} (line ${line})`
  })
  const more = issues.length - told.length
  const hint = [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
  const { line, col } = placed[0]!
  return fail('EXPERIMENT_INVALID', { at: `${file}:${line}:${col}`, hint })
}

/** @throws ProtocolError `EXPERIMENT_INVALID` where aliases would grow without end */
function plainOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return fail('EXPERIMENT_INVALID', { at: file, hint: 'too many aliases: write it out' })
  }
}

type Issue = {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Fields that are not known. */
  readonly keys?: readonly string[]
}

/** Where in the text it stands: the unknown field itself, or else the nearest that there is. */
function offsetOf({ path, keys }: Issue, document: Document): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (!isNode(node) || !node.range) continue
    const wrong = isMap(node) && keys !== undefined && length === path.length
    const key = wrong ? node.items.find((pair) => String(pair.key) === keys[0])?.key : undefined
    return isNode(key) && key.range ? key.range[0] : node.range[0]
  }
  return 0
}

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
    .map(({ path, ...told }) => ({ ...told, path: [...issue.path, ...path] }))
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map(({ path }) => path.length))
}
