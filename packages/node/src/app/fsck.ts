/** The logs of a node that does not run, checked row by row; nothing is changed. */

import { type Checked, checkLogs } from '../audit/index.ts'
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
    return await checkLogs(store.log, { vault, signer: home.signer }, home, progress)
  } finally {
    await store.close()
  }
}
