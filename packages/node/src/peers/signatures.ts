/**
 * HTTP message signatures (RFC 9421, Ed25519) over digests of bodies (RFC 9530, sha-256), in one
 * fixed profile: the label, the covered components, the parameters and their order are given, and
 * a message that says it otherwise is refused. With the components fixed, a signature base is a
 * few lines; tests hold it against the RFC's examples and against another implementation.
 *
 * A request covers its method, target URI and digest; created, nonce and keyid (the member id) are
 * parameters. The target URI begins with the recipient's own URL, so a request to one node is no
 * request to another. A response covers its status and digest, each component of the request
 * (section 2.4: SHOULD), and the request's signature. Section 2.4 advises against that last one
 * because intermediaries may rewrite signatures; between nodes there are none, and it is what ties
 * an answer to one nonce.
 */

import { hash } from 'node:crypto'
import {
  type Bytes,
  base64url,
  type RandomBytes,
  type Signer,
  utf8,
  verifySignature,
} from '@drempel/protocol/encoding'
import { fail } from './errors.ts'
import type { Directory, Peer, SignedMessage } from './types.ts'

/** How far `created` may be from the recipient's clock, either way. */
export const maxSkewSeconds = 60

const label = 'drempel'
const tag = 'drempel-peer-v1'
const requestFields = ['"@method"', '"@target-uri"', '"content-digest"']
const responseFields = [
  '"@status"',
  '"content-digest"',
  '"@method";req',
  '"@target-uri";req',
  '"content-digest";req',
  `"signature";req;key="${label}"`,
]

// RFC 8941 integers and strings, in the one order that this profile writes; a keyid has no escapes.
const created = ';created=([1-9]\\d{0,11})'
const signedBy = `;keyid="([ !#-\\[\\]-~]{1,128})";tag="${tag}"`
const requestParams = new RegExp(`^${created};nonce="([A-Za-z0-9_-]{22})"${signedBy}$`)
const responseParams = new RegExp(`^${created}${signedBy}$`)
// Base64 of 64 bytes leaves four bits that no decoder needs: only one form of them is taken.
const signatureForm = /^drempel=:([A-Za-z0-9+/]{85}[AQgw]==):$/

export type SignatureHeaders = {
  readonly 'content-digest': string
  readonly 'signature-input': string
  readonly signature: string
}

/** The parts of a request that its signature, and the answer's, speak of. */
export type RequestParts = {
  readonly method: string
  readonly targetUri: string
  readonly headers: SignatureHeaders
}

export function contentDigest(body: Bytes): string {
  return `sha-256=:${hash('sha256', body, 'base64')}:`
}

export function signRequest(input: {
  method: string
  targetUri: string
  body: Bytes
  signer: Signer
  keyid: string
  now: number
  random: RandomBytes
}): { parts: RequestParts; signed: SignedMessage } {
  const { method, targetUri, keyid, signer } = input
  const digest = contentDigest(input.body)
  const params =
    `;created=${Math.floor(input.now / 1000)};nonce="${base64url(input.random(16))}"` +
    `;keyid="${keyid}";tag="${tag}"`
  const base = signatureBase(requestLines(method, targetUri, digest), params)
  const signed = { signer: keyid, base, signature: signer.sign(base) }
  const headers = signatureHeaders(digest, requestFields, params, signed.signature)
  return { parts: { method, targetUri, headers }, signed }
}

/**
 * Verifies everything but the body, which the caller reads only for a known peer, compares with
 * `digest`, and then remembers the nonce.
 * @throws ProtocolError `SIGNATURE_MISSING`, `SIGNATURE_MALFORMED`, `UNKNOWN_PEER`, `SIGNATURE_INVALID`, `CLOCK_SKEW`
 */
export function verifyRequest(
  parts: RequestParts,
  directory: Directory,
  now: number,
): { peer: Peer; digest: string; nonce: string; created: number; signed: SignedMessage } {
  const { headers } = parts
  const { values, text } = parseInput(headers['signature-input'], requestFields, requestParams)
  const [created = '', nonce = '', keyid = ''] = values
  const signature = parseSignature(headers.signature)
  const peer = directory(keyid)
  if (peer === undefined) return fail('UNKNOWN_PEER')
  const lines = requestLines(parts.method, parts.targetUri, headers['content-digest'])
  const base = signatureBase(lines, text)
  if (!verifySignature(signature, base, peer.signingKey)) fail('SIGNATURE_INVALID')
  if (Math.abs(now / 1000 - Number(created)) > maxSkewSeconds)
    fail('CLOCK_SKEW', { culprit: keyid })
  const signed = { signer: keyid, base, signature }
  return { peer, digest: headers['content-digest'], nonce, created: Number(created), signed }
}

export function signResponse(input: {
  status: number
  body: Bytes
  request: RequestParts
  signer: Signer
  keyid: string
  now: number
}): SignatureHeaders {
  const digest = contentDigest(input.body)
  const params = `;created=${Math.floor(input.now / 1000)};keyid="${input.keyid}";tag="${tag}"`
  const base = signatureBase(responseLines(input.status, digest, input.request), params)
  return signatureHeaders(digest, responseFields, params, input.signer.sign(base))
}

/** @throws ProtocolError as `verifyRequest`, and `DIGEST_MISMATCH`; all with culprit = the peer */
export function verifyResponse(input: {
  status: number
  body: Bytes
  headers: SignatureHeaders
  request: RequestParts
  peer: Peer
}): SignedMessage {
  const { peer, headers } = input
  const { values, text } = parseInput(headers['signature-input'], responseFields, responseParams)
  if (values[1] !== peer.id) fail('SIGNATURE_MALFORMED', { at: 'keyid' })
  const signature = parseSignature(headers.signature)
  const lines = responseLines(input.status, headers['content-digest'], input.request)
  const base = signatureBase(lines, text)
  if (!verifySignature(signature, base, peer.signingKey)) fail('SIGNATURE_INVALID')
  if (contentDigest(input.body) !== headers['content-digest']) fail('DIGEST_MISMATCH')
  return { signer: peer.id, base, signature }
}

/** @throws ProtocolError `SIGNATURE_MISSING`, `SIGNATURE_MALFORMED` (a digest that is not one strict sha-256) */
export function pickHeaders(
  get: (name: keyof SignatureHeaders) => string | string[] | undefined,
): SignatureHeaders {
  const pick = (name: keyof SignatureHeaders): string => {
    const value = get(name)
    if (value === undefined || value === '') return fail('SIGNATURE_MISSING', { at: name })
    if (typeof value !== 'string') return fail('SIGNATURE_MALFORMED', { at: name })
    return value
  }
  const headers = {
    'content-digest': pick('content-digest'),
    'signature-input': pick('signature-input'),
    signature: pick('signature'),
  }
  if (!/^sha-256=:[A-Za-z0-9+/]{43}=:$/.test(headers['content-digest'])) {
    fail('SIGNATURE_MALFORMED', { at: 'content-digest' })
  }
  if (!signatureForm.test(headers.signature)) fail('SIGNATURE_MALFORMED', { at: 'signature' })
  return headers
}

/**
 * RFC 9421, section 2.5, from component identifiers with their values, in order.
 * @param params of the signature, serialised; begins with a semicolon
 */
export function signatureBase(
  lines: readonly (readonly [identifier: string, value: string])[],
  params: string,
): Bytes {
  const fields = lines.map(([identifier]) => identifier).join(' ')
  const covered = lines.map(([identifier, value]) => `${identifier}: ${value}\n`).join('')
  return utf8(`${covered}"@signature-params": (${fields})${params}`)
}

function requestLines(method: string, targetUri: string, digest: string) {
  return zip(requestFields, [method, targetUri, digest])
}

function responseLines(status: number, digest: string, request: RequestParts) {
  const signature = request.headers.signature.slice(`${label}=`.length)
  const { method, targetUri, headers } = request
  const asked = [method, targetUri, headers['content-digest'], signature]
  return zip(responseFields, [String(status), digest, ...asked])
}

function zip(fields: readonly string[], values: readonly string[]) {
  return fields.map((field, i) => [field, values[i]!] as const)
}

function signatureHeaders(
  digest: string,
  fields: readonly string[],
  params: string,
  signature: Bytes,
): SignatureHeaders {
  return {
    'content-digest': digest,
    'signature-input': `${label}=(${fields.join(' ')})${params}`,
    signature: signatureHeader(signature),
  }
}

/** The values that `pattern` captures, and the parameters as they were sent and signed. */
function parseInput(
  header: string,
  fields: readonly string[],
  pattern: RegExp,
): { values: readonly string[]; text: string } {
  const covered = `${label}=(${fields.join(' ')})`
  if (!header.startsWith(covered)) fail('SIGNATURE_MALFORMED', { at: 'components' })
  const text = header.slice(covered.length)
  const match = pattern.exec(text) ?? fail('SIGNATURE_MALFORMED', { at: 'params' })
  return { values: match.slice(1), text }
}

function parseSignature(header: string): Bytes {
  const [, text = ''] =
    signatureForm.exec(header) ?? fail('SIGNATURE_MALFORMED', { at: 'signature' })
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function signatureHeader(signature: Bytes): string {
  return `${label}=:${Buffer.from(signature).toString('base64')}:`
}
