/**
 * Leaves in the forms that other systems read: a CSV file, and logregels of the Dutch government's
 * standard Logboek Dataverwerkingen (Logius), as far as a leaf has their fields. That standard's
 * `dpl.core.data_subject_id` stays away: no leaf names a data subject, not even encrypted.
 */

import { hex } from '@drempel/protocol/encoding'
import { timeOf } from '@drempel/protocol/log'
import { csvLine } from '../client/csv.ts'
import { type Entry, fieldsOf, type VerifiedLog } from './entry.ts'
import type { OfRehearsal } from './rehearsed.ts'

const COLUMNS = [
  ...['log', 'index', 'time', 'type', 'role', 'parties', 'purpose', 'kind', 'rule', 'protocol'],
  ...['sizeBucket', 'status', 'reason', 'txid', 'round', 'epoch', 'convenantVersion', 'leafHash'],
  'rehearsal',
] as const

/** One row an entry; `rehearsal` is empty where it is not known. */
export function csvOf(logs: readonly VerifiedLog[], ofRehearsal: OfRehearsal): string {
  const rows = logs.flatMap(({ origin, entries }) =>
    entries.map((entry) => row(origin, entry, ofRehearsal(entry.event))),
  )
  return [COLUMNS, ...rows].map(csvLine).join('')
}

/** Tables of several nodes under one header. */
export function joinTables(tables: readonly string[]): string {
  return tables.map((table, i) => (i === 0 ? table : table.slice(table.indexOf('\n') + 1))).join('')
}

function row(
  origin: string,
  { index, event, hash }: Entry,
  rehearsal: boolean | null,
): (string | number)[] {
  const fields = fieldsOf(event)
  const values: Readonly<Record<(typeof COLUMNS)[number], string | number | undefined>> = {
    log: origin,
    index,
    time: event.time,
    type: event.type,
    role: 'role' in event ? event.role : undefined,
    parties: fields.parties?.join(' '),
    purpose: fields.purpose,
    kind: fields.kind,
    rule: fields.rule ?? fields.rules?.join(' '),
    protocol: fields.protocol,
    sizeBucket: fields.sizeBucket,
    status: fields.status,
    reason: fields.reason,
    txid: fields.txid,
    round: fields.round,
    epoch: fields.epoch,
    convenantVersion: fields.convenant?.version,
    leafHash: hex(hash),
    rehearsal: rehearsal === null ? undefined : rehearsal ? 'yes' : 'no',
  }
  return COLUMNS.map((column) => values[column] ?? '')
}

/** What a node asks and what it evaluates for others are its acts on personal data. */
const PROCESSING = new Set([
  ...['query.result', 'query.refused', 'oprf.evaluated', 'oprf.refused', 'round.committed'],
  ...['list.accepted', 'psi.result', 'psi.refused', 'record.opened', 'correction', 'shred'],
  ...['subject.opened', 'bezwaar', 'records.ended'],
])

/**
 * Logregels, one JSON object a line. A query's trace is its txid, which is the same at every node; an
 * event without one has its own leaf as trace. Begin and end lie in the minute that the leaf names.
 */
export function logregelsOf(logs: readonly VerifiedLog[]): string {
  return logs
    .flatMap(({ origin, entries }) =>
      entries
        .filter(({ event }) => PROCESSING.has(event.type))
        .map((entry) => `${JSON.stringify(logregel(origin, entry))}\n`),
    )
    .join('')
}

function logregel(origin: string, { index, event, hash }: Entry) {
  const { txid, status, purpose, kind, convenant } = fieldsOf(event)
  const leaf = hex(hash)
  const time = new Date(timeOf(event.time)).toISOString()
  const [, agreement, member] = origin.split('/')
  return {
    trace_id: txid ?? leaf.slice(0, 32),
    span_id: leaf.slice(32, 48),
    // A refusal by the rules is a decision and no fault of the system.
    status: status === 'failed' ? 'Error' : 'Unset',
    name: event.type,
    start_time: time,
    end_time: time,
    resource: { attributes: { 'service.name': member, 'service.version': event.software } },
    attributes: {
      'dpl.core.processing_activity_id': `urn:drempel:${agreement}:${
        convenant === undefined ? '' : `v${convenant.version}:`
      }${purpose ?? kind ?? event.type}`,
      'drempel.log': origin,
      'drempel.index': index,
    },
  }
}
