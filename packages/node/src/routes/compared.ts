/** With whom the own log was compared, for the views of routes. */

import type { NodeContext } from '../sessions/index.ts'

type World = Pick<NodeContext, 'self' | 'inForce'> & {
  readonly store: Pick<NodeContext['store'], 'comparisons'>
}

/** When last, of each member; null before the first day is over, and its first entries were compared. */
export async function comparedWith({
  self,
  store,
  inForce,
}: World): Promise<{ readonly member: string; readonly at: number | null }[]> {
  const members = inForce().convenant.members.filter(({ id }) => id !== self)
  return Promise.all(
    members.map(async ({ id }) => {
      const progress = await store.comparisons.progress(id)
      // A member that was met gets a row at once, so that its day begins.
      return { member: id, at: progress === null || progress.index === 0 ? null : progress.at }
    }),
  )
}
