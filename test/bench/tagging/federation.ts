/** Four node processes, one of which has a long list that no round has tagged yet, and a list in force. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Federation } from '@drempel/examples/federation/index'
import { ASKER, listOf, PARTNERS } from '../check/workload.ts'
import { MONITOR } from './load.ts'

/** Of every partner but the asker; all are on the asker's list too. */
export const SHARED = 20

/** @param count flags of the asker, 15-digit device numbers */
export async function openFederation(
  count: number,
  onImported: (flags: number) => void,
): Promise<Federation> {
  const directory = mkdtempSync(join(tmpdir(), 'drempel-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const federation = await withOption(MONITOR, () =>
    Federation.create({
      partners: PARTNERS,
      directory,
      convenant: {
        id: 'bench',
        kinds: ['host', 'device'],
        rules: [
          { kind: 'host', t: 2 },
          { kind: 'device', t: 2 },
        ],
        listCap: Math.max(1_000, count),
        quotaPerDay: 1_000_000_000,
      },
    }),
  )
  try {
    for (const [partner, { id, api }] of federation.nodes.entries()) {
      await api.importFlags('host', listOf(partner))
      const devices = devicesOf(id === ASKER ? count : SHARED)
      await api.importFlags('device', devices, { onProgress: onImported })
    }
    const { api } = federation.node(ASKER)
    await api.generateKey('host')
    await api.generateKey('device')
    const { state } = await federation.runRound('host')
    if (state !== 'published') throw new Error(`the round ended as ${state}`)
    return federation
  } catch (error) {
    await federation.remove()
    throw error
  }
}

/** Software version numbers (IMEISV) carry no check digit: any 16 digits name a device. */
function devicesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${35_000_000_000_000 + i}01`)
}

/** The nodes take over this process's environment. */
async function withOption<T>(option: string, work: () => Promise<T>): Promise<T> {
  const { NODE_OPTIONS } = process.env
  process.env.NODE_OPTIONS = [NODE_OPTIONS, option].filter(Boolean).join(' ')
  try {
    return await work()
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = NODE_OPTIONS
  }
}
