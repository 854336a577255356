/** Logs that a member's key signs but no node keeps: what a liar would show to a witness. */

import type { Bytes, Signer } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  consistencyProof,
  emptyTree,
  encodeAddCheckpoint,
  type Hash,
  leafHash,
  noteSigner,
  type ReadHashes,
  rootAt,
  signCheckpoint,
} from '@drempel/protocol/log'

export class Tree {
  readonly origin: string
  readonly #signer: Signer
  readonly #stored = new Map<string, Hash>()

  /** @param leaves all there will ever be */
  constructor(origin: string, signer: Signer, leaves: readonly Bytes[]) {
    this.origin = origin
    this.#signer = signer
    for (const { level, index, hash } of appendLeaves(emptyTree(), leaves.map(leafHash)).stored) {
      this.#stored.set(`${level}/${index}`, hash)
    }
  }

  readonly #read: ReadHashes = (nodes) =>
    nodes.map(({ level, index }) => this.#stored.get(`${level}/${index}`)!)

  async checkpoint(size: number, signer = this.#signer): Promise<string> {
    const root = await rootAt(size, this.#read)
    return signCheckpoint({ origin: this.origin, size, root }, [noteSigner(this.origin, signer)])
  }

  proof(oldSize: number, size: number): Promise<readonly Hash[]> {
    return consistencyProof(oldSize, size, this.#read)
  }

  /** An honest add-checkpoint, from one size to another. */
  async growth(oldSize: number, size: number): Promise<string> {
    const proof = oldSize === 0 ? [] : await this.proof(oldSize, size)
    return encodeAddCheckpoint({ oldSize, proof, checkpoint: await this.checkpoint(size) })
  }
}

export function leaves(count: number, text = 'leaf'): Bytes[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`${text} ${i}`))
}
