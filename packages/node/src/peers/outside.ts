/**
 * Requests to servers that are no members of the convenant, such as a witness of c2sp.org/tlog-witness:
 * ordinary HTTPS, or HTTP to loopback. Nothing of an answer is believed for where it comes from; what
 * counts in it is signed.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import { isLoopback } from '../config/index.ts'
import { fail } from './errors.ts'

export type OutsideAnswer = {
  readonly status: number
  readonly contentType: string
  readonly body: Bytes
}

export type OutsideClient = {
  /** @throws ProtocolError `PEER_UNREACHABLE`, `PEER_TIMEOUT`, `PEER_BAD_RESPONSE` */
  post(url: string, body: Bytes, options: { readonly timeoutMs: number }): Promise<OutsideAnswer>
}

const MAX_ANSWER = 64 * 1024

export function createOutsideClient(): OutsideClient {
  return {
    async post(url, body, { timeoutMs }) {
      const { protocol, hostname } = new URL(url)
      const host = hostname.replace(/^\[(.*)\]$/, '$1')
      if (protocol !== 'https:' && !isLoopback(host)) fail('PEER_UNREACHABLE', { at: 'url' })
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        const response = await fetch(url, {
          method: 'POST',
          body: body.slice().buffer as ArrayBuffer,
          redirect: 'manual',
          signal,
        })
        return {
          status: response.status,
          contentType: response.headers.get('content-type') ?? '',
          body: await bounded(response),
        }
      } catch (error) {
        if (signal.aborted) return fail('PEER_TIMEOUT')
        // What fetch throws may quote the address.
        if (error instanceof TooLarge) return fail('PEER_BAD_RESPONSE', { at: 'size' })
        return fail('PEER_UNREACHABLE')
      }
    },
  }
}

class TooLarge extends Error {}

async function bounded({ body }: Response): Promise<Bytes> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > MAX_ANSWER) throw new TooLarge()
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
