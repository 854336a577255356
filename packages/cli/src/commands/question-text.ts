/** A question that waits for a second person, in words. */

import type { QuestionView } from '@drempel/protocol/api'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'

export const STATES = {
  waiting: { nl: 'wacht', en: 'waits' },
  approved: { nl: 'goedgekeurd', en: 'approved' },
  denied: { nl: 'afgewezen', en: 'denied' },
  expired: { nl: 'verlopen', en: 'expired' },
  used: { nl: 'gesteld', en: 'asked' },
} as const

/** What was put, and what comes next. */
export function questionView(ctx: Context, one: QuestionView): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const facts = pairs([
    ['id', one.id],
    [label('toestand', 'state'), ctx.say(STATES[one.state])],
    [label('vraag', 'question'), `${one.kind} ${one.value ?? `(${one.count})`}`],
    [label('doel', 'purpose'), one.purpose],
    [label('regel', 'rule'), one.rule],
    [label('zaak', 'case'), one.case],
    [label('door', 'by'), one.proposer.name],
    [label('besluit van', 'decided by'), one.decider?.name],
    [label('tot', 'until'), one.expiresAt],
  ])
  const many = one.protocol === 'screen'
  const next = {
    waiting: label(
      `-> wat erin staat: drempel question show ${one.id}\n-> nu beslist een ander: drempel question approve ${one.id}`,
      `-> what is in it: drempel question show ${one.id}\n-> now somebody else decides: drempel question approve ${one.id}`,
    ),
    approved: label(
      `-> wie haar voorstelde, stelt haar: drempel question ask ${one.id}${many ? ' -o antwoorden.csv' : ''}`,
      `-> who put it asks it: drempel question ask ${one.id}${many ? ' -o answers.csv' : ''}`,
    ),
  }
  const step = one.state === 'waiting' || one.state === 'approved' ? `\n${next[one.state]}` : ''
  return `${facts}${step}`
}
