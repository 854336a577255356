/** Nodes that speak TLS with pinned keys: a key, a round over channels, a check. */

import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { startRound } from '@drempel/node/internal/sessions'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { RULES } from '../kit/lists.ts'
import { eventually } from '../kit/member.ts'
import { tagAll } from '../kit/tags.ts'

let federation: Federation

beforeAll(async () => {
  federation = await Federation.open({ transport: 'tls', rules: RULES, maxBatch: 4 })
})

afterAll(() => federation.close())

test('the convenant has a pin of each member, all different', () => {
  const pins = federation.convenant.members.map(({ tlsPin }) => tlsPin)
  expect(pins.every((pin) => pin !== null)).toBe(true)
  expect(new Set(pins).size).toBe(4)
  for (const { url } of federation.convenant.members) expect(url).toMatch(/^https:/)
})

test('a key, a round and a check', async () => {
  const leader = federation.member('bank-a')
  await leader.generateKey()
  for (const { id } of federation.members) {
    const pair = leader.id === id || id === 'telecom' ? ['two.example'] : []
    await federation.member(id).flag(['all.example', `${id}.example`, ...pair])
  }
  await tagAll(federation)
  const id = await startRound(leader.ctx, leader.rounds, 'host')
  const { state } = await eventually(async () => {
    const row = await leader.ctx.store.rounds.get(id)
    return row?.state === 'published' || row?.state === 'failed' ? row : undefined
  })
  expect(state).toBe('published')
  const values = ['all.example', 'two.example', 'telecom.example', 'none.example']
  const asker = federation.member('bank-b')
  await eventually(
    async () => (await asker.ctx.store.lists.current('host', 'host-t2')) ?? undefined,
  )
  const { results } = await asker.ask(values)
  expect(results).toEqual([true, true, false, false].map((over) => ({ over })))
})

test('operators reach the same server without a certificate; peers need theirs', async () => {
  const { live, token, descriptor } = federation.member('telecom')
  const ca = await readFile(live.node.home.paths.tlsCertificate, 'utf8')
  const send = (method: string, path: string) =>
    new Promise<{ status: number | undefined; protocol: string | null }>((resolve, reject) => {
      const url = new URL(path, descriptor.url)
      const headers = { authorization: `Bearer ${token}` }
      // The name in a certificate means nothing; its key was compared by being the only authority.
      const options = { method, ca, headers, checkServerIdentity: () => undefined }
      const sent = request(url, options, (response) => {
        const { socket, statusCode } = response
        const protocol = (socket as import('node:tls').TLSSocket).getProtocol()
        response.resume().on('end', () => resolve({ status: statusCode, protocol }))
      })
      sent.on('error', reject).end()
    })
  expect(await send('GET', '/api/v1/status')).toEqual({ status: 200, protocol: 'TLSv1.3' })
  expect(await send('POST', '/peer/v1/keys/current')).toMatchObject({ status: 401 })
})

test('what a member sends is entered as its own once it showed both keys, also what is not read', async () => {
  const [holder, member] = [federation.member('telecom'), federation.member('bank-b')]
  const long = new Uint8Array(2_000)
  const sent = member.ctx.peers.post(holder.id, '/peer/v1/rehearsal/meet', long)
  await expect(sent).rejects.toMatchObject({ code: 'PEER_PROBLEM', at: 'BODY_TOO_LARGE' })
  const entry = await eventually(async () =>
    (await holder.entries()).find((one) => 'reason' in one && one.reason === 'BODY_TOO_LARGE'),
  )
  expect(entry).toMatchObject({ type: 'peer.refused', parties: [member.id] })
})
