/** A complete event to change in tests. */

import { hex, sha256, utf8 } from '@drempel/protocol/encoding'
import type { EventOf } from '@drempel/protocol/log'

export const digestOf = (text: string) => hex(sha256(utf8(text)))

export const intent: EventOf<'query.intent'> = {
  v: 1,
  type: 'query.intent',
  time: '2026-10-07T14:05Z',
  software: 'drempel/0.1.0',
  retentionClass: 'query',
  period: '2026Q4',
  txid: '00112233445566778899aabbccddeeff',
  role: 'asker',
  parties: ['bank-b', 'platform-d', 'telecom-c'],
  convenant: { version: 3, digest: digestOf('convenant') },
  purpose: 'account-opening',
  kind: 'iban',
  rule: 'two-partners',
  protocol: 'check',
  sizeBucket: 16,
  batch: digestOf('batch'),
  quotaClass: 'standard',
  approvalCommit: digestOf('approval'),
  commit: digestOf('record'),
}
