import { readFileSync } from 'node:fs'
import { fromHex, hex, utf8 } from '@drempel/protocol/encoding'
import {
  appendLeaf,
  appendLeaves,
  consistencyProof,
  emptyTree,
  type Hash,
  inclusionProof,
  leafHash,
  leafHashes,
  loadTree,
  nodeHash,
  nodeHashes,
  rootAt,
  rootOf,
  type TreeState,
  verifyConsistency,
  verifyInclusion,
} from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryReader, nodeKey, numberedLeaves, path, subproof, treeHash } from './tree.ts'

const SIZE = 130
const leaves = numberedLeaves(SIZE)
const hashes = leaves.map(leafHash)
const roots = Array.from({ length: SIZE + 1 }, (_, n) => treeHash(leaves.slice(0, n)))
const stored = new Map<string, Hash>()
const states: TreeState[] = [emptyTree()]
for (const hash of hashes) {
  const appended = appendLeaf(states.at(-1)!, hash)
  for (const node of appended.stored) stored.set(nodeKey(node), node.hash)
  states.push(appended.state)
}
const read = memoryReader(stored)

const accepts = (check: () => void) => {
  try {
    check()
    return true
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('BAD_')) return false
    throw error
  }
}

describe('appending', () => {
  test('gives the root of the definition at every size', async () => {
    for (let n = 0; n <= SIZE; n++) {
      expect(hex(rootOf(states[n]!))).toBe(hex(roots[n]!))
      expect(hex(await rootAt(n, read))).toBe(hex(roots[n]!))
    }
  })

  test('stores each complete subtree once and keeps its input', () => {
    expect(stored.size).toBe(2 * SIZE - 2)
    const before = structuredClone(states[7]!)
    appendLeaf(states[7]!, hashes[7]!)
    expect(states[7]).toEqual(before)
  })

  test('a batch from any size to any other stores what its leaves store one by one', () => {
    const alone = hashes.map((hash, i) => appendLeaf(states[i]!, hash).stored)
    for (let from = 0; from <= SIZE; from += 3) {
      for (let to = from; to <= SIZE; to += 5) {
        const batch = appendLeaves(states[from]!, hashes.slice(from, to))
        expect(batch).toEqual({ state: states[to], stored: alone.slice(from, to).flat() })
      }
    }
  })

  test('many leaves and nodes at once hash as each alone does', () => {
    for (const count of [0, 1, 3, 4, 5, 64, SIZE]) {
      const some = leaves.slice(0, count)
      expect(leafHashes(some)).toEqual(some.map(leafHash))
      const pairs = Array.from({ length: Math.floor(count / 2) }, (_, i) =>
        nodeHash(hashes[2 * i]!, hashes[2 * i + 1]!),
      )
      expect(nodeHashes(hashes.slice(0, count))).toEqual(pairs)
      if (count < 2) continue
      const odd = hashes.slice(0, count).with(1, hashes[1]!.subarray(1))
      expect(() => nodeHashes(odd)).toThrow(expect.objectContaining({ code: 'BAD_STATE' }))
      expect(() => appendLeaves(emptyTree(), odd)).toThrow(
        expect.objectContaining({ code: 'BAD_STATE' }),
      )
    }
  })

  test('the right edge can be loaded again', async () => {
    for (let n = 0; n <= SIZE; n++) expect(await loadTree(n, read)).toEqual(states[n])
  })

  test('refuses a state whose edge does not fit its size', () => {
    const bad = { size: 6, edge: states[5]!.edge.slice(1) }
    expect(() => appendLeaf(bad, hashes[0]!)).toThrow(
      expect.objectContaining({ code: 'BAD_STATE' }),
    )
    expect(() => appendLeaf(emptyTree(), utf8('short'))).toThrow(
      expect.objectContaining({ code: 'BAD_STATE' }),
    )
  })

  test('refuses to grow beyond safe integers', () => {
    const size = Number.MAX_SAFE_INTEGER
    const edge = Array.from({ length: 53 }, () => hashes[0]!)
    expect(() => appendLeaf({ size, edge }, hashes[0]!)).toThrow(
      expect.objectContaining({ code: 'BAD_SIZE' }),
    )
    const last = appendLeaf({ size: size - 1, edge: edge.slice(1) }, hashes[0]!)
    expect(last.state.edge).toHaveLength(53)
  })
})

describe('inclusion', () => {
  test('every leaf of every size: the proof of the definition, and it verifies', async () => {
    for (let n = 1; n <= SIZE; n++) {
      for (let m = 0; m < n; m++) {
        const proof = await inclusionProof(m, n, read)
        verifyInclusion(hashes[m]!, m, n, proof, roots[n]!)
        if (n <= 40) expect(proof).toEqual(path(m, leaves.slice(0, n)))
      }
    }
  })

  // The size is not tried: leaf 8 of 9 has the path of leaf 1 of 2. A checkpoint's signature binds it.
  test('at the signed size a proof fits one index and one leaf only', async () => {
    for (const n of [1, 2, 7, 8, 9, 33]) {
      for (let m = 0; m < n; m++) {
        const proof = await inclusionProof(m, n, read)
        for (let index = 0; index <= n; index++) {
          const fits = (leaf: Hash) =>
            accepts(() => verifyInclusion(leaf, index, n, proof, roots[n]!))
          expect(fits(hashes[m]!)).toBe(index === m)
          if (index !== m) expect(fits(hashes[index]!)).toBe(false)
        }
      }
    }
  })

  test.each([[-1], [0.5], [5], [2 ** 53], [Number.NaN]])(
    'no proof for index %d of 5',
    async (index) => {
      await expect(inclusionProof(index, 5, read)).rejects.toMatchObject({ code: 'BAD_SIZE' })
      expect(accepts(() => verifyInclusion(hashes[0]!, index, 5, [], roots[5]!))).toBe(false)
    },
  )

  test('a log that signs a false size gets no proof for it', () => {
    const refuses = (index: number, size: number, proof: Hash[], root: Hash) =>
      expect(accepts(() => verifyInclusion(hashes[index]!, index, size, proof, root))).toBe(false)
    // The hash chain meets the root each time; its length is not that of the size.
    refuses(0, 1, [hashes[1]!], nodeHash(hashes[1]!, hashes[0]!))
    refuses(0, 1, [hashes[1]!], roots[2]!)
    refuses(0, 8, [hashes[1]!], roots[2]!)
    refuses(2, 3, [roots[2]!, hashes[9]!], nodeHash(hashes[9]!, roots[3]!))
  })

  test('an inner node does not pass for a leaf', async () => {
    const inner = nodeHash(hashes[0]!, hashes[1]!)
    const proof = (await inclusionProof(0, 4, read)).slice(1)
    // As a hash it fits a tree of half the size; leaf bytes with that hash would break SHA-256.
    verifyInclusion(inner, 0, 2, proof, roots[4]!)
    const forged = new Uint8Array([...hashes[0]!, ...hashes[1]!])
    expect(accepts(() => verifyInclusion(leafHash(forged), 0, 2, proof, roots[4]!))).toBe(false)
  })
})

describe('consistency', () => {
  test('every pair of sizes: the proof of the definition, and it verifies', async () => {
    for (let n = 1; n <= SIZE; n++) {
      for (let m = 1; m <= n; m++) {
        const proof = await consistencyProof(m, n, read)
        verifyConsistency(m, roots[m]!, n, roots[n]!, proof)
        if (n <= 40) expect(proof).toEqual(subproof(m, leaves.slice(0, n), true))
      }
    }
  })

  test('refuses size 0, a shrinking tree and two roots at one size', async () => {
    const refuses = (m: number, rootM: Hash, n: number, rootN: Hash, proof: Hash[] = []) =>
      expect(accepts(() => verifyConsistency(m, rootM, n, rootN, proof))).toBe(false)
    refuses(0, roots[0]!, 5, roots[5]!)
    refuses(0, roots[0]!, 0, roots[0]!)
    refuses(6, roots[6]!, 5, roots[5]!)
    refuses(5, roots[5]!, 5, roots[6]!)
    refuses(5, roots[5]!, 5, roots[5]!, [roots[5]!])
    refuses(1, roots[1]!, 2, roots[2]!)
    await expect(consistencyProof(0, 5, read)).rejects.toMatchObject({ code: 'BAD_SIZE' })
    await expect(consistencyProof(6, 5, read)).rejects.toMatchObject({ code: 'BAD_SIZE' })
  })

  test('a log that signs a false size gets no proof for it', async () => {
    const refuses = (m: number, rootM: Hash, n: number, rootN: Hash, proof: readonly Hash[]) =>
      expect(accepts(() => verifyConsistency(m, rootM, n, rootN, proof))).toBe(false)
    refuses(1, roots[1]!, 8, roots[2]!, await consistencyProof(1, 2, read))
    refuses(4, roots[4]!, 20, roots[8]!, await consistencyProof(4, 8, read))
    refuses(1, roots[1]!, 2, roots[8]!, await consistencyProof(1, 8, read))
    refuses(3, roots[3]!, 4, roots[8]!, await consistencyProof(3, 8, read))
    const below = (root: Hash) => nodeHash(hashes[9]!, root)
    const longer = [...(await consistencyProof(3, 5, read)), hashes[9]!]
    refuses(3, below(roots[3]!), 5, below(roots[5]!), longer)
  })

  test('a tree with one other leaf in the past is inconsistent, whatever proof it offers', async () => {
    const forged = leaves.with(2, utf8('rewritten'))
    for (let n = 4; n <= 20; n++) {
      for (let m = 3; m < n; m++) {
        const root = treeHash(forged.slice(0, n))
        const proof = subproof(m, forged.slice(0, n), true)
        expect(accepts(() => verifyConsistency(m, roots[m]!, n, root, proof))).toBe(false)
      }
    }
  })
})

describe('mutations', () => {
  type Case = { proof: Hash[]; root1: Hash; root2: Hash }

  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(255) }),
    fc.record({
      kind: fc.constantFrom('drop' as const, 'copy' as const, 'swap' as const),
      at: fc.nat(),
      bit: fc.constant(0),
    }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), bit: fc.nat(SIZE - 1) }),
    fc.record({
      kind: fc.constantFrom('short' as const, 'long' as const),
      at: fc.nat(),
      bit: fc.constant(0),
    }),
  )

  function mutate(
    { proof, root1, root2 }: Case,
    { kind, at, bit }: { kind: string; at: number; bit: number },
  ): Case {
    const all = [root1, root2, ...proof]
    const i = at % all.length
    const j = at % (proof.length + 1)
    const flipped = new Uint8Array(all[i]!)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const pack = ([a, b, ...rest]: Hash[]): Case => ({ root1: a!, root2: b!, proof: rest })
    switch (kind) {
      case 'flip':
        return pack(all.with(i, flipped))
      case 'drop':
        return { root1, root2, proof: proof.filter((_, k) => k !== j) }
      case 'copy':
        return { root1, root2, proof: proof.toSpliced(j, 0, proof[j] ?? root1) }
      case 'swap':
        return {
          root1,
          root2,
          proof: proof.length < 2 ? proof : proof.with(0, proof.at(-1)!).with(-1, proof[0]!),
        }
      case 'insert':
        return { root1, root2, proof: proof.toSpliced(j, 0, hashes[bit]!) }
      case 'short':
        return pack(all.with(i, all[i]!.subarray(1)))
      default:
        return pack(all.with(i, new Uint8Array([...all[i]!, 0])))
    }
  }

  const same = (a: Case, b: Case) =>
    [a, b]
      .map((c) => [c.root1, c.root2, ...c.proof].map(hex).join())
      .every((text, _, [first]) => text === first)

  test('no mutated inclusion proof is accepted', async () => {
    let tried = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: SIZE }),
        fc.nat(),
        mutation,
        async (n, pick, change) => {
          const m = pick % n
          const honest = {
            proof: [...(await inclusionProof(m, n, read))],
            root1: hashes[m]!,
            root2: roots[n]!,
          }
          const bad = mutate(honest, change)
          if (same(honest, bad)) return
          tried++
          expect(accepts(() => verifyInclusion(bad.root1, m, n, bad.proof, bad.root2))).toBe(false)
        },
      ),
      { numRuns: 1500 },
    )
    expect(tried).toBeGreaterThan(1000)
  })

  test('no mutated consistency proof is accepted', async () => {
    let tried = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: SIZE }),
        fc.nat(),
        mutation,
        async (n, pick, change) => {
          const m = 1 + (pick % (n - 1))
          const honest = {
            proof: [...(await consistencyProof(m, n, read))],
            root1: roots[m]!,
            root2: roots[n]!,
          }
          const bad = mutate(honest, change)
          if (same(honest, bad)) return
          tried++
          expect(accepts(() => verifyConsistency(m, bad.root1, n, bad.root2, bad.proof))).toBe(
            false,
          )
        },
      ),
      { numRuns: 1500 },
    )
    expect(tried).toBeGreaterThan(1000)
  })
})

describe('Certificate Transparency vectors', () => {
  const file = new URL('../../vectors/log/rfc6962.json', import.meta.url)
  const vectors: {
    leaves: string[]
    roots: string[]
    inclusion: { index: number; size: number; proof: string[] }[]
    consistency: { size1: number; size2: number; proof: string[] }[]
  } = JSON.parse(readFileSync(file, 'utf8'))
  const known = new Map<string, Hash>()
  const given = vectors.leaves.map((leaf) => leafHash(fromHex(leaf)))
  for (const node of appendLeaves(emptyTree(), given).stored) known.set(nodeKey(node), node.hash)

  test('roots', async () => {
    expect(vectors.roots).toHaveLength(8)
    for (const [i, root] of vectors.roots.entries()) {
      expect(hex(await rootAt(i + 1, memoryReader(known)))).toBe(root)
    }
  })

  test('inclusion proofs are built and verify', async () => {
    expect(vectors.inclusion).toHaveLength(5)
    for (const { index, size, proof } of vectors.inclusion) {
      expect((await inclusionProof(index, size, memoryReader(known))).map(hex)).toEqual(proof)
      verifyInclusion(
        given[index]!,
        index,
        size,
        proof.map(fromHex),
        fromHex(vectors.roots[size - 1]!),
      )
    }
  })

  test('consistency proofs are built and verify', async () => {
    expect(vectors.consistency).toHaveLength(4)
    for (const { size1, size2, proof } of vectors.consistency) {
      expect((await consistencyProof(size1, size2, memoryReader(known))).map(hex)).toEqual(proof)
      const [root1, root2] = [vectors.roots[size1 - 1]!, vectors.roots[size2 - 1]!].map(fromHex)
      verifyConsistency(size1, root1!, size2, root2!, proof.map(fromHex))
    }
  })
})
