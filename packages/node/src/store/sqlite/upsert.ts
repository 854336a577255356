/**
 * Import of flags, in sets: rows that are alike but for their identifiers go to SQLite as one blob and
 * a list of places in it. Binding the values of each row and looking each up by a call of its own
 * takes more than twice as long as SQLite's own work.
 */

import { type Bytes, concatAll } from '@drempel/protocol/encoding'
import { fail } from '../errors.ts'
import type { FlagRow, FlagStore } from '../parts/flags.ts'
import type { Connection } from './connection.ts'

type Fate = 'unchanged' | 'updated' | 'blocked'
/** Of a flag that was erased only its ban is left: then there is no id. */
type Known = { readonly position: number; readonly id: number | null; readonly fate: Fate }

const INDEX = 32
/** A place is where a row begins, times this, plus the length of its sealed identifier. */
const LONGEST = 2 ** 16
const BEGIN = `1 + value / ${LONGEST}`

export function flagUpsert({ db, clock, write }: Connection): FlagStore['upsert'] {
  // The batch leads: CROSS JOIN keeps SQLite from going through the table.
  const find = db.prepare<unknown[], Known>(
    `SELECT key AS position, f.id, CASE
       WHEN state = 'bezwaar' OR (state = 'withdrawn' AND withdrawn_at >= @blockedSince)
         THEN 'blocked'
       WHEN state = 'active' AND taxonomy = @taxonomy AND evidence = @evidence
         AND reports = @reports AND expires IS @expires AND since = coalesce(@since, since)
         THEN 'unchanged'
       ELSE 'updated' END AS fate
     FROM json_each(@places)
     CROSS JOIN flags f ON kind = @kind AND blind = substr(@bytes, ${BEGIN}, ${INDEX})
     UNION ALL SELECT key, NULL, 'blocked' FROM json_each(@places)
     CROSS JOIN erased_flags ON kind = @kind AND blind = substr(@bytes, ${BEGIN}, ${INDEX})`,
  )
  const insert = db.prepare(
    `INSERT INTO flags (kind, blind, sealed, taxonomy, evidence, reports, since, expires, state,
       import_id, created_at)
     SELECT @kind, substr(@bytes, ${BEGIN}, ${INDEX}),
       substr(@bytes, ${BEGIN} + ${INDEX}, value % ${LONGEST}),
       @taxonomy, @evidence, @reports, coalesce(@since, @now), @expires, 'active', @importId, @now
     FROM json_each(@places)`,
  )
  const update = db.prepare(
    `UPDATE flags SET taxonomy = @taxonomy, evidence = @evidence, reports = @reports,
       since = coalesce(@since, since), expires = @expires, import_id = @importId,
       created_at = CASE WHEN state = 'withdrawn' OR expires <= @now THEN @now ELSE created_at END,
       state = 'active', withdrawn_at = NULL, withdrawn_reason = NULL
     WHERE id IN (SELECT value FROM json_each(@ids))`,
  )
  const touch = db.prepare(
    'UPDATE flags SET import_id = @importId WHERE id IN (SELECT value FROM json_each(@ids))',
  )

  return (kind, rows, importId, { blockedSince = Number.POSITIVE_INFINITY } = {}) =>
    write(() => {
      const counts = { added: 0, updated: 0, unchanged: 0, blocked: 0 }
      for (const alike of groups(lastOfEach(rows))) {
        const { taxonomy, evidence, reports, since, expires } = alike[0]!
        const about = { kind, importId, taxonomy, evidence, reports, since, expires }
        const known = find.all({ ...about, ...packed(alike), blockedSince })
        const changed: number[] = []
        const rest: number[] = []
        for (const { id, fate } of known) {
          counts[fate]++
          if (id !== null) (fate === 'updated' ? changed : rest).push(id)
        }
        if (changed.length > 0) update.run({ ...about, now: clock(), ids: JSON.stringify(changed) })
        if (rest.length > 0) touch.run({ importId, ids: JSON.stringify(rest) })
        if (known.length === alike.length) continue
        const there = new Set(known.map(({ position }) => position))
        const fresh = alike.filter((_, position) => !there.has(position))
        counts.added += insert.run({ ...about, ...packed(fresh), now: clock() }).changes
      }
      return counts
    })
}

/** Else the counts would depend on how often a file repeats a line. */
function lastOfEach(rows: readonly FlagRow[]): Iterable<FlagRow> {
  const name = ({ buffer, byteOffset, length }: Bytes) =>
    Buffer.from(buffer, byteOffset, length).toString('latin1')
  return new Map(rows.map((row) => [name(row.index), row])).values()
}

function groups(rows: Iterable<FlagRow>): Iterable<readonly FlagRow[]> {
  const groups = new Map<string, FlagRow[]>()
  for (const row of rows) {
    const { taxonomy, evidence, reports, since, expires } = row
    const name = `${taxonomy} ${evidence} ${reports} ${since} ${expires}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [row])
    else group.push(row)
  }
  return groups.values()
}

function packed(rows: readonly FlagRow[]): { readonly bytes: Bytes; readonly places: string } {
  const parts: Bytes[] = []
  const places: number[] = []
  let at = 0
  for (const { index, sealed } of rows) {
    if (index.length !== INDEX || sealed.length >= LONGEST) fail('STORE_CONFLICT', { at: 'flags' })
    places.push(at * LONGEST + sealed.length)
    parts.push(index, sealed)
    at += INDEX + sealed.length
  }
  return { bytes: concatAll(parts), places: JSON.stringify(places) }
}
