/** The node's own log lines: JSON on stderr, from an allow-list of fields; never a raw error. */

import { pino } from 'pino'
import type { Log, LogFields } from '../sessions/index.ts'

/** What a line may carry; anything else is dropped, whoever passes it. */
const ALLOWED: Readonly<Record<keyof LogFields, true>> = {
  ...{ round: true, kind: true, epoch: true, period: true, purpose: true, protocol: true },
  ...{ txid: true, absent: true, holder: true, culprit: true, peer: true, code: true },
  ...{ reason: true, step: true, reference: true, url: true, software: true },
}

export function createLog(member: string, destination: { write(line: string): void }): Log {
  const logger = pino({ base: { member }, messageKey: 'event' }, destination)
  return (level, event, fields = {}) => {
    const allowed = Object.entries(fields).filter(([name]) => Object.hasOwn(ALLOWED, name))
    logger[level](Object.fromEntries(allowed), event)
  }
}
