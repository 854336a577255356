import { readFileSync } from 'node:fs'
import { fromHex, hex } from '@drempel/protocol/encoding'
import { countOf, defaultGroup, itemAt, libsodiumGroup, nobleGroup } from '@drempel/protocol/group'
import {
  blind,
  blindEvaluate,
  deriveKeyPair,
  finalize,
  generateProof,
  type Mode,
  verifyProof,
} from '@drempel/protocol/oprf'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const list = z.string().transform((text) => text.split(',').map(fromHex))
const vectorSchema = z.object({
  Batch: z.int(),
  Blind: list,
  BlindedElement: list,
  EvaluationElement: list,
  Input: list,
  Output: list,
  Proof: z.object({ proof: z.string(), r: z.string() }).optional(),
})
const modeSchema = z.object({
  seed: z.string(),
  keyInfo: z.string(),
  skSm: z.string(),
  pkSm: z.string().optional(),
  vectors: z.array(vectorSchema),
})

const path = new URL('../../vectors/rfc9497-ristretto255.json', import.meta.url)
const file = z
  .object({ modes: z.object({ oprf: modeSchema, voprf: modeSchema }) })
  .parse(JSON.parse(readFileSync(path, 'utf8')))

/** Reducing scalar ‖ 0 gives the scalar: makes the prover draw the vector's nonce. */
const nonce = (r: string) => () => {
  const wide = new Uint8Array(64)
  wide.set(fromHex(r))
  return wide
}

const flat = (items: readonly Uint8Array[]) => Uint8Array.from(items.flatMap((item) => [...item]))

describe.each([defaultGroup(), libsodiumGroup, nobleGroup])(
  'RFC 9497 vectors on $backend',
  (group) => {
    describe.each(['oprf', 'voprf'] as Mode[])('mode %s', (mode) => {
      const vectors = file.modes[mode]
      const key = deriveKeyPair(group, mode, fromHex(vectors.seed), fromHex(vectors.keyInfo))

      it('derives the key pair', () => {
        expect(hex(key.secretKey)).toBe(vectors.skSm)
        if (mode === 'voprf') expect(hex(key.publicKey)).toBe(vectors.pkSm)
      })

      it('has vectors to pass', () => {
        expect(vectors.vectors.map((vector) => vector.Batch)).toEqual(
          mode === 'oprf' ? [1, 1] : [1, 1, 2],
        )
      })

      it.each([...vectors.vectors.entries()])('passes vector %i', async (_, vector) => {
        for (let i = 0; i < vector.Batch; i++) {
          const input = vector.Input[i]!
          const blinded = blind(group, mode, input, vector.Blind[i]!)
          expect(hex(blinded)).toBe(hex(vector.BlindedElement[i]!))
          const evaluated = blindEvaluate(group, key.secretKey, blinded)
          expect(hex(evaluated)).toBe(hex(vector.EvaluationElement[i]!))
          const output = finalize(group, input, vector.Blind[i]!, evaluated)
          expect(hex(output)).toBe(hex(vector.Output[i]!))
        }
        expect(vector.Proof === undefined).toBe(mode === 'oprf')
        if (vector.Proof === undefined) return

        const blinded = flat(vector.BlindedElement)
        const evaluated = flat(vector.EvaluationElement)
        const proof = await generateProof(
          group,
          mode,
          key.secretKey,
          key.publicKey,
          blinded,
          evaluated,
          nonce(vector.Proof.r),
        )
        expect(hex(proof)).toBe(vector.Proof.proof)
        const verify = (changed: Uint8Array, by = proof) =>
          verifyProof(group, mode, key.publicKey, blinded, changed, by)
        expect(await verify(evaluated)).toBe(true)
        for (const [at, byte] of [...proof.entries()].filter(([at]) => at % 16 === 0)) {
          expect(await verify(evaluated, proof.with(at, byte ^ 1))).toBe(false)
        }
        for (let i = 0; i < countOf(evaluated); i++) {
          const changed = evaluated.slice()
          changed.set(group.add(itemAt(evaluated, i), group.generator), 32 * i)
          expect(await verify(changed)).toBe(false)
        }
      })
    })
  },
)
