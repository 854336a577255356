/** Whether the members are there: reachable under their pinned keys, in time, under one convenant. */

import { type RehearsalView, rehearsalView } from '@drempel/protocol/api'
import { convenantDigest } from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { peerWords } from '../../output/explain.ts'
import type { Lang } from '../../output/language.ts'
import { isLate, pause } from './patience.ts'
import { activeMembers } from './plan.ts'
import type { Part } from './run.ts'

type Peer = RehearsalView['peers'][number]

/** A tenth of what signatures between nodes bear. */
const MOST_SECONDS = 30

/**
 * `all`: they rehearse the same; what each lacks is found anew at every look. `over`: this node was
 * through all of it before, and another has ended it, which will not come back to it.
 */
export async function meetAll(part: Part): Promise<'all' | 'late' | 'over'> {
  const { node, setting, tell } = part
  let told = ''
  for (;;) {
    const view = await node.get('rehearsal', rehearsalView)
    const absent = look(part, view)
    if (absent.length === 0) return 'all'
    const ended = part.step === 'done' ? whoEnded(part, view) : []
    for (const about of ended)
      part.found.add({ check: 'ready', about, state: 'waiting', code: 'ENDED_BEFORE' })
    if (ended.length > 0) return 'over'
    if (isLate(part)) return 'late'
    const names = (lang: Lang) => absent.map((member) => waitedFor(view, member, lang)).join(', ')
    const waiting = { nl: `wacht op ${names('nl')}`, en: `waiting for ${names('en')}` }
    if (waiting.en !== told) tell(waiting)
    told = waiting.en
    await pause(setting)
  }
}

/** With what its node says that has to be put right first. */
function waitedFor({ peers }: RehearsalView, member: string, lang: Lang): string {
  const { code } = peers.find((peer) => peer.member === member)!
  const why = peerWords(code ?? undefined, lang)
  return why === undefined ? member : `${member} (${why})`
}

function whoEnded({ convenant }: Part, { peers }: RehearsalView): string[] {
  const own = hex(convenantDigest(convenant))
  const members = new Set(activeMembers(convenant))
  return peers.flatMap(({ member, convenant: digest, rehearsal }) =>
    members.has(member) && digest === own && rehearsal === null ? [member] : [],
  )
}

/** @returns who does not rehearse with this node yet */
function look(part: Part, { peers }: RehearsalView): string[] {
  const { convenant, plan, found } = part
  const members = new Set(activeMembers(convenant))
  const own = hex(convenantDigest(convenant))
  return peers.flatMap((peer) => {
    const about = peer.member
    if (!members.has(about)) return []
    if (peer.code !== null || peer.clockSeconds === null) {
      refusing(part, peer, peer.code ?? 'PEER_UNREACHABLE')
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

/** What a code is about, where a node answers and refuses; every other code is of one that is away. */
const ABOUT: Readonly<Record<string, (typeof STEPS)[number]>> = {
  TLS_PIN_MISMATCH: 'pinned',
  CLOCK_SKEW: 'clock',
  UNKNOWN_PEER: 'convenant',
  SIGNATURE_INVALID: 'convenant',
  NO_CONVENANT: 'convenant',
  CONVENANT_UNFIT: 'convenant',
}
const STEPS = ['reachable', 'pinned', 'clock', 'convenant', 'ready'] as const

function refusing({ found }: Part, { member: about, pinned }: Peer, code: string): void {
  const failed = ABOUT[code] ?? 'reachable'
  for (const check of STEPS) {
    // Whoever refuses is there, and under its key unless that is what is wrong.
    const shown = check === 'reachable' || (check === 'pinned' && failed !== 'reachable')
    if (check === failed) found.add({ check, about, state: 'failed', code })
    else if (!shown) found.add({ check, about, state: 'waiting', code })
    else if (check === 'pinned' && !pinned) found.add({ check, about, state: 'absent' })
    else found.add({ check, about, state: 'passed' })
  }
}
