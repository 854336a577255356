/** A reference tree, straight from the recursive definition of RFC 6962, section 2.1. */

import { createHash } from 'node:crypto'
import type { Hash, NodeId, ReadHashes } from '@drempel/protocol/log'

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

export function treeHash(leaves: readonly Uint8Array[]): Hash {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return sha256(Uint8Array.of(0), leaves[0]!)
  const k = split(leaves.length)
  return sha256(Uint8Array.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

/** PATH(m, D[n]) of section 2.1.1. */
export function path(m: number, leaves: readonly Uint8Array[]): Hash[] {
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  return m < k
    ? [...path(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))]
}

/** SUBPROOF(m, D[n], b) of section 2.1.2. */
export function subproof(m: number, leaves: readonly Uint8Array[], whole: boolean): Hash[] {
  if (m === leaves.length) return whole ? [] : [treeHash(leaves)]
  const k = split(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), treeHash(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), treeHash(leaves.slice(0, k))]
}

export function numberedLeaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`leaf ${i}`))
}

/** A store of complete subtrees that refuses to be asked for what no tree of `size` has. */
export function memoryReader(stored: ReadonlyMap<string, Hash>): ReadHashes {
  return (nodes) =>
    nodes.map(({ level, index }) => {
      const hash = stored.get(`${level}/${index}`)
      if (hash === undefined) throw new Error(`no node ${level}/${index}`)
      return hash
    })
}

export const nodeKey = ({ level, index }: NodeId) => `${level}/${index}`

const split = (n: number) => 2 ** Math.ceil(Math.log2(n) - 1)
