import type { TokenRecord, TokenStore } from '../parts/tokens.ts'
import type { Connection } from './connection.ts'

type Row = Omit<TokenRecord, 'roles'> & { readonly roles: string }

const COLUMNS = 'id, hash, name, roles, created_at AS createdAt, revoked_at AS revokedAt'

export function tokenStore({ db, clock, write, read }: Connection): TokenStore {
  const create = db.prepare(
    'INSERT INTO tokens (id, hash, name, roles, created_at) VALUES (?, ?, ?, ?, ?)',
  )
  const get = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM tokens WHERE id = ?`)
  const list = db.prepare<[], Row>(`SELECT ${COLUMNS} FROM tokens ORDER BY number`)
  const revoke = db.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')

  return {
    create: ({ id, hash, name, roles }) =>
      write(() => void create.run(id, hash, name, JSON.stringify(roles), clock())),
    get: (id) =>
      read(() => {
        const row = get.get(id)
        return row === undefined ? null : record(row)
      }),
    list: () => read(() => list.all().map(record)),
    revoke: (id) => write(() => revoke.run(clock(), id).changes === 1),
  }
}

function record(row: Row): TokenRecord {
  return { ...row, roles: JSON.parse(row.roles) }
}
