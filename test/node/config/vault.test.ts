import { createVault, systemRandom } from '@drempel/node/internal/config'
import { fromUtf8, hex, utf8 } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'

const vault = createVault(new Uint8Array(32).fill(1))

describe('the vault', () => {
  it('opens what it sealed, in its place', () => {
    const sealed = vault.seal('flag/1', utf8('example.org'), systemRandom)
    expect(fromUtf8(vault.open('flag/1', sealed))).toBe('example.org')
    expect(vault.open('x', vault.seal('x', new Uint8Array(0), systemRandom)).length).toBe(0)
    expect(() => vault.open('flag/2', sealed)).toThrow('SEALED_DAMAGED')
  })

  it('seals equal texts to different bytes', () => {
    const [a, b] = [1, 2].map(() => vault.seal('c', utf8('same'), systemRandom))
    expect(a).not.toEqual(b)
  })

  it('refuses every flipped bit and every cut', () => {
    const sealed = vault.seal('c', utf8('x'), systemRandom)
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = sealed.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => vault.open('c', changed)).toThrow('SEALED_DAMAGED')
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => vault.open('c', sealed.subarray(0, length))).toThrow('SEALED_DAMAGED')
    }
  })

  it('opens nothing under another master key, and says which key it is', () => {
    const other = createVault(new Uint8Array(32).fill(2))
    expect(() => other.open('c', vault.seal('c', utf8('x'), systemRandom))).toThrow(
      'SEALED_DAMAGED',
    )
    expect(other.keyId).not.toBe(vault.keyId)
    expect(createVault(new Uint8Array(32).fill(1)).keyId).toBe(vault.keyId)
    expect(() => createVault(new Uint8Array(31))).toThrow('BAD_MASTER_KEY')
  })

  it('finds rows by an index that depends on kind, identifier and key', () => {
    const index = vault.blindIndex('host', 'example.org')
    expect(index.length).toBe(32)
    expect(vault.blindIndex('host', 'example.org')).toEqual(index)
    const other = createVault(new Uint8Array(32).fill(2))
    for (const different of [
      vault.blindIndex('domain', 'example.org'),
      vault.blindIndex('host', 'example.com'),
      other.blindIndex('host', 'example.org'),
    ]) {
      expect(different).not.toEqual(index)
    }
  })
})

describe('the randomness of a node', () => {
  it('never hands out the same bytes twice, across refills and sizes', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 5_000; i++) seen.add(hex(systemRandom(16)))
    expect(seen.size).toBe(5_000)
    for (const length of [0, 1, 4_096, 4_097, 100_000]) {
      expect(systemRandom(length).length).toBe(length)
    }
    expect(systemRandom(100_000).some((byte) => byte !== 0)).toBe(true)
  })
})
