/** The FG's view of a node: its own token, requests of data subjects, and what the answers are. */

import type { Recall, SubjectAccess, SubjectCase, SubjectDone } from '@drempel/protocol/api'
import type { Json } from '@drempel/protocol/encoding'
import { expect } from 'vitest'
import type { Member } from '../../kit/member.ts'
import { readProblem } from '../../kit/peer.ts'

export const PROOF = 'identity document seen at the counter'

export class Fg {
  readonly member: Member
  readonly #token: string

  private constructor(member: Member, token: string) {
    this.member = member
    this.#token = token
  }

  static async at(member: Member): Promise<Fg> {
    return new Fg(member, await member.person('fg', 'fg'))
  }

  send(method: string, path: string, body?: Json) {
    return this.member.api(method, path, body, this.#token)
  }

  async #ok<Answer>(method: string, path: string, body?: Json): Promise<Answer> {
    const answer = await this.send(method, path, body)
    expect(answer.text).toBe(answer.status === 200 ? answer.text : '')
    return answer.json as Answer
  }

  access(value: string, more: object = { proof: PROOF }): Promise<SubjectAccess> {
    return this.#ok('POST', '/subjects/access', { kind: 'host', value, ...more })
  }

  act(
    act: 'objection' | 'lift' | 'erasure' | 'rectification',
    value: string,
    more: object = { proof: PROOF },
  ): Promise<SubjectDone> {
    return this.#ok('POST', `/subjects/${act}`, { kind: 'host', value, ...more })
  }

  async cases(all = false): Promise<SubjectCase[]> {
    const { cases } = await this.#ok<{ cases: SubjectCase[] }>('GET', `/subjects?all=${all}`)
    return cases
  }

  extend(name: string, reason = 'many requests'): Promise<SubjectCase> {
    return this.#ok('POST', `/subjects/${name}/extension`, { reason })
  }

  close(name: string, outcome: string): Promise<SubjectCase> {
    return this.#ok('POST', `/subjects/${name}/closing`, { outcome })
  }

  async recalls(all = false): Promise<Recall[]> {
    const { recalls } = await this.#ok<{ recalls: Recall[] }>('GET', `/recalls?all=${all}`)
    return recalls
  }

  /** The code of a request that is refused. */
  async refused(method: string, path: string, body?: Json): Promise<string | undefined> {
    const { status, text } = await this.send(method, path, body)
    expect(Math.floor(status / 100)).toBe(4)
    return readProblem(text, status).code
  }
}
