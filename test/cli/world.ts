/** The command line in this process, against a small real HTTP server or none. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { run } from '@drempel/cli/internal/commands/program'
import type { World } from '@drempel/cli/internal/output/world'
import { onTestFinished } from 'vitest'
import { member } from '../protocol/convenant/world.ts'

export const TOKEN = `drm_0123456789ab_${'x'.repeat(43)}`

export type Ran = {
  readonly exit: number
  readonly out: string
  readonly err: string
  /** The one JSON object on standard output. */
  readonly json: () => Loose
}

// biome-ignore lint/suspicious/noExplicitAny: tests read fields of parsed JSON
export type Loose = any

export type Given = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly now?: number
}

export async function drempel(argv: readonly string[], given: Given = {}): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const world: World = {
    env: { LANG: 'en_US.UTF-8', ...given.env },
    // A folder of its own: a home that lies about elsewhere must not be found.
    cwd: given.cwd ?? folder(),
    stdin: Readable.from(given.stdin === undefined ? [] : [given.stdin]),
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    clock: () => given.now ?? Date.now(),
    random: (length) => new Uint8Array(randomBytes(length)),
  }
  const exit = await run(argv, world)
  const json = () => {
    const lines = out.join('').trimEnd().split('\n')
    if (lines.length !== 1) throw new Error(`${lines.length} lines where one object was due`)
    return JSON.parse(lines[0]!)
  }
  return { exit, out: out.join(''), err: err.join(''), json }
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'drempel-cli-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export type Call = {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly token: string | undefined
  readonly language: string | undefined
  readonly body: Loose
}

export type Answer =
  | { readonly json: unknown; readonly status?: number }
  | { readonly text: string; readonly status?: number }
  | { readonly bytes: Uint8Array }
  | { readonly raw: (response: ServerResponse, request: IncomingMessage) => void }
  | undefined

export type FakeNode = {
  readonly url: string
  readonly calls: Call[]
  /** A home whose member.json and token lead here. */
  readonly home: string
}

/** `answer` sees the path below /api/v1/; undefined is a 404. */
export async function fakeNode(
  answer: (call: Call) => Answer | Promise<Answer>,
  id = 'bank-a',
): Promise<FakeNode> {
  const calls: Call[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', async () => {
      const url = new URL(request.url!, 'http://node')
      const text = Buffer.concat(parts).toString('utf8')
      const call: Call = {
        method: request.method!,
        path: url.pathname.replace('/api/v1/', ''),
        query: url.search,
        token: request.headers.authorization,
        language: request.headers['accept-language'],
        body: text === '' ? undefined : JSON.parse(text),
      }
      calls.push(call)
      send(response, request, await answer(call))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const home = folder()
  const descriptor = member(id, 'bank', port)
  writeFileSync(join(home, 'member.json'), JSON.stringify(descriptor))
  writeFileSync(join(home, 'token'), `${TOKEN}\n`, { mode: 0o600 })
  return { url: descriptor.url, calls, home }
}

export function problem(status: number, code: string, more: object = {}): Answer {
  const title = `title of ${code}`
  return { status, json: { type: `urn:drempel:error:${code}`, title, status, code, ...more } }
}

function send(response: ServerResponse, request: IncomingMessage, answer: Answer): void {
  if (answer !== undefined && 'raw' in answer) {
    answer.raw(response, request)
    return
  }
  const given = answer ?? (problem(404, 'NOT_FOUND') as { json: unknown; status: number })
  if ('bytes' in given) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(given.bytes)
  } else if ('text' in given) {
    response.writeHead(given.status ?? 200, { 'content-type': 'text/plain' }).end(given.text)
  } else {
    response.writeHead(given.status ?? 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(given.json))
  }
}
