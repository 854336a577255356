import type { ReplayStore } from '../parts/replay.ts'
import type { Connection } from './connection.ts'

export function replayStore({ db, write }: Connection): ReplayStore {
  const remember = db.prepare(
    'INSERT INTO nonces (member, nonce, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const forget = db.prepare('DELETE FROM nonces WHERE expires_at < ?')

  return {
    remember: (member, nonce, expiresAt) =>
      write(() => remember.run(member, nonce, expiresAt).changes === 1),
    forgetBefore: (t) => write(() => forget.run(t).changes),
  }
}
