/**
 * The operator API of one node. Requests and responses pass the schemas that the node uses too;
 * identifiers travel in request bodies only, never in a path or a query.
 */

import { problem } from '@drempel/protocol/api'
import { type Bytes, fromUtf8, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import type { z } from 'zod'
import { fail } from '../output/errors.ts'
import { NodeProblem } from '../output/explain.ts'
import type { Lang, Text } from '../output/language.ts'
import type { Target } from './target.ts'
import { createTransport, type Reply } from './transport.ts'

export type Query = Readonly<Record<string, string | number | undefined>>

export type CallOptions = {
  readonly query?: Query
  readonly timeoutMs?: number
  /** The node does the same if it gets the request twice: a lost answer is asked for again. */
  readonly repeatable?: boolean
}

export type NodeClient = {
  readonly target: Target
  /** `path` below `/api/v1/`. @throws NodeProblem; ProtocolError as the transport, `BAD_RESPONSE` */
  get<S extends z.ZodType>(path: string, schema: S, options?: CallOptions): Promise<z.output<S>>
  /** @throws as `get`; ProtocolError `USAGE` for a body that the schema refuses */
  send<Q extends z.ZodType, S extends z.ZodType>(
    method: 'POST' | 'PUT',
    path: string,
    body: readonly [schema: Q, value: z.input<Q>],
    schema: S,
    options?: CallOptions,
  ): Promise<z.output<S>>
  remove(path: string): Promise<void>
  text(path: string): Promise<string>
  /** Undefined when the node has nothing there. */
  bytes(path: string): Promise<Bytes | undefined>
  /** Whether anything that speaks HTTP answers; needs no token. */
  health(): Promise<boolean>
  close(): void
}

const TIMEOUT_MS = 60_000
const ATTEMPTS = 4

export function createNodeClient(target: Target, lang: Lang): NodeClient {
  const transport = createTransport(target)

  async function call(
    method: string,
    path: string,
    accept: string,
    body?: unknown,
    { query, timeoutMs = TIMEOUT_MS, repeatable = method === 'GET' }: CallOptions = {},
  ): Promise<Reply> {
    if (target.token === undefined) fail('TOKEN_MISSING', { at: target.url })
    const headers = {
      accept,
      authorization: `Bearer ${target.token}`,
      'accept-language': lang,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const url = `/api/v1/${path}${queryText(query)}`
    for (let attempt = 1; ; attempt++) {
      try {
        return await transport.send(method, url, { headers, timeoutMs, ...sent })
      } catch (error) {
        // A node that is not there at all is not going to be there in a second.
        const lost = isProtocolError(error, 'NODE_UNREACHABLE') && error.hint !== undefined
        if (!repeatable || !lost || attempt === ATTEMPTS) throw startable(error, target, lang)
        await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt))
      }
    }
  }

  return {
    target,
    async get(path, schema, options) {
      const reply = await call('GET', path, 'application/json', undefined, options)
      return parse(succeeded(reply), schema)
    },
    async send(method, path, [requestSchema, value], schema, options) {
      const request = requestSchema.safeParse(value)
      if (!request.success) return fail('USAGE', { at: request.error.issues[0]!.path.join('.') })
      const reply = await call(method, path, 'application/json', request.data, options)
      return parse(succeeded(reply), schema)
    },
    async remove(path) {
      succeeded(await call('DELETE', path, 'application/json'))
    },
    async text(path) {
      return fromUtf8(succeeded(await call('GET', path, 'text/plain')).body)
    },
    async bytes(path) {
      const reply = await call('GET', path, 'application/octet-stream')
      return reply.status === 404 ? undefined : succeeded(reply).body
    },
    async health() {
      const reply = await transport
        .send('GET', '/health', { headers: {}, timeoutMs: 5_000 })
        .catch((error) => {
          throw startable(error, target, lang)
        })
      return reply.status === 200
    },
    close: () => transport.close(),
  }
}

/** Nobody listens there: the command that starts the home's own node, or a doubt about the address. */
function startable(error: unknown, { url, home }: Target, lang: Lang): unknown {
  if (!isProtocolError(error, 'NODE_UNREACHABLE') || error.hint !== undefined) return error
  const start = `drempel up --home ${home?.path}`
  const hint: Text =
    url === home?.member.url
      ? { nl: `start hem met: ${start}`, en: `start it with: ${start}` }
      : {
          nl: 'klopt het adres, en draait de node daar?',
          en: 'is the address right, and is the node running there?',
        }
  return new ProtocolError('NODE_UNREACHABLE', { at: url, hint: hint[lang] })
}

function succeeded(reply: Reply): Reply {
  if (reply.status >= 200 && reply.status < 300) return reply
  const document = problem.safeParse(jsonOf(reply.body))
  if (!document.success) return fail('BAD_RESPONSE', { at: `HTTP ${reply.status}` })
  throw new NodeProblem(document.data)
}

function parse<S extends z.ZodType>({ body }: Reply, schema: S): z.output<S> {
  const parsed = schema.safeParse(jsonOf(body))
  if (parsed.success) return parsed.data
  return fail('BAD_RESPONSE', { at: parsed.error.issues[0]!.path.join('.') || 'body' })
}

function jsonOf(body: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(body))
  } catch {
    return undefined
  }
}

function queryText(query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.set(name, String(value))
  }
  return params.size === 0 ? '' : `?${params}`
}
