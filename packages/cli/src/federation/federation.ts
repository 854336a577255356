/**
 * A federation on one machine: every partner has a node of its own, a process with its own home and
 * keys, and the nodes talk over loopback as they would over a network.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Round } from '@drempel/protocol/api'
import {
  type Convenant,
  type DraftOptions,
  draftConvenant,
  type MemberDescriptor,
  type SignedConvenant,
} from '@drempel/protocol/convenant'
import { formVersions, type IdentifierKind } from '@drempel/protocol/identifiers'
import type { Text } from '../output/language.ts'
import { FederationNode } from './node.ts'
import { freePorts } from './ports.ts'

export type Partner = Pick<MemberDescriptor, 'id' | 'name' | 'sector'>

export type FederationOptions = {
  readonly partners: readonly Partner[]
  /** Where the homes go, one folder a partner; a temporary folder by default. */
  readonly directory?: string
  /** Beside the members and the versions of canonical forms. */
  readonly convenant?: Partial<DraftOptions>
  /** Puts something before a node's port and says where the others reach it then. */
  readonly before?: (id: string, port: number) => Promise<string>
  /** Told of each node of a federation that is being made, so that it can be ended at any moment. */
  readonly onNode?: (node: FederationNode) => void
  /** Told what was done last, in words. */
  readonly onProgress?: (step: Text) => void
}

const POLL_MS = 300
/** The coordinator publishes to itself first; the others have a minute to follow. */
const MAX_LATE = 200

export class Federation {
  readonly directory: string
  readonly nodes: readonly FederationNode[]
  readonly signed: SignedConvenant

  private constructor(
    directory: string,
    nodes: readonly FederationNode[],
    signed: SignedConvenant,
  ) {
    this.directory = directory
    this.nodes = nodes
    this.signed = signed
  }

  /** Makes the homes, starts the nodes, and has every partner sign and install one convenant. */
  static async create(options: FederationOptions): Promise<Federation> {
    const { partners, convenant = {}, onNode = () => {}, onProgress = () => {} } = options
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'drempel-')))
    const nodes: FederationNode[] = []
    try {
      const ports = await freePorts(partners.length)
      const made = partners.map(async (partner, i) => {
        const url = await options.before?.(partner.id, ports[i]!)
        return FederationNode.init(join(directory, partner.id), partner, ports[i]!, url)
      })
      nodes.push(...(await Promise.all(made)))
      nodes.forEach(onNode)
      onProgress({ nl: 'elke partner heeft zijn sleutels', en: 'every partner has its keys' })
      let running = 0
      const starting = nodes.map(async (node) => {
        await node.start()
        const all = nodes.length
        running++
        onProgress({
          nl: `${running} van de ${all} nodes draaien`,
          en: `${running} of ${all} nodes run`,
        })
      })
      await Promise.all(starting)
      const document = draftConvenant({
        id: 'federation',
        members: nodes.map(({ member }) => member),
        formVersions: formVersions(),
        validFrom: `${new Date(Date.now() - DAY_MS).toISOString().slice(0, 10)}T00:00:00Z`,
        crossSector: true,
        ...convenant,
      })
      const signed = await signByAll(document, nodes)
      await Promise.all(nodes.map(({ api }) => api.installConvenant(signed)))
      return new Federation(directory, nodes, signed)
    } catch (error) {
      await Promise.allSettled(nodes.map((node) => node.stop()))
      await rm(directory, { recursive: true, force: true })
      throw error
    }
  }

  get convenant(): Convenant {
    return this.signed.convenant
  }

  /** The node whose operator starts rounds. */
  get coordinator(): FederationNode {
    return this.node(this.convenant.computeNodes[0]!)
  }

  node(id: string): FederationNode {
    const found = this.nodes.find((node) => node.id === id)
    if (found === undefined) throw new Error(`no node ${id}`)
    return found
  }

  /**
   * Starts a round and waits until every running node has its outcome.
   * @param onProgress what each running node says of the round, again and again
   */
  async runRound(
    kind: IdentifierKind,
    onProgress: (views: ReadonlyMap<string, Round>) => void = () => {},
  ): Promise<Round> {
    const { api } = this.coordinator
    const { round } = await api.startRound(kind)
    for (let late = 0; ; ) {
      const views = await this.#views(round)
      const lead = views.get(this.coordinator.id)
      const members = [...views.values()]
      if (lead !== undefined && members.every(({ state }) => state === lead.state) && ended(lead)) {
        return lead
      }
      if (lead !== undefined && ended(lead)) late++
      if (late > MAX_LATE) throw new Error(`not every node has the outcome of round ${round}`)
      onProgress(views)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.nodes.map((node) => node.stop()))
  }

  /** Deletes the homes, keys and all. */
  async remove(): Promise<void> {
    await this.stop()
    await rm(this.directory, { recursive: true, force: true })
  }

  async #views(round: string): Promise<ReadonlyMap<string, Round>> {
    const running = this.nodes.filter((node) => node.running)
    const views = await Promise.all(
      running.map(async ({ id, api }): Promise<[string, Round][]> => {
        try {
          return [[id, await api.round(round)]]
        } catch {
          // It has not heard of the round yet, or is down: the round goes on without its word.
          return []
        }
      }),
    )
    return new Map(views.flat())
  }
}

const DAY_MS = 86_400_000

function ended({ state }: Round): boolean {
  return state === 'published' || state === 'failed'
}

/** Each partner reads the same document and adds its signature. */
async function signByAll(
  convenant: Convenant,
  nodes: readonly FederationNode[],
): Promise<SignedConvenant> {
  const signatures: SignedConvenant['signatures'][number][] = []
  for (const { api } of nodes) {
    const { member, signature } = await api.signConvenant({ convenant, signatures })
    signatures.push({ member, signature })
  }
  return { convenant, signatures }
}
