/**
 * An alert: something about how the node is used that a person should look at. It is kept for
 * `drempel alert list`, stands in the log, and stops nothing: what may not happen, the convenant refuses.
 */

import type { AlertCode } from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { AlertRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { enterWaiting } from '../unentered.ts'
import { isWritten } from '../written.ts'

export type Alert = {
  readonly code: AlertCode
  /** Of alerts that say the same in this span only the first is raised; without an identifier. */
  readonly span: string
  readonly member?: string
  readonly purpose?: string
  readonly kind?: IdentifierKind
}

/** What an alert needs of the node. */
export type AlertWorld = Pick<NodeContext, 'store' | 'audit' | 'clock' | 'log'>

/** @returns whether it is new; then it is durable, here and in the log */
export async function raise(world: AlertWorld, alert: Alert): Promise<boolean> {
  const { code, span, member, purpose, kind } = alert
  const about = { member: member ?? null, purpose: purpose ?? null, kind: kind ?? null }
  const once = [code, about.member, about.purpose, about.kind, span].join('/')
  if ((await world.store.alerts.raise(once, { at: world.clock(), code, ...about })) === null) {
    return false
  }
  world.log('warn', 'alert.raised', {
    code,
    ...(member === undefined ? {} : { peer: member }),
    ...namesIn(about),
  })
  await enterAlerts(world)
  return true
}

/** Alerts that somebody can see already, and the log does not have. */
export function enterAlerts(world: Pick<AlertWorld, 'store' | 'audit'>): Promise<void> {
  const { store, audit } = world
  return enterWaiting(store.alerts, {
    rows: () => store.alerts.unentered(),
    nameOf: ({ id }) => String(id),
    // By its number, which is sealed: that of another day says the same.
    isEntered: ({ id, at, code }) =>
      isWritten(world, at, (event) => event.type === 'alert.raised' && event.reason === code, [
        'alert',
        id,
      ]),
    enter: ({ id, code, member, ...about }) =>
      audit.append(
        {
          type: 'alert.raised',
          role: member === null ? 'asker' : 'key-holder',
          reason: code,
          ...(member === null ? {} : { parties: [member] }),
          ...namesIn(about),
        },
        { alert: id },
      ),
    entered: ({ id }) => store.alerts.setEntered(id),
  })
}

function namesIn({ purpose, kind }: Pick<AlertRecord, 'purpose' | 'kind'>) {
  return {
    ...(purpose === null ? {} : { purpose }),
    ...(kind === null ? {} : { kind: kind as IdentifierKind }),
  }
}
