import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { contentDigest, signatureBase } from '@drempel/node/internal/peers'
import { base64, fromBase64, fromBase64url, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/rfc9421.json', import.meta.url), 'utf8'),
)

describe('the examples of RFC 9421', () => {
  it('B.2.6: our signature base and Ed25519 give the published signature', () => {
    const { fields, params, signature, key } = vectors['B.2.6']
    const base = signatureBase(fields, params, vectors.request)
    const signer = signerFromSeed(fromBase64url(vectors.keys[key].d))
    expect(base64(signer.sign(base))).toBe(signature)
  })

  it('2.4: a response bound to parts of its request by ;req verifies', () => {
    const { fields, params, signature, key, response } = vectors['2.4']
    const publicKey = createPublicKey({ key: vectors.keys[key], format: 'jwk' })
    const check = (base: Uint8Array) =>
      verify('sha256', base, { key: publicKey, dsaEncoding: 'ieee-p1363' }, fromBase64(signature))
    expect(check(signatureBase(fields, params, response, vectors.request))).toBe(true)
    const other = { ...vectors.request, method: 'PUT' }
    expect(check(signatureBase(fields, params, response, other))).toBe(false)
  })

  it('RFC 9530, appendix B.1: the sha-256 digest of its representation', () => {
    expect(contentDigest(utf8('{"hello": "world"}\n'))).toBe(
      'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
    )
  })
})
