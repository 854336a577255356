/**
 * What nodes have acknowledged: heads of their logs, flags taken in, answers given, lists in force.
 * Whatever happens to a node afterwards, all of it must still be there.
 */

import {
  type Federation,
  type FederationNode,
  logKey,
  type VerifiedLog,
  verifyLogs,
} from '@drempel/examples/federation/index'
import { base64, utf8 } from '@drempel/protocol/encoding'
import { appendLeaves, emptyTree, leafHash, openCheckpoint, rootOf } from '@drempel/protocol/log'

type Head = { readonly origin: string; readonly size: number; readonly root: string }

export class Memory {
  readonly #federation: Federation
  readonly #heads: Head[] = []
  readonly #flags = new Map<string, Set<string>>()
  readonly #answers: { readonly asker: string; readonly txid: string; readonly leaf: string }[] = []

  constructor(federation: Federation) {
    this.#federation = federation
  }

  /** A head of a log, as somebody was told it. */
  told(head: Head): void {
    this.#heads.push(head)
  }

  /** The heads that a node's logs have now: all entries below are acknowledged. */
  async head({ id, api }: FederationNode): Promise<void> {
    for (const { origin } of await api.origins()) {
      const key = logKey(this.#federation.convenant, id, origin)
      const { size, root } = openCheckpoint(await api.checkpoint(origin), key)
      this.told({ origin, size, root: base64(root) })
    }
  }

  flagged(member: string, values: readonly string[]): void {
    const known = this.#flags.get(member) ?? new Set()
    for (const value of values) known.add(value)
    this.#flags.set(member, known)
  }

  answered(asker: string, txid: string, leaf: string): void {
    this.#answers.push({ asker, txid, leaf })
  }

  get size(): number {
    return this.#heads.length + this.#answers.length
  }

  /** All that is not there any more, or contradicts another node's log; empty when nothing is lost. */
  async losses(): Promise<string[]> {
    const { nodes, convenant } = this.#federation
    const losses: string[] = []
    const heads: Head[] = [...this.#heads]
    const logs = new Map<string, VerifiedLog>()
    const reading = nodes.map(async ({ id, api }) => {
      for (const log of await verifyLogs(api, convenant, id)) logs.set(log.origin, log)
      const there = new Set((await api.flags('host')).map(({ value }) => value))
      for (const value of this.#flags.get(id) ?? []) {
        if (!there.has(value)) losses.push(`flag ${value} of ${id}`)
      }
      for (const { txid, leaf } of this.#answers.filter(({ asker }) => asker === id)) {
        const receipt = await api.receipt(txid)
        if (receipt.leaf !== leaf) losses.push(`answer ${txid} of ${id}`)
      }
    })
    await Promise.all(reading)
    // What other nodes wrote down of a log's head was acknowledged to them.
    for (const { leaves } of logs.values()) {
      for (const leaf of leaves) heads.push(...(JSON.parse(leaf).peerCheckpoints ?? []))
    }
    for (const origin of new Set(heads.map((head) => head.origin))) {
      const known = heads.filter((head) => head.origin === origin)
      const leaves = logs.get(origin)?.leaves ?? []
      const roots = rootsOf(leaves, new Set(known.map(({ size }) => size)))
      for (const { size, root } of known) {
        if (roots.get(size) !== root) losses.push(`head ${size} of ${origin}`)
      }
    }
    return losses
  }
}

/** The roots of a log when it had these sizes. */
function rootsOf(
  leaves: readonly string[],
  sizes: ReadonlySet<number>,
): ReadonlyMap<number, string> {
  const roots = new Map<number, string>()
  let tree = emptyTree()
  for (const leaf of leaves) {
    tree = appendLeaves(tree, [leafHash(utf8(leaf))]).state
    if (sizes.has(tree.size)) roots.set(tree.size, base64(rootOf(tree)))
  }
  return roots
}
