/** The nodes of suite `check`, one of which has a long list of devices that no round has tagged yet. */

import type { Federation } from '@drempel/examples/federation/index'
import { openNodes } from '../check/federation.ts'
import { ASKER } from '../check/workload.ts'
import { MONITOR } from './load.ts'

/** Of every partner but the asker; all are on the asker's list too. */
export const SHARED = 20

export type LongList = {
  readonly federation: Federation
  /** That the asker's list took to import. */
  readonly importSeconds: number
}

/** @param count flags of the asker, 16-digit device numbers */
export async function openFederation(
  count: number,
  onImported: (flags: number) => void,
): Promise<LongList> {
  let importSeconds = 0
  const convenant = {
    kinds: ['host', 'device'],
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'device', t: 2 },
    ],
    listCap: Math.max(1_000, count),
  } as const
  const federation = await openNodes(MONITOR, convenant, async (federation) => {
    for (const { id, api } of federation.nodes) {
      const devices = devicesOf(id === ASKER ? count : SHARED)
      const begin = performance.now()
      await api.importFlags('device', devices, { onProgress: onImported })
      if (id === ASKER) importSeconds = (performance.now() - begin) / 1000
    }
    await federation.node(ASKER).api.generateKey('device')
  })
  return { federation, importSeconds }
}

/** Software version numbers (IMEISV) carry no check digit: any 16 digits name a device. */
function devicesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${35_000_000_000_000 + i}01`)
}
