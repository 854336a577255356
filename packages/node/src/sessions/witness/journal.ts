/** What witnesses and the owners of logs enter about checkpoints. */

import { base64 } from '@drempel/protocol/encoding'
import type { Checkpoint } from '@drempel/protocol/log'
import { enterWaiting } from '../unentered.ts'
import { isWritten } from '../written.ts'
import { type KnownLog, ownerOf } from './policy.ts'
import type { World } from './world.ts'

/** Two trees that can't both be true: kept, entered and told, the first time only. */
export async function journalConflict(
  world: World,
  log: KnownLog,
  code: 'LOG_FORKED' | 'LOG_ROLLED_BACK',
  first: string,
  second: string,
): Promise<void> {
  const conflict = { log: log.name, code, first, second, at: world.clock() }
  if (!(await world.store.witness.keepConflict(conflict))) return
  world.log('error', 'log.conflict', { culprit: log.owner, code })
  await enterConflicts(world)
}

/** Those that are kept, and that this node's own log does not have. */
export function enterConflicts(world: Pick<World, 'store' | 'audit'>): Promise<void> {
  const { store, audit } = world
  return enterWaiting(store.witness, {
    rows: () => store.witness.unenteredConflicts(),
    nameOf: ({ log }) => log,
    // By the trees themselves, which are sealed: the same can be said of two logs of a member.
    isEntered: ({ code, first, at }) =>
      isWritten(world, at, (event) => event.type === 'witness.refused' && event.reason === code, [
        'first',
        first,
      ]),
    enter: ({ log, code, first, second }) => {
      const event = { type: 'witness.refused', reason: code } as const
      return audit.append({ ...event, parties: [ownerOf(log)] }, { first, second })
    },
    entered: ({ log }) => store.witness.setConflictEntered(log),
  })
}

/**
 * A checkpoint that its owner signed and that was not shown to extend the last one. Any member may bring
 * it, and a proof is the word of who does: with a false one it would else make another look guilty.
 * @param from who brought it
 */
export async function journalWitnessRefusal(
  { audit }: World,
  from: string,
  { origin, size, root }: Checkpoint,
  reason: string,
  request: string,
): Promise<void> {
  const peerCheckpoints = [{ origin, size, root: base64(root) }]
  const event = { type: 'witness.refused', reason, peerCheckpoints } as const
  await audit.append({ ...event, parties: [from] }, { request })
}

/** The federation goes on without a quorum, stops doing so, or has its quorum again. */
export async function journalGrace(
  { audit, log: tell }: World,
  status: 'suppressed' | 'refused' | 'answered',
  silent: readonly string[],
): Promise<void> {
  const reason = { suppressed: 'GRACE_BEGUN', refused: 'GRACE_ENDED', answered: 'QUORUM_BACK' }[
    status
  ]
  tell(status === 'answered' ? 'info' : 'warn', 'log.witnesses', { code: reason })
  const parties = silent.length === 0 ? {} : { parties: [...silent].sort() }
  await audit.append({ type: 'witness.grace', status, reason, ...parties }, null)
}
