/** What the log of a rehearsal must show: that it verifies, says what it was, and is witnessed. */

import { origins as originsSchema, rehearsalView, witnessing } from '@drempel/protocol/api'
import { memberOf } from '@drempel/protocol/convenant'
import { fromBase64url, sha256 } from '@drempel/protocol/encoding'
import {
  encodeTilePath,
  openCheckpoint,
  parseEvent,
  verifierKey,
  verifyLog,
} from '@drempel/protocol/log'
import { type Part, pause } from './run.ts'

/** Nodes bring their logs every five seconds. */
const COSIGN_MS = 20_000

export async function readLog(part: Part): Promise<void> {
  const { found, tell } = part
  tell({ nl: 'logboek verifiëren', en: 'verifying the log' })
  await found.attempt({ check: 'log' }, () => verify(part))
  await witnesses(part)
}

/** Every entry from the begin of the rehearsal on names it. */
async function verify({ node, convenant, self, plan }: Part): Promise<string | undefined> {
  const { origins } = await node.get('log', originsSchema)
  const { signingKey } = memberOf(convenant, self)!
  let begun = false
  let entries = 0
  for (const { origin } of origins) {
    const note = await node.text(`log/${origin}/checkpoint`)
    const checkpoint = openCheckpoint(note, verifierKey(origin, fromBase64url(signingKey)))
    const fetch = (tile: Parameters<typeof encodeTilePath>[0]) =>
      node.bytes(`log/${origin}/${encodeTilePath(tile)}`)
    await verifyLog(
      checkpoint,
      fetch,
      (_, leaf) => {
        const event = parseEvent(leaf)
        const digest = 'convenant' in event ? event.convenant?.digest : undefined
        const change = event.type === 'convenant.changed'
        if (change) begun = digest === plan.digest
        if (begun && digest === plan.digest) entries++
        else if (begun && digest !== undefined) entries = Number.NaN
      },
      sha256,
    )
  }
  return entries > 0 ? undefined : 'NOT_IN_LOG'
}

async function witnesses({ node, found, setting, tell }: Part): Promise<void> {
  const { quorum } = await node.get('witnessing', witnessing).catch(() => ({ quorum: null }))
  if (quorum === 0) return found.add({ check: 'witness', state: 'absent' })
  tell({ nl: 'wacht op de getuigen', en: 'waiting for the witnesses' })
  await found.attempt({ check: 'witness' }, async () => {
    const until = setting.clock() + COSIGN_MS
    for (;;) {
      const { logs } = await node.get('witnessing', witnessing)
      const last = logs.at(-1)
      if (last?.cosigned && last.cosigned.size >= last.size) return undefined
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
