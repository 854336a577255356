/** Two people where the convenant asks for two: tokens that are made for a question and revoked after it. */

import { tokenRequest, tokenResponse } from '@drempel/protocol/api'
import { createNodeClient, type NodeClient } from '../../client/node.ts'
import type { Part } from './run.ts'

/** Sealed in the log with each question. */
export const CASE = 'rehearsal'

/** @param count 1: the token that the command was given, else new ones, for which it must be an administrator's */
export async function withAnalysts<Result>(
  { node, setting }: Part,
  count: number,
  work: (people: readonly NodeClient[]) => Promise<Result>,
): Promise<Result> {
  if (count === 1) return work([node])
  const made: { readonly id: string; readonly client: NodeClient }[] = []
  try {
    while (made.length < count) {
      const body = { name: `rehearsal-${made.length + 1}`, roles: ['analyst' as const] }
      const { id, token } = await node.send('POST', 'tokens', [tokenRequest, body], tokenResponse)
      made.push({ id, client: createNodeClient({ ...node.target, token }, setting.lang) })
    }
    return await work(made.map(({ client }) => client))
  } finally {
    for (const { id, client } of made) {
      client.close()
      await node.remove(`tokens/${id}`)
    }
  }
}
