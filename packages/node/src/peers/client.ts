/**
 * Signed requests to other nodes, answers verified.
 *
 * Adversary: the peer, and whoever sits between on a loopback link without TLS. An answer counts
 * only if the peer's key signed it for this very request; everything else is an error that names
 * the peer. A request whose idle connection turned out dead is sent once more, the same bytes with
 * the same nonce: if the first did arrive, the peer refuses the second as a replay.
 */

import type { ClientRequest, IncomingMessage } from 'node:http'
import {
  type Bytes,
  type Clock,
  fromUtf8,
  isProtocolError,
  type Json,
  jcs,
  type RandomBytes,
} from '@drempel/protocol/encoding'
import { collect } from '../http/index.ts'
import { checkedUrl, createDialer, type Dialer } from './dial.ts'
import { fail } from './errors.ts'
import { encodeEvidence } from './evidence.ts'
import { pickHeaders, signRequest, verifyResponse } from './signatures.ts'
import type { Directory, Peer, Self } from './types.ts'

export type PeerRequestOptions = {
  /** `application/octet-stream` for bytes, `application/json` (JCS) for JSON */
  readonly contentType?: string
  /** Whole exchange; 30 s by default. */
  readonly timeoutMs?: number
  /** Largest answer in bytes; 1 MiB by default. */
  readonly maxResponse?: number
  readonly signal?: AbortSignal
  /** Also return answers with status 400 and above instead of throwing PEER_PROBLEM. */
  readonly allowProblem?: boolean
}

export type PeerResponse = {
  readonly status: number
  readonly contentType: string
  readonly body: Bytes
  /** The body as JSON, unvalidated. @throws ProtocolError `PEER_BAD_RESPONSE` */
  json(): Json
  /** The signed exchange, for `ProtocolError.evidence`; with the request's body only if asked. */
  evidence(options?: { withRequestBody?: boolean }): Bytes
}

/**
 * Every method throws ProtocolError with culprit = member:
 * `PEER_UNREACHABLE`, `PEER_TIMEOUT`, `TLS_PIN_MISMATCH`, `PEER_BAD_RESPONSE` (unsigned, forged,
 * truncated, too large, redirect; what of these is in `at`), `PEER_PROBLEM` (status >= 400; the
 * problem's code is in `at`, the signed exchange in `evidence`), `UNKNOWN_PEER`.
 * @param path starts with `/`; carries no identifiers
 */
export type PeerClient = {
  post(
    member: string,
    path: string,
    body: Bytes | Json,
    options?: PeerRequestOptions,
  ): Promise<PeerResponse>
  get(member: string, path: string, options?: PeerRequestOptions): Promise<PeerResponse>
  close(): void
}

const defaultTimeoutMs = 30_000
const defaultMaxResponse = 1 << 20

export function createPeerClient(options: {
  self: Self
  directory: Directory
  clock: Clock
  random: RandomBytes
}): PeerClient {
  const { self, directory, clock, random } = options
  const dialer = createDialer(self)

  async function exchange(
    member: string,
    method: string,
    path: string,
    body: Bytes,
    contentType: string | undefined,
    request: PeerRequestOptions = {},
  ): Promise<PeerResponse> {
    const peer = directory(member) ?? fail('UNKNOWN_PEER', { culprit: member })
    const targetUri = targetOf(peer, path)
    const { parts, signed } = signRequest({
      method,
      targetUri,
      body,
      signer: self.signer,
      keyid: self.id,
      now: clock(),
      random,
    })
    const headers = {
      ...parts.headers,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(method === 'GET' ? {} : { 'content-length': String(body.length) }),
    }
    const answer = await send(dialer, peer, method, path, headers, body, request)
    const response = attributed(peer, () =>
      verifyResponse({
        status: answer.status,
        body: answer.body,
        headers: pickHeaders((name) => answer.headers[name]),
        request: parts,
        peer,
      }),
    )
    const evidence = ({ withRequestBody = false } = {}) =>
      encodeEvidence({
        request: signed,
        ...(withRequestBody ? { requestBody: body } : {}),
        response,
        responseBody: answer.body,
      })
    if (answer.status >= 300 && answer.status < 400) badResponse(peer, 'redirect')
    if (answer.status >= 400 && request.allowProblem !== true) {
      fail('PEER_PROBLEM', {
        culprit: peer.id,
        at: problemCode(answer.body),
        evidence: evidence(),
      })
    }
    return {
      status: answer.status,
      contentType: answer.headers['content-type'] ?? '',
      body: answer.body,
      json: () => parseJson(answer.body) ?? badResponse(peer, 'json'),
      evidence,
    }
  }

  return {
    post: (member, path, body, request) => {
      const isBytes = body instanceof Uint8Array
      const type = isBytes ? 'application/octet-stream' : 'application/json'
      const bytes = isBytes ? body : jcs(body)
      return exchange(member, 'POST', path, bytes, request?.contentType ?? type, request)
    },
    get: (member, path, request) =>
      exchange(member, 'GET', path, new Uint8Array(0), undefined, request),
    close: () => dialer.close(),
  }
}

/** What is signed must be what is sent, so a path that URL parsing would change is a mistake of the caller. */
export function targetOf(peer: Peer, path: string): string {
  const target = `${peer.url}${path}`
  if (!path.startsWith('/') || checkedUrl(peer).origin !== peer.url) {
    fail('PEER_UNREACHABLE', { culprit: peer.id, at: 'url' })
  }
  const { pathname, search } = new URL(target)
  if (`${pathname}${search}` !== path) fail('PEER_UNREACHABLE', { culprit: peer.id, at: 'path' })
  return target
}

/** The code of a problem document; of a refusal by the convenant the more precise one that it carries. */
export function problemCode(body: Bytes): string {
  const problem = parseJson(body)
  if (typeof problem !== 'object' || problem === null) return 'UNKNOWN'
  const { code, at } = problem as { readonly code?: unknown; readonly at?: unknown }
  const named = code === 'REFUSED' && isCode(at) ? at : code
  return isCode(named) ? named : 'UNKNOWN'
}

function isCode(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(value)
}

/** Whatever is wrong with an answer, it is the peer's: PEER_BAD_RESPONSE with the reason in `at`. */
export function attributed<T>(peer: Peer, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return badResponse(peer, error.code)
  }
}

function badResponse(peer: Peer, at: string): never {
  return fail('PEER_BAD_RESPONSE', { culprit: peer.id, at })
}

function parseJson(body: Bytes): Json | undefined {
  try {
    return JSON.parse(fromUtf8(body)) as Json
  } catch {
    return undefined
  }
}

type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Bytes
}

async function send(
  dialer: Dialer,
  peer: Peer,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Bytes,
  options: PeerRequestOptions,
): Promise<Answer> {
  const { timeoutMs = defaultTimeoutMs, maxResponse = defaultMaxResponse, signal } = options
  let request: ClientRequest | undefined
  let late = false
  const timer = setTimeout(() => {
    late = true
    request?.destroy()
  }, timeoutMs)
  const abort = () => request?.destroy()
  signal?.addEventListener('abort', abort)
  try {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted()
      request = dialer.request(peer, method, path, headers)
      try {
        const response = await answered(request, body)
        const received = await receive(peer, response, maxResponse)
        return { status: response.statusCode ?? 0, headers: response.headers, body: received }
      } catch (error) {
        if (late) fail('PEER_TIMEOUT', { culprit: peer.id })
        signal?.throwIfAborted()
        if (isProtocolError(error)) throw error
        // A protocol error is past the answer's head, so here none has begun.
        const stale = request.reusedSocket && attempt < 3
        if (!stale) fail('PEER_UNREACHABLE', { culprit: peer.id, at: networkCode(error) })
      }
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** The head of the answer. */
function answered(request: ClientRequest, body: Bytes): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Stays: an error of the connection that nobody hears, however late, ends the process.
    request.on('error', reject)
    request.on('response', resolve)
    // Not asked for: nothing of the peer's protocol upgrades a request.
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('upgraded'))
    })
    request.end(body)
  })
}

async function receive(peer: Peer, response: IncomingMessage, limit: number): Promise<Bytes> {
  const body = await collect(response, limit).catch(() => badResponse(peer, 'truncated'))
  if (body !== undefined) return body
  // The rest is not wanted.
  response.destroy()
  return badResponse(peer, 'size')
}

/** Node's own constant such as ECONNREFUSED; never a message, which may quote addresses. */
export function networkCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'connection'
}
