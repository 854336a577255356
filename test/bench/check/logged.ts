/** That all checks of a run stand in the logs. */

import { type Federation, verifyLogs } from '@drempel/examples/federation/index'
import { utf8 } from '@drempel/protocol/encoding'
import { type LeafFields, parseEvent } from '@drempel/protocol/log'
import { ASKER, QUORUM } from './workload.ts'

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
