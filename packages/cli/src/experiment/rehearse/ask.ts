/**
 * The questions of a rehearsal: for each purpose one that is over the threshold and one that is not,
 * one that must be refused, four eyes where the purpose asks them, and later the recall of an answer.
 */

import {
  accessRequest,
  checkRequest,
  checkResponse,
  closeRequest,
  questionAnswer,
  questionAsk,
  questionDecision,
  questionRequest,
  question as questionSchema,
  recalls,
  rehearsal,
  rehearsalStep,
  subjectAccess,
  subjectCase,
} from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { NodeClient } from '../../client/node.ts'
import { refusalIn } from '../../output/explain.ts'
import { reasonOf } from './findings.ts'
import { type Question, questionsOf } from './plan.ts'
import { publishedRounds } from './rounds.ts'
import type { Part } from './run.ts'
import { CASE, withAnalysts } from './tokens.ts'

type Asked = Pick<Question, 'kind' | 'rule'> & { readonly purpose: string; readonly value: string }
type Ask = (asked: Asked) => Promise<string>

/** @returns what is to be looked at when the one flag has been withdrawn */
export async function askAll(part: Part): Promise<{ recalled: () => Promise<void> }> {
  const { convenant, found } = part
  const questions = await askThose(part, await withdrawnKinds(part))
  for (const { id } of convenant.purposes) {
    if (questions.some(({ purpose }) => purpose.id === id)) continue
    for (const name of ['yes', 'no', 'four-eyes'] as const) {
      found.add({ check: name, about: id, state: 'absent' })
    }
  }
  await refused(part)
  return { recalled: () => recalled(part, questions) }
}

/** Where the second round comes in between, as it may for who goes on later than the others, all is asked again. */
async function askThose(part: Part, withdrawn: ReadonlySet<string>): Promise<Question[]> {
  const { node, convenant, plan, self, found } = part
  const questions = questionsOf(convenant, plan, self, withdrawn)
  for (const question of questions) {
    if (question.purpose.fourEyes) await fourEyes(part, question)
    else {
      await yesAndNo(part, question, (asked) => check(node, asked))
      found.add({ check: 'four-eyes', about: aboutOf(question), state: 'absent' })
    }
  }
  const now = await withdrawnKinds(part)
  return now.size === withdrawn.size ? questions : askThose(part, now)
}

/** Of which the second round was published: what it was about is no longer over. */
async function withdrawnKinds(part: Part): Promise<ReadonlySet<string>> {
  const kinds = new Set<string>()
  for (const { kind, withdrawal } of part.plan.kinds) {
    if (withdrawal !== null && (await publishedRounds(part, kind)).length > 1) kinds.add(kind)
  }
  return kinds
}

function aboutOf({ purpose, kind }: Question): string {
  return `${purpose.id}/${kind}`
}

async function check(node: NodeClient, asked: Asked): Promise<string> {
  const body = { ...asked, case: CASE }
  return (await node.send('POST', 'checks', [checkRequest, body], checkResponse)).answer
}

async function yesAndNo({ found }: Part, question: Question, ask: Ask): Promise<void> {
  const { purpose, kind, rule, yes, no } = question
  const about = aboutOf(question)
  for (const [name, value, expected] of [
    ['yes', yes, 'over'],
    ['no', no, 'not-over'],
  ] as const) {
    await found.attempt({ check: name, about }, async () => {
      const answer = await ask({ kind, rule, purpose: purpose.id, value })
      return answer === expected ? undefined : 'ANSWER_DIFFERS'
    })
  }
}

/** Alone it must be refused; two people get the answer. */
async function fourEyes(part: Part, question: Question): Promise<void> {
  const { node, found } = part
  const { purpose, kind, rule, yes: value } = question
  const about = aboutOf(question)
  await found.attempt({ check: 'four-eyes', about }, () =>
    mustRefuse(
      () => check(node, { kind, rule, purpose: purpose.id, value }),
      ['APPROVAL_REQUIRED'],
    ),
  )
  await yesAndNo(part, question, (asked) =>
    withAnalysts(part, 2, async (people) => {
      const [first, second] = people as [NodeClient, NodeClient]
      const body = { ...asked, case: CASE }
      const { id } = await first.send('POST', 'questions', [questionRequest, body], questionSchema)
      const decision = [questionDecision, { approve: true }] as const
      await second.send('POST', `questions/${id}/decision`, decision, questionSchema)
      const path = `questions/${id}/answer`
      const answered = await first.send('POST', path, [questionAsk, {}], questionAnswer)
      return 'answer' in answered ? answered.answer : 'none'
    }),
  )
}

/** Every purpose that this member may not ask for; where it may for all, one that is in no convenant. */
async function refused({ node, convenant, plan, self, found }: Part): Promise<void> {
  const closed = convenant.purposes.filter(({ askers }) => !askers.includes(self))
  const unknown = { id: 'no-such-purpose', rules: convenant.rules.map(({ id }) => id) }
  const unknownOf = (kind: string) => plan.kinds.find((entry) => entry.kind === kind)!.unknown
  for (const { id, rules } of closed.length > 0 ? closed : [unknown]) {
    const { kind } = convenant.rules.find((rule) => rules.includes(rule.id))!
    await found.attempt({ check: 'refused', about: id }, () =>
      mustRefuse(
        () => check(node, { kind, rule: rules[0]!, purpose: id, value: unknownOf(kind) }),
        [...['ASKER_NOT_ALLOWED', 'UNKNOWN_PURPOSE']],
      ),
    )
  }
}

async function mustRefuse(
  ask: () => Promise<unknown>,
  codes: readonly string[],
): Promise<string | undefined> {
  try {
    await ask()
    return 'NOT_REFUSED'
  } catch (error) {
    const code = refusalIn(error)
    if (code === undefined) throw error
    return codes.includes(code) ? undefined : code
  }
}

async function isRecalled(node: NodeClient, kind: IdentifierKind): Promise<boolean> {
  const { recalls: raised } = await node.get('recalls', recalls)
  return raised.some((recall) => recall.kind === kind)
}

/** A token that may not see recalls sees none. */
function notTold(error: unknown): false {
  reasonOf(error)
  return false
}

/** After the second round: an answer `over` that no longer holds is recalled at who got it. */
async function recalled(part: Part, questions: readonly Question[]): Promise<void> {
  const { node, plan, found } = part
  for (const { kind, withdrawal } of plan.kinds) {
    const asked = questions.some(
      ({ kind: of, yes, rule }) =>
        of === kind && yes === withdrawal?.value && rule === withdrawal.rule,
    )
    if (withdrawal === null || !asked) {
      // In a rehearsal that goes on it may have been asked before, and recalled.
      const before = withdrawal !== null && (await isRecalled(node, kind).catch(notTold))
      found.add({ check: 'recall', about: kind, state: before ? 'passed' : 'absent' })
      continue
    }
    await found.attempt({ check: 'recall', about: kind }, async () => {
      // Has the node look at its answers now, and not within the minute.
      await node.send('POST', 'rehearsal/step', [rehearsalStep, { step: 'withdrawn' }], rehearsal)
      return (await isRecalled(node, kind)) ? undefined : 'NOT_RECALLED'
    })
  }
}

/** What the FG would tell the data subject of an identifier that was asked about or is flagged. */
export async function askSubject(part: Part): Promise<void> {
  const { node, plan, self, found } = part
  for (const { kind, flagged } of plan.kinds) {
    const own = flagged.find(({ reports }) => reports.has(self))
    if (own === undefined) continue
    await found.attempt({ check: 'subject', about: kind }, async () => {
      const body = { kind, value: own.value, proof: CASE }
      const told = await node.send('POST', 'subjects/access', [accessRequest, body], subjectAccess)
      const close = [closeRequest, { outcome: 'withdrawn' as const, reason: CASE }] as const
      await node.send('POST', `subjects/${told.case.case}/closing`, close, subjectCase)
      return told.confidential || told.flag !== null ? undefined : 'NOT_FOUND'
    })
  }
}
