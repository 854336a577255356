/** With whom the own log was compared, for the views of routes. */

import { activeMembers, type NodeContext } from '../sessions/index.ts'

type World = Pick<NodeContext, 'self' | 'inForce'> & {
  readonly store: Pick<NodeContext['store'], 'comparisons'>
}

/** When last, of each member that takes part; null before the first day is over, and its first entries were compared. */
export async function comparedWith({
  self,
  store,
  inForce,
}: World): Promise<{ readonly member: string; readonly at: number | null }[]> {
  const members = activeMembers(inForce().convenant).filter((id) => id !== self)
  return Promise.all(
    members.map(async (member) => {
      const progress = await store.comparisons.progress(member)
      // A member that was met gets a row at once, so that its day begins.
      return { member, at: progress === null || progress.index === 0 ? null : progress.at }
    }),
  )
}
