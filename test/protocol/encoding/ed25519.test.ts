/**
 * Ed25519 by the kernels against libsodium, which they stand in for, and @noble/curves: the same
 * signatures, and never a signature accepted that libsodium refuses.
 */

import { readFileSync } from 'node:fs'
import {
  type Bytes,
  concat,
  fromHex,
  hex,
  signerFromSeed,
  sodium,
  utf8,
  verifySignature,
} from '@drempel/protocol/encoding'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { describe, expect, it, vi } from 'vitest'
import { SignatureKernel } from '../../../packages/protocol/src/encoding/ed25519/kernel.ts'
import { KnownKeys } from '../../../packages/protocol/src/encoding/ed25519/keys.ts'
import {
  kernelSigner,
  provesSignature,
} from '../../../packages/protocol/src/encoding/ed25519/scheme.ts'
import { loadKernel } from '../../../packages/protocol/src/encoding/ed25519/select.ts'
import { agrees } from '../../../packages/protocol/src/encoding/ed25519/selftest.ts'
import { f64x2 } from '../../../packages/protocol/wasm/assembler.ts'
import { signatureModule } from '../../../packages/protocol/wasm/curve/ed25519.ts'
import { baselineField } from '../../../packages/protocol/wasm/field/baseline.ts'
import { relaxedField } from '../../../packages/protocol/wasm/field/relaxed.ts'
import { seededRandom } from '../random.ts'
import { compareSignatures } from './signatures.ts'

type Case = { readonly message: string; readonly publicKey: string; readonly signature: string }
type Vectors = {
  readonly rfc8032: { readonly cases: readonly (Case & { readonly seed: string })[] }
  readonly speccheck: { readonly cases: readonly Case[] }
}
const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/ed25519.json', import.meta.url), 'utf8'),
) as Vectors

const { Point } = ed25519
type Point = InstanceType<typeof Point>
const ORDER = Point.Fn.ORDER
const TORSION = ED25519_TORSION_SUBGROUP.map((encoding) => Point.fromHex(encoding))
const BUILDS = ['relaxed', 'baseline'] as const

const multiple = (point: Point, scalar: bigint) =>
  scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar)
const bytesOf = (scalar: bigint) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((scalar >> BigInt(8 * i)) & 0xffn))
const numberOf = (bytes: Bytes) => bytes.reduceRight((sum, byte) => 256n * sum + BigInt(byte), 0n)
const challengeOf = (...parts: readonly Bytes[]) =>
  numberOf(sodium.crypto_hash_sha512(concat(...parts))) % ORDER
const byLibsodium = ({ signature, message, publicKey }: Signed) =>
  sodium.crypto_sign_verify_detached(signature, message, publicKey)

type Signed = { readonly signature: Bytes; readonly message: Bytes; readonly publicKey: Bytes }

function signed(random: (length: number) => Bytes, length: number): Signed & { seed: Bytes } {
  const seed = random(32)
  const message = random(length)
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return { seed, message, publicKey, signature: sodium.crypto_sign_detached(message, privateKey) }
}

/** Of a key with a component of small order, by whoever knows its scalar; R may have one too. */
function signedWithTorsion(scalar: bigint, ofKey: Point, nonce: bigint, ofR: Point, text: string) {
  const publicKey = multiple(Point.BASE, scalar).add(ofKey).toBytes()
  const commitment = multiple(Point.BASE, nonce).add(ofR).toBytes()
  const message = utf8(text)
  const challenge = challengeOf(commitment, publicKey, message)
  const response = bytesOf((nonce + challenge * scalar) % ORDER)
  return { publicKey, message, signature: concat(commitment, response) }
}

/** Every encoding of a point of small order, and y of the prime or more: the same, written otherwise. */
function oddEncodings(): Bytes[] {
  const canonical = TORSION.map((point) => point.toBytes())
  const y = Array.from({ length: 19 }, (_, i) => bytesOf(2n ** 255n - 19n + BigInt(i)))
  return [...canonical, ...y].flatMap((bytes) => [bytes, bytes.with(31, bytes[31]! ^ 0x80)])
}

describe.each(BUILDS)('the kernel %s', (build) => {
  const kernel = loadKernel(build)!
  const random = seededRandom(`ed25519 ${build}`)
  const { at } = kernel.prepare(Point.BASE.toBytes())
  const proves = ({ signature, message, publicKey }: Signed) =>
    provesSignature(kernel, signature, message, publicKey, kernel.prepare(publicKey, at))

  it('runs on the Node.js versions that the package supports', () => {
    expect(kernel).toBeInstanceOf(SignatureKernel)
  })

  it('makes and takes the signatures of RFC 8032', () => {
    for (const { seed, publicKey, message, signature } of vectors.rfc8032.cases) {
      const key = fromHex(publicKey)
      expect(hex(kernelSigner(kernel, fromHex(seed), key)(fromHex(message)))).toBe(signature)
      const given = { signature: fromHex(signature), message: fromHex(message), publicKey: key }
      expect(proves(given)).toBe(true)
    }
  })

  it('signs as libsodium does, for messages of any length', () => {
    for (let length = 0; length < 300; length += 1 + (length % 7)) {
      const { seed, message, publicKey, signature } = signed(random, length)
      expect(kernelSigner(kernel, seed, publicKey)(message)).toEqual(signature)
    }
  })

  it('does what libsodium does', () => {
    expect(compareSignatures(kernel, 500, `quick ${build}`)).toBeGreaterThan(499)
  })

  it('multiplies the base point by the scalars at the borders', () => {
    const small = Array.from({ length: 18 }, (_, i) => BigInt(i))
    const powers = [4n, 8n, 128n, 252n].flatMap((k) => [2n ** k - 1n, 2n ** k, 2n ** k + 1n])
    const repeated = (byte: number) => numberOf(new Uint8Array(32).fill(byte, 0, 31))
    const digits = [0x77, 0x78, 0x87, 0x88, 0xff].map(repeated)
    for (const scalar of [...small, ...powers, ...digits, ORDER - 8n, ORDER - 1n]) {
      const expected = multiple(Point.BASE, scalar % ORDER).toHex()
      expect(hex(kernel.multiplyBase(bytesOf(scalar)))).toBe(expected)
    }
  })

  it('takes multiples of keys from multiples of the base point, whatever their subgroup', () => {
    const scalars = [0n, 1n, 8n, 15n, 16n, ORDER - 1n, 2n ** 252n - 1n]
    while (scalars.length < 12) scalars.push(numberOf(random(32)) % ORDER)
    for (const torsion of TORSION) {
      const key = multiple(Point.BASE, numberOf(random(32)) % ORDER).add(torsion)
      const table = kernel.prepare(key.toBytes(), at)
      for (const [i, s] of scalars.entries()) {
        const k = scalars[(5 * i + 3) % scalars.length]!
        const expected = multiple(Point.BASE, s).subtract(multiple(key, k))
        expect(hex(kernel.difference(bytesOf(s), bytesOf(k), table))).toBe(expected.toHex())
      }
    }
  })

  it('takes no signature with a bit turned, nor for another message or key', () => {
    const first = signed(random, 40)
    const second = signed(random, 40)
    const table = kernel.prepare(first.publicKey)
    const takes = (signature: Bytes, message: Bytes, publicKey = first.publicKey) =>
      provesSignature(kernel, signature, message, publicKey, table)
    expect(takes(first.signature, first.message)).toBe(true)
    for (let bit = 0; bit < 512; bit++) {
      const turned = first.signature.slice()
      turned[bit >> 3]! ^= 1 << (bit & 7)
      expect(takes(turned, first.message), `bit ${bit}`).toBe(false)
    }
    expect(takes(first.signature, second.message)).toBe(false)
    expect(takes(first.signature, first.message, second.publicKey)).toBe(false)
    expect(takes(second.signature, second.message)).toBe(false)
    expect(proves({ ...first, publicKey: second.publicKey })).toBe(false)
    const longer = bytesOf(numberOf(first.signature.slice(32)) + ORDER)
    expect(takes(concat(first.signature.slice(0, 32), longer), first.message)).toBe(false)
  })

  it('takes the published edge cases that libsodium takes', () => {
    const small = oddEncodings().map(hex)
    let [taken, refused] = [0, 0]
    for (const { signature, message, publicKey } of vectors.speccheck.cases) {
      const given = {
        signature: fromHex(signature),
        message: fromHex(message),
        publicKey: fromHex(publicKey),
      }
      const expected = byLibsodium(given)
      const keys = new KnownKeys(() => kernel)
      for (let i = 0; i < 6; i++) {
        expect(keys.verify(given.signature, given.message, given.publicKey)).toBe(expected)
      }
      // Under the others libsodium takes no signature at all, so that they never get a table.
      if (small.includes(publicKey)) continue
      expect(proves(given)).toBe(expected)
      if (expected) taken++
      else refused++
    }
    expect([taken, refused]).toEqual([1, 7])
  })

  it('takes what libsodium takes where keys and commitments have parts of small order', () => {
    let [taken, smallCommitments] = [0, 0]
    for (const [i, ofKey] of TORSION.entries()) {
      const scalar = 1n + (numberOf(random(32)) % (ORDER - 1n))
      for (const [j, ofR] of TORSION.entries()) {
        for (const nonce of [0n, 1n + (numberOf(random(32)) % (ORDER - 1n))]) {
          for (let attempt = 0; attempt < 3; attempt++) {
            const given = signedWithTorsion(scalar, ofKey, nonce, ofR, `${i} ${j} ${attempt}`)
            const expected = byLibsodium(given)
            expect(proves(given), `${i} ${j} ${attempt} ${nonce}`).toBe(expected)
            if (expected) taken++
            const k = challengeOf(given.signature.subarray(0, 32), given.publicKey, given.message)
            const holds = ofR.add(multiple(ofKey, k)).equals(Point.ZERO)
            if (nonce === 0n && holds) smallCommitments++
          }
        }
      }
    }
    // Both kinds occur: the equation holds and R is fit, the equation holds and R is of small order.
    expect(taken).toBeGreaterThan(10)
    expect(smallCommitments).toBeGreaterThan(10)
  })

  it('takes no commitment that is written in an odd way', () => {
    const { seed, publicKey, message } = signed(random, 20)
    const { scalar } = ed25519.utils.getExtendedPublicKey(seed)
    for (const commitment of oddEncodings()) {
      const challenge = challengeOf(commitment, publicKey, message)
      const response = bytesOf((challenge * scalar) % ORDER)
      const given = { publicKey, message, signature: concat(commitment, response) }
      expect(byLibsodium(given)).toBe(false)
      expect(proves(given), hex(commitment)).toBe(false)
    }
  })

  it('leaves nothing of a secret in its memory', () => {
    const { seed, publicKey, message, signature } = signed(random, 50)
    const table = kernel.prepare(publicKey)
    const before = kernel.memory.bytes.slice()
    kernelSigner(kernel, seed, publicKey)(message)
    provesSignature(kernel, signature, message, publicKey, table)
    const { bytes } = kernel.memory
    expect(bytes.findIndex((byte, i) => byte !== (before[i] ?? 0))).toBe(-1)
  })
})

describe('keys in use', () => {
  const kernel = loadKernel('relaxed') ?? loadKernel('baseline')!
  const random = seededRandom('keys in use')
  const watched = () => {
    const prepare = vi.spyOn(kernel, 'prepare')
    prepare.mockClear()
    return { keys: new KnownKeys(() => kernel), prepare }
  }
  const verify = (keys: KnownKeys, { signature, message, publicKey }: Signed) =>
    keys.verify(signature, message, publicKey)

  it('get a table for signatures that hold, and none for others', () => {
    const { keys, prepare } = watched()
    const good = signed(random, 30)
    const bad = { ...good, signature: good.signature.with(40, good.signature[40]! ^ 1) }
    for (let i = 0; i < 20; i++) expect(verify(keys, bad)).toBe(false)
    expect(prepare).not.toHaveBeenCalled()
    for (let i = 0; i < 20; i++) {
      expect(verify(keys, good)).toBe(true)
      expect(verify(keys, bad)).toBe(false)
    }
    expect(prepare).toHaveBeenCalledTimes(1)
  })

  it('are judged by libsodium where there is no kernel', () => {
    const keys = new KnownKeys(() => null)
    const good = signed(random, 30)
    for (let i = 0; i < 10; i++) {
      expect(verify(keys, good)).toBe(true)
      expect(verify(keys, { ...good, message: random(30) })).toBe(false)
    }
  })

  it('are not mixed up, and take no more memory the more there are', () => {
    const { keys } = watched()
    const several = Array.from({ length: 140 }, () => signed(random, 10))
    for (const one of several) for (let i = 0; i < 5; i++) expect(verify(keys, one)).toBe(true)
    const size = kernel.memory.bytes.length
    for (const one of several) for (let i = 0; i < 5; i++) expect(verify(keys, one)).toBe(true)
    expect(kernel.memory.bytes).toHaveLength(size)
    for (const [i, { publicKey }] of several.slice(-20).entries()) {
      const { signature, message } = several[several.length - 1 - i]!
      expect(verify(keys, { signature, message, publicKey })).toBe(false)
    }
  })

  it('are known by their bytes, not by the array that held them', () => {
    const { keys } = watched()
    const [good, other] = [signed(random, 10), signed(random, 10)]
    const array = good.publicKey.slice()
    for (let i = 0; i < 6; i++) verify(keys, { ...good, publicKey: array })
    array.set(other.publicKey)
    expect(verify(keys, { ...good, publicKey: array })).toBe(false)
    expect(verify(keys, { ...other, publicKey: array })).toBe(true)
  })
})

describe('a kernel that computes wrongly', () => {
  const encoded = (module: Uint8Array) => Buffer.from(module).toString('base64')

  it('is refused where a product is rounded before it is added to', () => {
    const { add, mul } = f64x2
    const madd = vi.spyOn(f64x2, 'relaxedMadd').mockImplementation((a, b, c) => add(mul(a, b), c))
    const module = signatureModule(relaxedField)
    expect(madd).toHaveBeenCalled()
    madd.mockRestore()
    expect(agrees(new SignatureKernel(encoded(module)))).toBe(false)
    expect(agrees(new SignatureKernel(encoded(signatureModule(relaxedField))))).toBe(true)
  })

  it.each(['multiplyBase', 'difference', 'prepare'] as const)(
    'is refused where %s is off',
    (method) => {
      const kernel = new SignatureKernel(encoded(signatureModule(() => baselineField)))
      expect(agrees(kernel)).toBe(true)
      if (method === 'prepare') {
        const { prepare } = kernel
        vi.spyOn(kernel, 'prepare').mockImplementation((key, at) => {
          const table = prepare.call(kernel, key, at)
          return { ...table, odd: !table.odd }
        })
      } else {
        const right = kernel[method] as (...given: unknown[]) => Bytes
        vi.spyOn(kernel, method).mockImplementation((...given: unknown[]) => {
          const bytes = right.apply(kernel, given)
          return bytes.with(31, bytes[31]! ^ 0x80)
        })
      }
      expect(agrees(kernel)).toBe(false)
    },
  )

  it('is none where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined)
    try {
      for (const build of BUILDS) expect(loadKernel(build)).toBeUndefined()
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('a signer', () => {
  const random = seededRandom('a signer')

  it('makes the same signatures however many it has made', () => {
    const seed = random(32)
    const { privateKey } = sodium.crypto_sign_seed_keypair(seed)
    const signer = signerFromSeed(seed)
    seed.fill(0)
    for (let i = 0; i < 40; i++) {
      const message = random(i)
      const signature = signer.sign(message)
      expect(signature).toEqual(sodium.crypto_sign_detached(message, privateKey))
      expect(verifySignature(signature, message, signer.publicKey)).toBe(true)
      expect(verifySignature(signature, random(i + 1), signer.publicKey)).toBe(false)
    }
  })

  it('refuses a seed of another length, a verifier a key or a signature of another length', () => {
    expect(() => signerFromSeed(random(31))).toThrow('BAD_KEY')
    const { signature, message, publicKey } = signed(random, 3)
    for (const wrong of [signature.subarray(1), concat(signature, Uint8Array.of(0))]) {
      expect(verifySignature(wrong, message, publicKey)).toBe(false)
    }
    expect(verifySignature(signature, message, publicKey.subarray(1))).toBe(false)
  })
})
