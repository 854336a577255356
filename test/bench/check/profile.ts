/**
 * Where a node's time goes: V8's sampling profiler in the node's own process, over the inspector that
 * a signal opens on a free port. Each sample counts for the innermost frame that a part names.
 */

import type { FederationNode } from '@drempel/examples/federation/index'

/** What nodes are started with, so that four inspectors do not ask for one port. */
export const INSPECTABLE = '--inspect-port=0'

/** Ordered: the first part whose pattern a frame's place matches has it. */
const PARTS = [
  ['signatures', /encoding\/ed25519|crypto:(sign|verify)/],
  ['group', /protocol\/src\/(group|oprf)\//],
  ['store and fsync', /node\/src\/store\/|better-sqlite3/],
  ['sealing', /node\/src\/config\//],
  ['hashes', /noble[+/]hashes|encoding\/hash|log\/merkle/],
  ['JSON and schemas', /\/zod|canonicalize|encoding\/json/],
  ['text forms', /encoding\/bytes/],
  ['log and receipts', /protocol\/src\/log\/|node\/src\/audit\//],
  ['signed HTTP', /node\/src\/peers\//],
  ['HTTP', /node:(_?http|net|internal\/(http|streams|fetch|deps\/undici|webstreams))|hono/],
  ['sessions', /node\/src\/(sessions|routes|http)\//],
] as const

type CallFrame = { readonly functionName: string; readonly url: string }
type ProfileNode = {
  readonly id: number
  readonly callFrame: CallFrame
  readonly children?: readonly number[]
}
type Profile = {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** @returns seconds of the node's thread by part, idle time left out */
export async function profiled(
  node: FederationNode,
  work: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const inspector = await openInspector(node)
  try {
    await inspector.call('Profiler.enable')
    await inspector.call('Profiler.setSamplingInterval', { interval: 500 })
    await inspector.call('Profiler.start')
    await work()
    const { profile } = (await inspector.call('Profiler.stop')) as { profile: Profile }
    return secondsByPart(profile)
  } finally {
    inspector.close()
  }
}

function secondsByPart({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<string, number> {
  const parts = new Map<number, string>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const visit = (node: ProfileNode, inherited: string) => {
    const part = partOf(node.callFrame) ?? inherited
    parts.set(node.id, part)
    for (const child of node.children ?? []) visit(byId.get(child)!, part)
  }
  visit(nodes[0]!, 'runtime')
  const seconds = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const part = parts.get(id)!
    if (part !== 'idle') seconds.set(part, (seconds.get(part) ?? 0) + timeDeltas[i]! / 1e6)
  }
  return seconds
}

function partOf({ functionName, url }: CallFrame): string | undefined {
  if (functionName === '(idle)') return 'idle'
  if (functionName === '(garbage collector)') return 'garbage'
  return PARTS.find(([, pattern]) => pattern.test(url))?.[0]
}

async function openInspector(node: FederationNode) {
  process.kill(node.pid!, 'SIGUSR1')
  const socket = new WebSocket(await addressOf(node))
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`no inspector at ${node.id}`))
  })
  let asked = 0
  const waiting = new Map<number, (result: unknown) => void>()
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown }
    waiting.get(id)?.(result)
    waiting.delete(id)
  }
  return {
    call(method: string, params: object = {}): Promise<unknown> {
      const id = ++asked
      socket.send(JSON.stringify({ id, method, params }))
      return new Promise((resolve) => waiting.set(id, resolve))
    },
    close: () => socket.close(),
  }
}

/** The node says on standard error where its inspector listens. */
async function addressOf(node: FederationNode): Promise<string> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    const [address] = /ws:\/\/127\.0\.0\.1:\d+\/\S+/.exec(node.outputs.at(-1)!.stderr) ?? []
    if (address !== undefined) return address
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`${node.id} opened no inspector`)
}
