/** Every probe that transparency-dev/merkle publishes for its verifiers, sound proofs and spoilt ones. */

import { readFileSync } from 'node:fs'
import { fromBase64, isProtocolError } from '@drempel/protocol/encoding'
import { verifyConsistency, verifyInclusion } from '@drempel/protocol/log'
import { expect, test } from 'vitest'

type Probe = { readonly file: string; readonly proof: readonly string[]; readonly wantErr: boolean }
type Inclusion = Probe & {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
}
type Consistency = Probe & {
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
}

const file = new URL('../../vectors/log/merkle-probes.json', import.meta.url)
const { inclusion, consistency }: { inclusion: Inclusion[]; consistency: Consistency[] } =
  JSON.parse(readFileSync(file, 'utf8'))

/** Its roots are the text `don't care 2`: no verifier of hashes need take them for equal roots. */
const NO_HASHES = 'testdata/consistency/additional/sizes-are-equal-one-and-proof-is-empty.json'

test('the whole set is here', () => {
  expect(inclusion).toHaveLength(98)
  expect(consistency).toHaveLength(98)
  const files = [...inclusion, ...consistency].map((probe) => probe.file)
  expect(new Set(files).size).toBe(196)
  expect(inclusion.filter(({ wantErr }) => !wantErr)).toHaveLength(6)
  expect(consistency.filter(({ wantErr }) => !wantErr)).toHaveLength(6)
})

test.each(inclusion)('$file', ({ leafIdx, treeSize, root, leafHash, proof, wantErr }) => {
  const verify = () =>
    verifyInclusion(
      fromBase64(leafHash),
      leafIdx,
      treeSize,
      proof.map(fromBase64),
      fromBase64(root),
    )
  expect(refusal(verify)).toBe(wantErr ? 'BAD_INCLUSION_PROOF' : undefined)
})

test.each(consistency)('$file', ({ file, size1, size2, root1, root2, proof, wantErr }) => {
  const verify = () =>
    verifyConsistency(size1, fromBase64(root1), size2, fromBase64(root2), proof.map(fromBase64))
  const refused = wantErr || file === NO_HASHES
  expect(refusal(verify)).toBe(refused ? 'BAD_CONSISTENCY_PROOF' : undefined)
})

function refusal(verify: () => void): string | undefined {
  try {
    verify()
    return undefined
  } catch (error) {
    if (isProtocolError(error)) return error.code
    throw error
  }
}
