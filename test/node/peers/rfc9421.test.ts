import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  contentDigest,
  signatureBase,
  signRequest,
  signResponse,
} from '@drempel/node/internal/peers'
import {
  base64,
  fromBase64,
  fromBase64url,
  signerFromSeed,
  utf8,
  verifySignature,
} from '@drempel/protocol/encoding'
import { httpbis } from 'http-message-signatures'
import { describe, expect, it } from 'vitest'
import { keysOf, random } from './world.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/rfc9421.json', import.meta.url), 'utf8'),
)

describe('the examples of RFC 9421', () => {
  it('B.2.6: our signature base and Ed25519 give the published signature', () => {
    const { lines, params, signature, key } = vectors['B.2.6']
    const signer = signerFromSeed(fromBase64url(vectors.keys[key].d))
    expect(base64(signer.sign(signatureBase(lines, params)))).toBe(signature)
  })

  it('2.4: a response bound to parts of its request by ;req verifies', () => {
    const { lines, params, signature, key } = vectors['2.4']
    const publicKey = createPublicKey({ key: vectors.keys[key], format: 'jwk' })
    const check = (base: Uint8Array) =>
      verify('sha256', base, { key: publicKey, dsaEncoding: 'ieee-p1363' }, fromBase64(signature))
    expect(check(signatureBase(lines, params))).toBe(true)
    const put = lines.map(([name, value]: [string, string]) => [name, value.replace('POST', 'PUT')])
    expect(check(signatureBase(put, params))).toBe(false)
  })

  it('RFC 9530, appendix B.1: the sha-256 digest of its representation', () => {
    expect(contentDigest(utf8('{"hello": "world"}\n'))).toBe(
      'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
    )
  })
})

describe('another implementation of RFC 9421', () => {
  const now = Date.now()
  const targetUri = 'https://bob.example:8443/peer/x?y=1'
  const { parts } = signRequest({
    method: 'POST',
    targetUri,
    body: utf8('ask'),
    signer: keysOf('alice'),
    keyid: 'alice',
    now,
    random,
  })
  const request = { method: 'POST', url: targetUri, headers: { ...parts.headers } }
  const lookup = (id: string) => ({
    keyLookup: async () => ({
      id,
      verify: async (base: Uint8Array, signature: Uint8Array) =>
        verifySignature(signature, base, keysOf(id).publicKey),
    }),
    tolerance: 5,
  })

  it('verifies our requests', async () => {
    expect(await httpbis.verifyMessage(lookup('alice'), request)).toBe(true)
    expect(await httpbis.verifyMessage(lookup('bob'), request)).toBe(false)
    const other = { ...request, url: `${targetUri}0` }
    expect(await httpbis.verifyMessage(lookup('alice'), other)).toBe(false)
  })

  it('verifies our responses, bound to the request and its signature', async () => {
    const signed = signResponse({
      status: 503,
      body: utf8('busy'),
      request: parts,
      signer: keysOf('bob'),
      keyid: 'bob',
      now,
    })
    const response = { status: 503, headers: { ...signed } }
    expect(await httpbis.verifyMessage(lookup('bob'), response, request)).toBe(true)
    const ok = { ...response, status: 200 }
    expect(await httpbis.verifyMessage(lookup('bob'), ok, request)).toBe(false)
    const signature = request.headers.signature.replace(/:.{4}/, ':AAAA')
    const other = { ...request, headers: { ...request.headers, signature } }
    expect(await httpbis.verifyMessage(lookup('bob'), response, other)).toBe(false)
  })
})
