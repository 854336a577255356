/** What the log of a rehearsal must show: that it verifies, says what it was, and is witnessed. */

import { origins as originsSchema, rehearsalView, witnessing } from '@drempel/protocol/api'
import { memberOf } from '@drempel/protocol/convenant'
import { fromBase64url } from '@drempel/protocol/encoding'
import {
  encodeTilePath,
  openCheckpoint,
  parseEvent,
  verifierKey,
  verifyLog,
} from '@drempel/protocol/log'
import type { Entry, VerifiedLog } from '../../audit/entry.ts'
import { pause } from './patience.ts'
import { checkRegister } from './register.ts'
import type { Part } from './run.ts'

/** Nodes bring their logs every five seconds. */
const COSIGN_MS = 20_000

export async function readLog(part: Part): Promise<void> {
  const { found, tell } = part
  tell({ nl: 'logboek verifiëren', en: 'verifying the log' })
  const reading = verified(part)
  await found.attempt({ check: 'log' }, async () => namesRehearsal(part, await reading))
  await checkRegister(part, reading)
  await witnesses(part)
}

/** Every entry and every hash, under the key in the convenant. */
async function verified({ node, convenant, self: member }: Part): Promise<VerifiedLog[]> {
  const { origins } = await node.get('log', originsSchema)
  const { signingKey } = memberOf(convenant, member)!
  const logs: VerifiedLog[] = []
  for (const { origin } of origins) {
    const note = await node.text(`log/${origin}/checkpoint`)
    const checkpoint = openCheckpoint(note, verifierKey(origin, fromBase64url(signingKey)))
    const fetch = (tile: Parameters<typeof encodeTilePath>[0]) =>
      node.bytes(`log/${origin}/${encodeTilePath(tile)}`)
    const entries: Entry[] = []
    await verifyLog(
      checkpoint,
      fetch,
      (index, leaf, hash) => void entries.push({ index, event: parseEvent(leaf), hash }),
    )
    logs.push({ origin, member, checkpoint: note, size: checkpoint.size, entries })
  }
  return logs
}

/** Every entry from the begin of the rehearsal on names it. */
function namesRehearsal({ plan }: Part, logs: readonly VerifiedLog[]): string | undefined {
  let begun = false
  let entries = 0
  for (const { event } of logs.flatMap((log) => log.entries)) {
    const digest = 'convenant' in event ? event.convenant?.digest : undefined
    if (event.type === 'convenant.changed') begun = digest === plan.digest
    if (begun && digest === plan.digest) entries++
    else if (begun && digest !== undefined) return 'NOT_IN_LOG'
  }
  return entries > 0 ? undefined : 'NOT_IN_LOG'
}

async function witnesses({ node, found, setting, tell }: Part): Promise<void> {
  const { quorum, logs } = await node
    .get('witnessing', witnessing)
    .catch(() => ({ quorum: null, logs: [] }))
  if (quorum === 0) return found.add({ check: 'witness', state: 'absent' })
  tell({ nl: 'wacht op de getuigen', en: 'waiting for the witnesses' })
  await found.attempt({ check: 'witness' }, async () => {
    const until = setting.clock() + COSIGN_MS
    // As far as it is now: others' questions may make it grow for as long as this looks.
    const size = logs.at(-1)?.size
    for (;;) {
      const { logs: now } = await node.get('witnessing', witnessing)
      const last = now.at(-1)
      if (last?.cosigned && last.cosigned.size >= (size ?? last.size)) return undefined
      if (setting.clock() >= until) return 'NOT_WITNESSED'
      await pause(setting)
    }
  })
  for (const { witness, code } of (await node.get('rehearsal', rehearsalView)).witnesses) {
    found.add(
      code === null
        ? { check: 'witness', about: witness, state: 'passed' }
        : { check: 'witness', about: witness, state: 'failed', code },
    )
  }
}
