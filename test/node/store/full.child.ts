/** Imports flags until the operating system refuses to let the files grow; then says so and what is there. */

import { openSqliteStore } from '@drempel/node/internal/store'
import { isProtocolError, utf8 } from '@drempel/protocol/encoding'

const store = await openSqliteStore({ path: process.argv[2]!, clock: Date.now })
for (let chunk = 0; ; chunk++) {
  const rows = Array.from({ length: 500 }, (_, i) => {
    const index = new Uint8Array(32)
    index.set(utf8(`${chunk}/${i}`))
    return {
      ...{ index, sealed: new Uint8Array(100), taxonomy: 'x', evidence: 'y', reports: 1 },
      ...{ since: 0, expires: null },
    }
  })
  try {
    await store.flags.upsert('host', rows, String(chunk))
  } catch (error) {
    if (!isProtocolError(error)) throw error
    const active = await store.flags.countActive('host', 0)
    console.log(
      JSON.stringify({ code: error.code, at: error.at, acknowledged: 500 * chunk, active }),
    )
    break
  }
}
await store.close().catch(() => undefined)
