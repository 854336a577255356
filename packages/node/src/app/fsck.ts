/** The logs of a node that does not run, checked row by row; nothing is changed. */

import { type Checked, checkLogs, lostLogs } from '../audit/index.ts'
import { openHome } from '../config/index.ts'
import { checkMasterKey, createVault, openSqliteStore } from '../store/index.ts'

/** @throws ProtocolError of config and store; `STORE_BUSY` while the node runs */
export async function fsck(
  folder: string,
  progress: (done: number) => void = () => {},
): Promise<Checked[]> {
  const home = await openHome(folder)
  const store = await openSqliteStore({ path: home.paths.store, clock: Date.now })
  try {
    const vault = createVault(home.masterKey)
    await checkMasterKey(store, vault)
    const checked = await checkLogs(store.log, { vault, signer: home.signer }, home, progress)
    return withLost(checked, await lostLogs(store.log, home.knownLogs))
  } finally {
    await store.close()
  }
}

/** What is gone altogether has a place in the list too, after those that are there. */
function withLost(checked: readonly Checked[], lost: readonly string[]): Checked[] {
  const gone = lost.filter((origin) => checked.every((log) => log.origin !== origin))
  const empty = { entries: 0, records: 0, erased: 0, damage: [] }
  return [...checked, ...gone.map((origin) => ({ origin, ...empty }))].map((log) =>
    lost.includes(log.origin)
      ? { ...log, damage: [{ what: 'LOST', index: null }, ...log.damage] }
      : log,
  )
}
