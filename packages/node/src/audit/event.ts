/** What a session says about an event; the audit adds version, time, period, software, convenant and commitment. */

import type { LeafFields } from '@drempel/protocol/log'

export type AuditEvent = Omit<
  LeafFields,
  'v' | 'time' | 'period' | 'software' | 'convenant' | 'commit'
>
