/** Four nodes, each a process with a durable store of its own, and a small list in force. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Federation, verifyLogs } from '@drempel/examples/federation/index'
import { utf8 } from '@drempel/protocol/encoding'
import { type LeafFields, parseEvent } from '@drempel/protocol/log'
import { ASKER, listOf, PARTNERS, QUORUM } from './workload.ts'

export async function openFederation(): Promise<Federation> {
  const directory = mkdtempSync(join(tmpdir(), 'drempel-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const rules = [{ kind: 'host', t: 2 }] as const
  const convenant = { id: 'bench', rules, quotaPerDay: 1_000_000_000 }
  const federation = await Federation.create({ partners: PARTNERS, directory, convenant })
  try {
    for (const [partner, { api }] of federation.nodes.entries()) {
      await api.importFlags('host', listOf(partner))
    }
    await federation.node(ASKER).api.generateKey('host')
    const { state } = await federation.runRound('host')
    if (state !== 'published') throw new Error(`the round ended as ${state}`)
    return federation
  } catch (error) {
    await federation.remove()
    throw error
  }
}

/**
 * Every log as an auditor checks it, and in it every check: at the asker its intent and its result,
 * and at as many holders as the quorum has its evaluation.
 * @returns entries in all logs
 * @throws Error, or ProtocolError as `verifyLog`, when something is missing or does not hold
 */
export async function assertLogged(
  federation: Federation,
  txids: readonly string[],
): Promise<number> {
  const seen = new Map<string, number>()
  let entries = 0
  for (const { id, api } of federation.nodes) {
    for (const { leaves } of await verifyLogs(api, federation.convenant, id)) {
      entries += leaves.length
      for (const leaf of leaves) count(seen, id, parseEvent(utf8(leaf)))
    }
  }
  for (const txid of txids) {
    const of = (type: string) => seen.get(`${type} ${txid}`) ?? 0
    const logged = [of('query.intent'), of('query.result'), of('oprf.evaluated')].join()
    if (logged !== `1,1,${QUORUM}`) throw new Error(`entries of a check: ${logged}`)
  }
  return entries
}

function count(seen: Map<string, number>, member: string, event: LeafFields): void {
  if (!('txid' in event) || event.txid === undefined) return
  if (event.type === 'query.result' && event.status !== 'answered') return
  if (event.type.startsWith('query.') && member !== ASKER) return
  const name = `${event.type} ${event.txid}`
  seen.set(name, (seen.get(name) ?? 0) + 1)
}
