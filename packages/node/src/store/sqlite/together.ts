/**
 * Pages of flags read in sets: SQLite gives the blobs of all rows as one, and a list of the places in
 * it. A value of its own for each column of each row, with a buffer that is tracked, takes several times
 * as long as the reading.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import type { ActiveFlag } from '../parts/flags.ts'
import { blob, type Connection } from './connection.ts'

const INDEX = 32
/** A place is a row's id times this, plus the length of what is sealed. */
const LONGEST = 2 ** 16

type Together = { readonly bytes: Bytes | null; readonly places: string; readonly lastId: number }

type Page = {
  readonly rows: readonly ActiveFlag[]
  /** Of the last row that was looked at, taken or not; null where there was none. */
  readonly lastId: number | null
}

/**
 * @param rows a query that gives `id`, `blind`, `sealed` and `taken`, in order of id
 * @returns the rows that were taken; their bytes are views of one array
 */
export function pageQuery(
  db: Connection['db'],
  rows: string,
): (parameters: Readonly<Record<string, string | number>>) => Page {
  // A blob that becomes text and a blob again keeps its bytes, zeros too, as none is converted.
  const query = db.prepare<unknown[], Together>(
    `SELECT CAST(group_concat(blind || sealed, '') FILTER (WHERE taken) AS BLOB) AS bytes,
       json_group_array(id * ${LONGEST} + length(sealed)) FILTER (WHERE taken) AS places,
       max(id) AS lastId
     FROM (${rows})`,
  )
  return (parameters) => {
    const { bytes, places, lastId } = query.get(parameters)!
    return { rows: bytes === null ? [] : parted(blob(bytes), JSON.parse(places)), lastId }
  }
}

function parted(bytes: Bytes, places: readonly number[]): ActiveFlag[] {
  let at = 0
  return places.map((place) => {
    const from = at + INDEX
    const to = from + (place % LONGEST)
    const index = bytes.subarray(at, from)
    at = to
    return { id: Math.floor(place / LONGEST), index, sealed: bytes.subarray(from, to) }
  })
}
