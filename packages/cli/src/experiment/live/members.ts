/**
 * The nodes of an experiment on live data, and the convenant that they have in force. A token of the role
 * `research` is enough for all that is asked here, and can read no flag.
 */

import { resolve } from 'node:path'
import { convenantResponse, type Status, status as statusSchema } from '@drempel/protocol/api'
import {
  convenantDigest,
  parseSignedConvenant,
  type SignedConvenant,
  verifyConvenant,
} from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { readText } from '../../client/files.ts'
import { createNodeClient, type NodeClient } from '../../client/node.ts'
import { chooseTarget, readHome } from '../../client/target.ts'
import { fail } from '../../output/errors.ts'
import type { Lang } from '../../output/language.ts'
import type { Experiment, NodeData } from '../schema.ts'

export type LiveMember = { readonly id: string; readonly client: NodeClient }

export type LiveFederation = {
  readonly members: readonly LiveMember[]
  /** A compute node, which starts the rounds. */
  readonly leader: LiveMember
  readonly signed: SignedConvenant
  readonly digest: string
}

export type Opening = {
  /** Where the experiment's paths start. */
  readonly base: string
  readonly lang: Lang
  /** Closes it in the end. */
  readonly keep: (client: NodeClient) => NodeClient
}

/**
 * Rules and least cells are what all members signed, whatever one node says of them.
 * @throws ProtocolError `EXPERIMENT_DATA` where a node is another than the experiment says, `REHEARSING`
 * where its flags are made up; of the convenant layer, where a signature is missing or false
 */
export async function openFederation(
  experiment: Experiment,
  { nodes }: NodeData,
  opening: Opening,
): Promise<LiveFederation> {
  const members: LiveMember[] = []
  let inForce: Status['convenant'] = null
  for (const place of nodes) {
    const client = await open(place, opening)
    const status = await client.get('status', statusSchema)
    const at = place.partner
    if (status.member !== at) fail('EXPERIMENT_DATA', { at, hint: `that node is ${status.member}` })
    if (status.convenant === null)
      fail('EXPERIMENT_DATA', { at, hint: 'it has no convenant in force' })
    inForce ??= status.convenant
    if (inForce.digest !== status.convenant.digest)
      fail('EXPERIMENT_DATA', { at, hint: 'it has another convenant in force than the first node' })
    members.push({ id: at, client })
  }
  const answer = await members[0]!.client.get('convenant', convenantResponse)
  const signed = parseSignedConvenant(answer.convenant)
  verifyConvenant(signed)
  // A rehearsal is the same document under another digest.
  if (inForce!.digest !== hex(convenantDigest(signed.convenant)))
    fail('REHEARSING', { at: members[0]!.id })
  samePartners(experiment, signed)
  const leader = members.find(({ id }) => signed.convenant.computeNodes.includes(id))
  if (leader === undefined) {
    const names = signed.convenant.computeNodes.join(', ')
    return fail('EXPERIMENT_DATA', {
      at: 'data.nodes',
      hint: `a compute node starts rounds: ${names}`,
    })
  }
  return { members, leader, signed, digest: inForce!.digest }
}

async function open(
  { home, url, pin, token }: NodeData['nodes'][number],
  { base, lang, keep }: Opening,
): Promise<NodeClient> {
  if (home !== undefined) {
    const path = resolve(base, home)
    const found = await readHome(path)
    if (found === undefined) return fail('HOME_MISSING', { at: path })
    return keep(createNodeClient(chooseTarget(found, {}), lang))
  }
  const secret = (await readText(resolve(base, token!))).trim()
  return keep(createNodeClient(chooseTarget(undefined, { url, pin, token: secret }), lang))
}

/** Counts are of all members of the convenant, whoever is asked. */
function samePartners({ partners }: Experiment, { convenant }: SignedConvenant): void {
  const there = convenant.members.map(({ id }) => id)
  const missing = there.filter((id) => partners.every((partner) => partner.id !== id))
  const strange = partners.find(({ id }) => !there.includes(id))
  if (missing.length > 0)
    fail('EXPERIMENT_DATA', {
      at: 'partners',
      hint: `the convenant also has ${missing.join(', ')}`,
    })
  if (strange !== undefined)
    fail('EXPERIMENT_DATA', { at: 'partners', hint: `${strange.id} is no member of the convenant` })
}
