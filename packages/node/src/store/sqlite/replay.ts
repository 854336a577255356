import type { ReplayStore } from '../parts/replay.ts'
import { createHeld, granted, refused } from './claims.ts'
import type { Connection } from './connection.ts'

export function replayStore(connection: Connection): ReplayStore {
  const { db, read, write } = connection
  const find = db.prepare('SELECT 1 FROM nonces WHERE member = ? AND nonce = ?')
  const insert = db.prepare('INSERT INTO nonces (member, nonce, expires_at) VALUES (?, ?, ?)')
  const forget = db.prepare('DELETE FROM nonces WHERE expires_at < ?')
  const held = createHeld()

  return {
    claim: (member, nonce, expiresAt) =>
      read(() => {
        const name = `${member} ${nonce}`
        if (held.of(name) > 0 || find.get(member, nonce) !== undefined) return refused(false)
        return granted(connection, true, held.hold(name, 1), () => {
          insert.run(member, nonce, expiresAt)
        })
      }),
    forgetBefore: (t) => write(() => forget.run(t).changes),
  }
}
