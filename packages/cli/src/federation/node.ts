/** One partner's node: its home on disk, its process while there is one, its operator API. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MemberDescriptor } from '@drempel/protocol/convenant'
import { type OperatorApi, operatorApi } from './api.ts'
import { NodeProcess, type Output, runNode } from './process.ts'

export class FederationNode {
  readonly home: string
  readonly member: MemberDescriptor
  readonly api: OperatorApi
  /** Of every process that this node has had. */
  readonly outputs: Output[] = []
  #process: NodeProcess | undefined

  private constructor(home: string, member: MemberDescriptor, api: OperatorApi) {
    this.home = home
    this.member = member
    this.api = api
  }

  /**
   * Makes the home of a new node. It does not run yet.
   * @param url where the other nodes reach it, when that is not where it listens
   */
  static async init(
    home: string,
    { id, name, sector }: Pick<MemberDescriptor, 'id' | 'name' | 'sector'>,
    port: number,
    url?: string,
  ): Promise<FederationNode> {
    const listen = `127.0.0.1:${port}`
    const who = ['--id', id, '--name', name, '--sector', sector]
    const where = ['--listen', listen, '--url', url ?? `http://${listen}`]
    const how = ['--transport', 'plain-loopback']
    await runNode(['init', '--home', home, ...who, ...where, ...how])
    const member = await readFile(join(home, 'member.json'), 'utf8')
    const token = await readFile(join(home, 'token'), 'utf8')
    const api = operatorApi(`http://${listen}`, token.trim())
    return new FederationNode(home, JSON.parse(member), api)
  }

  get id(): string {
    return this.member.id
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  get running(): boolean {
    return this.#process?.running ?? false
  }

  /** Why the process ended, when nobody wanted it to. */
  get fault(): string | undefined {
    return this.#process?.fault
  }

  async start(): Promise<void> {
    this.#process = await NodeProcess.start(this.home)
    this.outputs.push(this.#process.output)
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
  }

  /** SIGKILL: what was not durable is gone. */
  async kill(): Promise<void> {
    await this.#process?.kill()
  }
}
