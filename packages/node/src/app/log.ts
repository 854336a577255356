/** The node's own log lines: JSON on stderr, from an allow-list of fields; never a raw error. */

import { pino } from 'pino'
import type { Log } from '../sessions/index.ts'

/** What a line may carry; anything else is dropped, whoever passes it. */
const ALLOWED = new Set([
  'round',
  'kind',
  'epoch',
  'period',
  'absent',
  'holder',
  'code',
  'reason',
  'culprit',
  'step',
  'reference',
  'url',
  'software',
])

export function createLog(member: string, destination: { write(line: string): void }): Log {
  const logger = pino({ base: { member }, messageKey: 'event' }, destination)
  return (level, event, fields = {}) => {
    const allowed = Object.entries(fields).filter(([name]) => ALLOWED.has(name))
    logger[level](Object.fromEntries(allowed), event)
  }
}
