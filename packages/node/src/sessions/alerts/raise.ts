/**
 * An alert: something about how the node is used that a person should look at. It is kept for
 * `drempel alert list`, stands in the log, and stops nothing: what may not happen, the convenant refuses.
 */

import type { AlertCode } from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { LeafFields } from '@drempel/protocol/log'
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
  const number = await world.store.alerts.raise(once, { at: world.clock(), code, ...about })
  if (number === null) return false
  world.log('warn', 'alert.raised', {
    code,
    ...(member === undefined ? {} : { peer: member }),
    ...namesIn(about),
  })
  await enterAlerts(world, number)
  return true
}

/**
 * Alerts that somebody can see already, and the log does not have.
 * @param fresh one that nobody can have entered yet
 */
export function enterAlerts(
  world: Pick<AlertWorld, 'store' | 'audit'>,
  fresh?: number,
): Promise<void> {
  const { store, audit } = world
  return enterWaiting(store.alerts, {
    rows: () => store.alerts.unentered(),
    enter: async (row) => {
      // Reports count entries: one that was cut off from its note is not entered twice.
      if (row.id === fresh || !(await isEntered(world, row))) {
        await audit.append(eventOf(row), { alert: row.id })
      }
    },
    entered: ({ id }) => store.alerts.setEntered(id),
  })
}

function eventOf({ code, member, ...about }: AlertRecord) {
  return {
    type: 'alert.raised',
    role: member === null ? 'asker' : 'key-holder',
    reason: code,
    ...(member === null ? {} : { parties: [member] }),
    ...namesIn(about),
  } as const
}

/** By its number, which is sealed: that of another day says the same. */
function isEntered(
  world: Pick<AlertWorld, 'store' | 'audit'>,
  { id, at, code }: AlertRecord,
): Promise<boolean> {
  const fits = (event: LeafFields) => event.type === 'alert.raised' && event.reason === code
  return isWritten(world, at, fits, ['alert', id])
}

function namesIn({ purpose, kind }: Pick<AlertRecord, 'purpose' | 'kind'>) {
  return {
    ...(purpose === null ? {} : { purpose }),
    ...(kind === null ? {} : { kind: kind as IdentifierKind }),
  }
}
