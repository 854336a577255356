/**
 * Which entries are of a rehearsal, in which members try a convenant on flags that are nobody's. They name
 * a digest of their own where others name the convenant's (docs/PROTOCOL.md, "Rehearsals"). Begin and end
 * are changes from the one digest to the other, of one version, which say that they are a rehearsal's but
 * not which of the two is made up: that is the one that is no signed version's. A log whose owner calls a
 * version of the convenant made up differs in that from the logs of the members that it asked.
 */

import type { EventType, LeafFields } from '@drempel/protocol/log'
import type { Text } from '../output/language.ts'
import { fieldsOf, type VerifiedLog } from './entry.ts'

/** Null where what was read does not tell. */
export type OfRehearsal = (event: LeafFields) => boolean | null

export type Version = { readonly version: number; readonly digest: string }

/**
 * What is of the log, of other logs or of who knocks is what it is whatever the members try out meanwhile: who
 * erases a period's records, or shows two trees, does so in a rehearsal too.
 */
const NEVER: ReadonlySet<EventType> = new Set([
  'convenant.changed',
  'log.discrepancy',
  'node.started',
  'node.stopped',
  'peer.refused',
  'record.opened',
  'records.ended',
  'shred',
  'witness.anchored',
  'witness.cosigned',
  'witness.grace',
  'witness.refused',
] satisfies EventType[])

/** @param versions of the convenant that are known from elsewhere */
export function rehearsalsIn(
  logs: readonly Pick<VerifiedLog, 'entries'>[],
  versions: readonly Version[],
): OfRehearsal {
  const real = new Set(versions.map(nameOf))
  const turns: (readonly [string, string])[] = []
  for (const { event } of logs.flatMap(({ entries }) => entries)) {
    if (event.type !== 'convenant.changed') continue
    const { convenant, previousConvenant: previous, alerts } = event
    if (alerts?.includes('rehearsal') !== true) {
      for (const known of previous === undefined ? [convenant] : [convenant, previous])
        real.add(nameOf(known))
    } else if (previous !== undefined && previous.version === convenant.version) {
      turns.push([nameOf(convenant), nameOf(previous)])
    }
  }
  const madeUp = new Set<string>()
  for (const [one, other] of turns) {
    if (real.has(one) !== real.has(other)) madeUp.add(real.has(one) ? other : one)
  }
  return (event) => {
    const { convenant } = fieldsOf(event)
    if (convenant === undefined || NEVER.has(event.type)) return false
    const name = nameOf(convenant)
    if (madeUp.has(name)) return true
    return real.has(name) ? false : null
  }
}

/** Its flags are nobody's: it processes no personal data. */
export function withoutRehearsals<Log extends Pick<VerifiedLog, 'entries'>>(
  logs: readonly Log[],
  ofRehearsal: OfRehearsal,
): Log[] {
  return logs.map((log) => ({
    ...log,
    entries: log.entries.filter(({ event }) => ofRehearsal(event) !== true),
  }))
}

export function unknownText(entries: number): Text {
  const one = entries === 1
  return {
    nl: `${entries} ${one ? 'regel noemt' : 'regels noemen'} een versie van het convenant waarvan niet blijkt of het een repetitie was; meegeteld. Geef alle versies met --convenant.`,
    en: `${entries} ${one ? 'entry names' : 'entries name'} a version of the convenant of which nothing shows whether it was a rehearsal; counted. Give all versions with --convenant.`,
  }
}

function nameOf({ version, digest }: Version): string {
  return `${version} ${digest}`
}
