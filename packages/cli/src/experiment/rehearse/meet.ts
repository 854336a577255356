/** Whether the members are there: reachable under their pinned keys, in time, under one convenant. */

import { type RehearsalView, rehearsalView } from '@drempel/protocol/api'
import { convenantDigest } from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { activeMembers } from './plan.ts'
import type { Part } from './run.ts'

/** A tenth of what signatures between nodes bear. */
const MOST_SECONDS = 30

/** True when all members rehearse the same; what each lacks is found anew at every look. */
export async function meetAll(part: Part): Promise<boolean> {
  const { node, setting, deadline, tell } = part
  let told = ''
  for (;;) {
    const absent = look(part, await node.get('rehearsal', rehearsalView))
    if (absent.length === 0) return true
    if (setting.clock() >= deadline) return false
    const names = absent.join(', ')
    if (names !== told) tell({ nl: `wacht op ${names}`, en: `waiting for ${names}` })
    told = names
    await new Promise((resolve) => setTimeout(resolve, setting.pollMs))
  }
}

/** @returns who does not rehearse with this node yet */
function look({ convenant, plan, found }: Part, { peers }: RehearsalView): string[] {
  const members = new Set(activeMembers(convenant))
  const own = hex(convenantDigest(convenant))
  return peers.flatMap((peer) => {
    const about = peer.member
    if (!members.has(about)) return []
    if (peer.code !== null || peer.clockSeconds === null) {
      const code = peer.code ?? 'PEER_UNREACHABLE'
      // Whoever refuses is there, and says why.
      const skewed = code === 'CLOCK_SKEW'
      found.add(
        skewed
          ? { check: 'clock', about, state: 'failed', code }
          : { check: 'reachable', about, state: 'failed', code },
      )
      const rest = ['pinned', 'convenant', 'ready', ...(skewed ? [] : ['clock' as const])] as const
      for (const check of rest) found.add({ check, about, state: 'waiting', code })
      return [about]
    }
    found.add({ check: 'reachable', about, state: 'passed' })
    found.add({ check: 'pinned', about, state: peer.pinned ? 'passed' : 'absent' })
    const late = Math.abs(peer.clockSeconds) > MOST_SECONDS
    found.add(
      late
        ? { check: 'clock', about, state: 'failed', code: 'CLOCK_SKEW' }
        : { check: 'clock', about, state: 'passed' },
    )
    const same = peer.convenant === own
    found.add(
      same
        ? { check: 'convenant', about, state: 'passed' }
        : { check: 'convenant', about, state: 'failed', code: 'CONVENANT_DIFFERS' },
    )
    if (peer.rehearsal?.digest === plan.digest) {
      found.add({ check: 'ready', about, state: 'passed' })
      return []
    }
    const code = peer.rehearsal === null || !same ? 'NOT_REHEARSING' : 'OTHER_WORD'
    found.add({ check: 'ready', about, state: 'waiting', code })
    return [about]
  })
}
