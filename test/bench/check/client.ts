/** An operator's program that asks a node, over connections that stay open. */

import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import type { FederationNode } from '@drempel/examples/federation/index'
import { type CheckResponse, checkResponse } from '@drempel/protocol/api'
import { hostOf, isOver, QUESTION } from './workload.ts'

/** Read later: on two cores a client that parses takes time from the nodes. */
export type Reply = {
  readonly about: number
  readonly milliseconds: number
  readonly status: number
  readonly text: string
}

export type Client = { ask(about: number): Promise<Reply>; close(): void }

export function createClient({ home, member }: FederationNode): Client {
  const agent = new Agent({ keepAlive: true, noDelay: true })
  const authorization = `Bearer ${readFileSync(join(home, 'token'), 'utf8').trim()}`
  return {
    async ask(about) {
      const body = JSON.stringify({ ...QUESTION, value: hostOf(about) })
      const begin = performance.now()
      const { status, text } = await post(`${member.url}/api/v1/checks`, agent, authorization, body)
      return { about, milliseconds: performance.now() - begin, status, text }
    },
    close: () => agent.destroy(),
  }
}

/** @throws Error for a refusal or a wrong answer */
export function readReply({ about, status, text }: Reply): CheckResponse {
  if (status !== 200) throw new Error(`a check was answered with ${status}: ${text}`)
  const answer = checkResponse.parse(JSON.parse(text))
  if ((answer.answer === 'over') !== isOver(about)) throw new Error('a check was answered wrongly')
  return answer
}

function post(url: string, agent: Agent, authorization: string, body: string) {
  const headers = {
    authorization,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
