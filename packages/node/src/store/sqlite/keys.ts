import { type Bytes, fromUtf8, jcs } from '@drempel/protocol/encoding'
import type { EpochState, Generation, KeyEpoch, KeyStore } from '../parts/keys.ts'
import { blob, type Connection } from './connection.ts'

type Row = {
  kind: string
  epoch: string
  state: EpochState
  transcript: Bytes
  sealedShare: Bytes | null
  signatures: string
  createdAt: number
}

const COLUMNS = `kind, epoch, state, transcript, sealed_share AS sealedShare, signatures,
  created_at AS createdAt`

export function keyStore({ db, clock, write, read, scrub }: Connection): KeyStore {
  const put = db.prepare(
    `INSERT INTO key_epochs (kind, epoch, state, transcript, sealed_share, signatures, created_at)
     VALUES (@kind, @epoch, @state, @transcript, @sealedShare, @signatures, @now)
     ON CONFLICT (kind, epoch) DO UPDATE SET state = excluded.state, transcript = excluded.transcript,
       sealed_share = excluded.sealed_share, signatures = excluded.signatures`,
  )
  const get = db.prepare<[string, string], Row>(
    `SELECT ${COLUMNS} FROM key_epochs WHERE kind = ? AND epoch = ?`,
  )
  const current = db.prepare<[string], Row>(
    `SELECT ${COLUMNS} FROM key_epochs WHERE kind = ? AND state = 'active' ORDER BY id DESC LIMIT 1`,
  )
  const list = db.prepare<unknown[], Row>(
    `SELECT ${COLUMNS} FROM key_epochs WHERE @kind IS NULL OR kind = @kind ORDER BY id DESC`,
  )
  const setState = db.prepare(
    `UPDATE key_epochs SET state = ? WHERE kind = ? AND epoch = ? AND state <> 'dropped'`,
  )
  const drop = db.prepare(
    `UPDATE key_epochs SET state = 'dropped', sealed_share = NULL WHERE kind = ? AND epoch = ?`,
  )
  const dropTags = db.prepare('DELETE FROM tags WHERE kind = ? AND epoch = ?')
  const save = db.prepare(
    `INSERT INTO generations (kind, epoch, data, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at`,
  )
  const generations = db.prepare<unknown[], Generation>(
    `SELECT kind, epoch, data, updated_at AS updatedAt FROM generations
     WHERE @kind IS NULL OR (kind = @kind AND epoch = @epoch) ORDER BY updated_at, kind, epoch`,
  )
  const end = db.prepare('DELETE FROM generations WHERE kind = ? AND epoch = ?')

  // Every evaluation reads its key. Whatever changes a row runs inside `change`.
  const known = new Map<string, KeyEpoch>()
  const change = <T>(work: () => T) =>
    write(() => {
      known.clear()
      return work()
    })

  return {
    put: async ({ kind, epoch, state, transcript, sealedShare, signatures }) => {
      const text = fromUtf8(jcs(signatures))
      await change(() => {
        put.run({ kind, epoch, state, transcript, sealedShare, signatures: text, now: clock() })
        end.run(kind, epoch)
      })
      scrub()
    },
    get: (kind, epoch) =>
      read(() => {
        const name = `${kind} ${epoch}`
        const before = known.get(name)
        if (before !== undefined) return before
        const row = record(get.get(kind, epoch))
        if (row !== null) known.set(name, row)
        return row
      }),
    current: (kind) => read(() => record(current.get(kind))),
    list: (kind) => read(() => list.all({ kind: kind ?? null }).map((row) => record(row)!)),
    setState: (kind, epoch, state) => change(() => setState.run(state, kind, epoch).changes === 1),
    drop: async (kind, epoch) => {
      const dropped = await change(() => {
        dropTags.run(kind, epoch)
        return drop.run(kind, epoch).changes === 1
      })
      scrub()
      return dropped
    },
    saveGeneration: (kind, epoch, data) => write(() => void save.run(kind, epoch, data, clock())),
    generation: (kind, epoch) =>
      read(() => generations.all({ kind, epoch }).map(generation)[0] ?? null),
    generations: () => read(() => generations.all({ kind: null, epoch: null }).map(generation)),
    endGeneration: async (kind, epoch) => {
      await write(() => void end.run(kind, epoch))
      scrub()
    },
  }
}

function generation(row: Generation): Generation {
  return { ...row, data: blob(row.data) }
}

function record(row: Row | undefined): KeyEpoch | null {
  if (row === undefined) return null
  return {
    ...row,
    transcript: blob(row.transcript),
    sealedShare: row.sealedShare === null ? null : blob(row.sealedShare),
    signatures: JSON.parse(row.signatures),
  }
}
