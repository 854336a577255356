import type { Bytes } from '@drempel/protocol/encoding'
import type { Proposal, ProposalStore } from '../parts/proposals.ts'
import { blob, type Connection } from './connection.ts'

type Row = Omit<Proposal, 'decision'> & {
  readonly decidedBy: string | null
  readonly approved: number | null
  readonly decidedAt: number | null
  readonly decisionSealed: Bytes | null
}

const COLUMNS = `id, act, subject, sealed, proposer, created_at AS createdAt,
  expires_at AS expiresAt, decided_by AS decidedBy, approved, decided_at AS decidedAt,
  decision_sealed AS decisionSealed, begun_at AS begunAt, ended_at AS endedAt`

export function proposalStore({ db, clock, write, read, scrub }: Connection): ProposalStore {
  const create = db.prepare<[string, string, string, Bytes, string, number, number]>(
    `INSERT INTO proposals (id, act, subject, sealed, proposer, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const get = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM proposals WHERE id = ?`)
  const list = db.prepare<[number], Row>(
    `SELECT ${COLUMNS} FROM proposals ORDER BY number DESC LIMIT ?`,
  )
  const decide = db.prepare<[string, number, number, Bytes, string]>(
    `UPDATE proposals SET decided_by = ?, approved = ?, decided_at = ?, decision_sealed = ?
     WHERE id = ? AND decided_by IS NULL`,
  )
  const begin = db.prepare<[number, string]>(
    'UPDATE proposals SET begun_at = ? WHERE id = ? AND approved = 1 AND begun_at IS NULL',
  )
  const end = db.prepare<[number, string]>(
    `UPDATE proposals SET ended_at = ?
     WHERE id = ? AND begun_at IS NOT NULL AND ended_at IS NULL`,
  )
  const unfinished = db.prepare<[], Row>(
    `SELECT ${COLUMNS} FROM proposals
     WHERE begun_at IS NOT NULL AND ended_at IS NULL ORDER BY number`,
  )
  const reseal = db.prepare<[Bytes, string]>('UPDATE proposals SET sealed = ? WHERE id = ?')
  const expired = db.prepare<[string, number, number], Row>(
    `SELECT ${COLUMNS} FROM proposals
     WHERE act = ? AND expires_at > ? AND expires_at <= ? ORDER BY number`,
  )
  const forget = db.prepare<[number]>(
    `DELETE FROM proposals
     WHERE expires_at < ? AND (begun_at IS NULL OR ended_at IS NOT NULL)`,
  )

  return {
    create: ({ id, act, subject, sealed, proposer, expiresAt }) =>
      write(() => void create.run(id, act, subject, sealed, proposer, clock(), expiresAt)),
    get: (id) =>
      read(() => {
        const row = get.get(id)
        return row === undefined ? null : proposal(row)
      }),
    list: (limit) => read(() => list.all(limit).map(proposal)),
    decide: (id, by, approved, sealed) =>
      write(() => decide.run(by, approved ? 1 : 0, clock(), sealed, id).changes === 1),
    begin: (id) => write(() => begin.run(clock(), id).changes === 1),
    end: (id) => write(() => end.run(clock(), id).changes === 1),
    unfinished: () => read(() => unfinished.all().map(proposal)),
    reseal: async (id, sealed) => {
      await write(() => void reseal.run(sealed, id))
      scrub()
    },
    expired: (act, { after, until }) => read(() => expired.all(act, after, until).map(proposal)),
    forgetBefore: (t) => write(() => forget.run(t).changes),
  }
}

function proposal({ decidedBy, approved, decidedAt, decisionSealed, ...row }: Row): Proposal {
  const decision =
    decidedBy === null
      ? null
      : {
          by: decidedBy,
          approved: approved === 1,
          at: decidedAt!,
          sealed: blob(decisionSealed!),
        }
  return { ...row, sealed: blob(row.sealed), decision }
}
