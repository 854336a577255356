/** What was found so far: one item a check and what it is about, the last word counting. */

import { isProtocolError } from '@drempel/protocol/encoding'
import { NodeProblem, refusalIn } from '../../output/explain.ts'
import { CHECKS, type Check, type Item } from './sheet.ts'

type About = { readonly check: Check; readonly about?: string }
export type Finding = Omit<Item, 'check'> & { readonly check: Check }

export type Findings = {
  add(finding: Finding): void
  /** Passed when `work` gives no code; what it throws is why it failed. */
  attempt(about: About, work: () => Promise<string | undefined>): Promise<boolean>
  sorted(): Item[]
}

export function findings(): Findings {
  const items = new Map<string, Finding>()
  const add = (finding: Finding) => {
    items.set(`${finding.check} ${finding.about ?? ''}`, finding)
  }
  return {
    add,
    async attempt(about, work) {
      try {
        const code = await work()
        add(
          code === undefined ? { ...about, state: 'passed' } : { ...about, state: 'failed', code },
        )
        return code === undefined
      } catch (error) {
        add({ ...about, ...reasonOf(error) })
        return false
      }
    },
    sorted: () =>
      [...items.values()].sort(
        (a, b) =>
          CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check) ||
          ((a.about ?? '') < (b.about ?? '') ? -1 : 1),
      ),
  }
}

/** What only waits for somebody: another token, the quota of tomorrow, a witness. */
const WAITING = new Set([
  ...['FORBIDDEN', 'QUOTA_EXCEEDED', 'ENUMERATION_EXCEEDED', 'NOT_WITNESSED', 'BUSY'],
])

export function stateOf(code: string): 'waiting' | 'failed' {
  return WAITING.has(code) ? 'waiting' : 'failed'
}

/** @throws what is no error of a node: a fault of this program is no finding */
export function reasonOf(error: unknown): Pick<Item, 'state' | 'code' | 'culprit'> {
  if (error instanceof NodeProblem) {
    const code = refusalIn(error) ?? error.problem.code
    const { culprit } = error.problem
    return { state: stateOf(code), code, ...(culprit === undefined ? {} : { culprit }) }
  }
  if (!isProtocolError(error)) throw error
  return { state: 'failed', code: error.code }
}
