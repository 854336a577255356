/** Four node processes with lists of hosts, a key, and a list in force. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Federation, type FederationOptions } from '@drempel/examples/federation/index'
import { ASKER, listOf, PARTNERS } from './workload.ts'

/**
 * @param option for the nodes' NODE_OPTIONS
 * @param fill what else the nodes get before the first round
 */
export async function openNodes(
  option: string,
  convenant: FederationOptions['convenant'],
  fill: (federation: Federation) => Promise<void> = async () => {},
): Promise<Federation> {
  const directory = mkdtempSync(join(tmpdir(), 'drempel-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const agreed = { id: 'bench', quotaPerDay: 1_000_000_000, ...convenant }
  const options = { partners: PARTNERS, directory, convenant: agreed }
  const federation = await withOption(option, () => Federation.create(options))
  try {
    for (const [partner, { api }] of federation.nodes.entries()) {
      await api.importFlags('host', listOf(partner))
    }
    await fill(federation)
    await federation.node(ASKER).api.generateKey('host')
    const { state } = await federation.runRound('host')
    if (state !== 'published') throw new Error(`the round ended as ${state}`)
    return federation
  } catch (error) {
    await federation.remove()
    throw error
  }
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
