/**
 * A node that finds three things at once, and kills itself when the store has all of them: before the log
 * has any, or when it has all and the store does not know that.
 * Arguments: home, milliseconds that its clock is ahead, before or after, round, member, and two requests to
 * a witness that deny each other.
 */

import { startNode } from '@drempel/node/testing'
import { ProtocolError, utf8 } from '@drempel/protocol/encoding'
import type { EventBody } from '@drempel/protocol/log'

const [home, ahead, when, round, member, ...requests] = process.argv.slice(2) as [
  ...[home: string, ahead: string, when: string, round: string, member: string],
  ...requests: string[],
]
const clock = () => Date.now() + Number(ahead)
const output = { write: () => {} }
const live = await startNode({ home, clock, output, workers: 0, background: false })
const { ctx, rounds } = live.node.sessions
const { store, audit, watch, witnessing } = ctx

let held = 0
function hold(holder: object, name: string, meant = (_: EventBody) => true): void {
  const bent = holder as { [name: string]: (first: EventBody, ...rest: never[]) => unknown }
  const honest = bent[name]!
  bent[name] = (first, ...rest) => {
    if (!meant(first)) return honest.call(holder, first, ...rest)
    if (++held === 3) process.kill(process.pid, 'SIGKILL')
    return new Promise(() => {})
  }
}

const TYPES = ['round.failed', 'alert.raised', 'witness.refused']
if (when === 'before') hold(audit, 'append', ({ type }) => TYPES.includes(type))
else {
  hold(store.rounds, 'setEntered')
  hold(store.alerts, 'setEntered')
  hold(store.witness, 'setConflictEntered')
}

await store.rounds.create({
  ...{ id: round, kind: 'host', role: 'compute', state: 'computing', coordinator: 'bank-b' },
  ...{ data: utf8('{}'), reason: null, culprit: null },
})
void rounds.fail(round, new ProtocolError('BAD_UPLOAD', { culprit: 'telecom' }))
void (async () => {
  const ask = () => watch.questions.observe('host', `fraude-${when}`, ['asked.example'])
  for (let times = 0; times < 4; times++) await ask()
})()
void (async () => {
  for (const request of requests) await witnessing.witness.add(member, utf8(request))
})()
setTimeout(() => process.exit(1), 10_000)
