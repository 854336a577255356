import { createVault, openWith, sealWith, systemRandom } from '@drempel/node/internal/config'
import { fromUtf8, hex, sodium, utf8 } from '@drempel/protocol/encoding'
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

  it('makes a MAC that depends on key, context and data, and is no index', () => {
    const mac = vault.mac('log/a', utf8('x'))
    expect(mac.length).toBe(32)
    expect(vault.mac('log/a', utf8('x'))).toEqual(mac)
    const other = createVault(new Uint8Array(32).fill(2))
    for (const different of [
      vault.mac('log/b', utf8('x')),
      vault.mac('log/a', utf8('y')),
      vault.mac('log/', utf8('a\nx')),
      vault.blindIndex('log/a', 'x'),
      other.mac('log/a', utf8('x')),
    ]) {
      expect(different).not.toEqual(mac)
    }
  })
})

describe('sealing under a key given', () => {
  const [key, context] = [systemRandom(32), 'record/of a batch']
  // Around the length from which OpenSSL seals and opens.
  const LENGTHS = [0, 1, 8_191, 8_192, 8_193, 300_000]

  it('writes what libsodium opens, and opens what libsodium wrote, at every length', () => {
    for (const length of LENGTHS) {
      const plaintext = systemRandom(length)
      const sealed = sealWith(key, context, plaintext, systemRandom)
      const [nonce, box] = [sealed.subarray(0, 24), sealed.subarray(24)]
      const theirs = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        ...([plaintext, utf8(context), null, nonce, key] as const),
      )
      expect(Buffer.compare(box, theirs)).toBe(0)
      expect(Buffer.compare(openWith(key, context, sealed), plaintext)).toBe(0)
    }
  })

  it.each(LENGTHS)('of %i bytes refuses every other key, context, and byte', (length) => {
    const sealed = sealWith(key, context, systemRandom(length), systemRandom)
    const damaged = { code: 'SEALED_DAMAGED' }
    const refused = (work: () => unknown) => expect(work).toThrow(expect.objectContaining(damaged))
    refused(() => openWith(systemRandom(32), context, sealed))
    refused(() => openWith(key, `${context}.`, sealed))
    for (const at of [
      0,
      15,
      16,
      23,
      24,
      sealed.length - 17,
      sealed.length - 16,
      sealed.length - 1,
    ]) {
      const changed = sealed.slice()
      changed[at]! ^= 1
      refused(() => openWith(key, context, changed))
    }
    for (const end of [0, 39, sealed.length - 1]) {
      refused(() => openWith(key, context, sealed.subarray(0, end)))
    }
    refused(() => openWith(key, context, new Uint8Array([...sealed, 0])))
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
