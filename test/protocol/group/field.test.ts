import { describe, expect, it } from 'vitest'
import { DROP, decodeModule, SIMD } from '../../../packages/protocol/wasm/bounds/decode.ts'
import { placesOf } from './bounds.ts'
import { compareField, FIELDS, fieldModule } from './field.ts'

const V128_AND = SIMD + 0x4e
const NOP = 0x01

describe.each(['relaxed', 'baseline'] as const)('the field %s', (name) => {
  const field = FIELDS[name]

  it('computes a hundred thousand times like BigInt', () => {
    const seed = Date.now() % 2 ** 32
    expect(compareField(field, 100_000, seed), `seed ${seed}`).toBeGreaterThan(99_999)
  })

  it('is found out without any one mask of a product', () => {
    const whole = fieldModule(field.field)
    const decoded = decodeModule(whole)
    const index = decoded.exports.get('multiply')!
    const masks = placesOf(decoded, index, V128_AND)
    expect(masks.length).toBeGreaterThan(4)
    for (const place of masks) {
      const { at } = decoded.functions[index]!.code[place]!
      const broken = whole.slice()
      broken.set([DROP, NOP], at)
      expect(() => compareField(field, 100_000, 1, broken), `mask at ${at}`).toThrow('differs')
    }
  })
})
