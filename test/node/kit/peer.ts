/** Requests between members as a liar writes them: well signed, with any content. */

import { createPeerClient, type PeerClient, signRequest } from '@drempel/node/internal/peers'
import { problems } from '@drempel/node/internal/routes'
import { type Bytes, fromUtf8, type Json } from '@drempel/protocol/encoding'
import { expect } from 'vitest'
import { type Federation, random } from './federation.ts'
import type { Member } from './member.ts'

export type Answer = {
  readonly status: number
  readonly body: Bytes
  readonly problem: { readonly code?: string; readonly at?: string; readonly culprit?: string }
}

/** Sends what `from` signs; the answer's signature is verified on the way. */
export async function post(
  from: Member,
  to: Member,
  method: string,
  body: Bytes | Json,
  client: PeerClient = from.ctx.peers,
): Promise<Answer> {
  const options = { allowProblem: true, maxResponse: 1 << 24, timeoutMs: 60_000 }
  const { status, body: answer } = await client.post(to.id, `/peer/v1/${method}`, body, options)
  return {
    status,
    body: answer,
    problem: status < 400 ? {} : readProblem(fromUtf8(answer), status),
  }
}

const FIELDS = ['type', 'title', 'status', 'code', 'culprit', 'at', 'hint', 'instance']

/** A problem document with a code of the closed table, and nothing of how the node is made. */
export function readProblem(text: string, status: number): Answer['problem'] {
  const problem = JSON.parse(text)
  expect(FIELDS).toEqual(expect.arrayContaining(Object.keys(problem)))
  expect(problem.status).toBe(status)
  expect(problem.type).toBe(`urn:drempel:error:${problem.code}`)
  expect(Object.keys(problems)).toContain(problem.code)
  expect(text).not.toMatch(
    /node_modules|packages\/|\.ts:|SqliteError|TypeError|RangeError|ZodError/,
  )
  return problem
}

/** A request is refused with a 4xx and this code, by a node that says so in its log. */
export async function expectRefusal(
  to: Member,
  send: () => Promise<Answer>,
  code: string,
  entry?: { readonly type: string; readonly [field: string]: unknown },
): Promise<Answer> {
  let answer: Answer | undefined
  const added = await to.adds(async () => {
    answer = await send()
  })
  const { status, problem } = answer!
  expect({ code: problem.code, status: Math.floor(status / 100) }).toEqual({ code, status: 4 })
  if (entry !== undefined) {
    expect(added.filter(({ type }) => type.endsWith('.refused'))).toMatchObject([entry])
  }
  return answer!
}

/** A signed request as raw parts, for a test that sends it itself, twice or changed. */
export function signed(from: Member, to: Member, method: string, body: Bytes, now = Date.now()) {
  const targetUri = `${to.descriptor.url}/peer/v1/${method}`
  const { parts } = signRequest({
    method: 'POST',
    targetUri,
    body,
    signer: from.ctx.signer,
    keyid: from.id,
    now,
    random,
  })
  return { url: targetUri, headers: { ...parts.headers }, body }
}

export async function fetchRaw(request: {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: Bytes
}): Promise<Answer> {
  const { url, headers, body } = request
  const response = await fetch(url, { method: 'POST', headers, body: Buffer.from(body) })
  const text = await response.text()
  const { status } = response
  return {
    status,
    body: new TextEncoder().encode(text),
    problem: status < 400 ? {} : readProblem(text, status),
  }
}

/** A client with keys of its own choice. */
export function clientOf(
  federation: Federation,
  self: { readonly id: string; readonly signer: Member['ctx']['signer'] },
): PeerClient {
  return createPeerClient({
    self: { ...self, url: 'http://127.0.0.1:9' },
    directory: federation.directory,
    clock: Date.now,
    random,
  })
}
