/**
 * Signed requests to other nodes, answers verified.
 *
 * Adversary: the peer, and whoever sits between on a loopback link without TLS. An answer counts
 * only if the peer's key signed it for this very request; everything else is an error that names
 * the peer. A request whose idle connection turned out dead is sent once more, the same bytes with
 * the same nonce: if the first did arrive, the peer refuses the second as a replay.
 */

import {
  type Bytes,
  type Clock,
  fromUtf8,
  isProtocolError,
  type Json,
  jcs,
  type RandomBytes,
} from '@drempel/protocol/encoding'
import { CODE } from '@drempel/protocol/log'
import { type Answer, BadAnswer } from './answer.ts'
import type { Connections, Exchange } from './connections.ts'
import { checkedUrl, createDialer } from './dial.ts'
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
 * `PEER_UNREACHABLE`, `PEER_TIMEOUT`, `TLS_PIN_MISMATCH`, `PEER_BAD_RESPONSE` (no HTTP, unsigned,
 * forged, truncated, too large, redirect; what of these is in `at`), `PEER_PROBLEM` (status >= 400; the
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
    const head = headOf(method, peer, path, {
      ...parts.headers,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(method === 'GET' ? {} : { 'content-length': String(body.length) }),
    })
    const answer = await send(dialer.connections(peer), peer, head, body, request)
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
      contentType: String(answer.headers['content-type'] ?? ''),
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
  return typeof value === 'string' && CODE.test(value)
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

/** The values are the profile's own, and the path is what URL parsing leaves as it is. */
function headOf(
  method: string,
  peer: Peer,
  path: string,
  headers: Readonly<Record<string, string>>,
): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\nhost: ${hostOf(peer.url)}\r\n${fields.join('')}\r\n`
}

/** A checked URL is its origin, in the form that URL parsing gives it. */
function hostOf(url: string): string {
  return url.slice(url.indexOf('//') + 2)
}

async function send(
  connections: Connections,
  peer: Peer,
  head: string,
  body: Bytes,
  options: PeerRequestOptions,
): Promise<Answer> {
  const { timeoutMs = defaultTimeoutMs, maxResponse = defaultMaxResponse, signal } = options
  let exchange: Exchange | undefined
  let late = false
  const timer = setTimeout(() => {
    late = true
    exchange?.cancel()
  }, timeoutMs)
  const abort = () => exchange?.cancel()
  signal?.addEventListener('abort', abort)
  try {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted()
      exchange = connections.begin({ head, body, limit: maxResponse })
      try {
        return await exchange.answer
      } catch (error) {
        if (late) fail('PEER_TIMEOUT', { culprit: peer.id })
        signal?.throwIfAborted()
        if (error instanceof BadAnswer) return badResponse(peer, error.at)
        if (isProtocolError(error)) throw error
        // The errors above are past the answer's head, so here none has begun.
        const stale = exchange.reused && attempt < 3
        if (!stale) fail('PEER_UNREACHABLE', { culprit: peer.id, at: networkCode(error) })
      }
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Node's own constant such as ECONNREFUSED; never a message, which may quote addresses. */
export function networkCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'connection'
}
