/** A member that lies about an intersection, stalls or goes, and connections that break. */

import type { Channel } from '@drempel/node/internal/peers'
import type { PsiLink } from '@drempel/node/internal/sessions'
import {
  type Bytes,
  equalBytes,
  fromUtf8,
  type Json,
  ProtocolError,
  signStatement,
  utf8,
} from '@drempel/protocol/encoding'
import { distinctItems, ecdh } from '@drempel/protocol/psi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bend, hold } from '../../kit/bend.ts'
import type { Federation } from '../../kit/federation.ts'
import { eventually, type Member } from '../../kit/member.ts'
import { takeOver, wrapped } from './channels.ts'
import {
  accept,
  bring,
  ended,
  hosts,
  items,
  LIMITS,
  openThree,
  propose,
  psiEntries,
  refuse,
  runsOf,
  shown,
} from './world.ts'

let federation: Federation
let bank: Member
let bankB: Member
let telecom: Member

beforeAll(async () => {
  ;({ federation, bank, bankB, telecom } = await openThree())
  await bank.flag(hosts(0, 30))
  await telecom.flag(hosts(20, 60))
})
afterAll(() => federation?.close())

// biome-ignore lint/suspicious/noExplicitAny: a lie bends any field
type Loose = any

function bendAcceptance(how: (message: Loose) => Loose): () => void {
  return bend(telecom.ctx, 'call', (honest) => (to, method, body, options) => {
    const sent = method === 'psi/accept' ? how(structuredClone(body)) : body
    return honest(to, method, sent as Json, options)
  })
}

function set(field: string, value: Json): (of: Loose) => void {
  return (of) => {
    of[field] = value
  }
}

/** The acceptance with other fields, signed again. */
function restated(fields: { readonly [name: string]: Json }, type = 'psi.acceptance') {
  return (message: Loose) => {
    const body = { ...message.acceptance.body, ...fields }
    message.acceptance = signStatement(type, body, telecom.id, telecom.ctx.signer)
  }
}

describe('a proposal', () => {
  async function proposal(change: (body: Loose) => void = () => {}, type = 'psi.proposal') {
    const body: Loose = {
      convenant: bankB.ctx.inForce().digest,
      ...{ id: Buffer.from(bankB.ctx.random(16)).toString('hex'), proposer: 'bank-b' },
      ...{ partner: 'telecom', purpose: 'lijsten-vergelijken', kind: 'host', output: 'items' },
      ...{ to: 'both', protocol: null, size: 32, list: 'ab'.repeat(32) },
      createdAt: new Date().toISOString(),
    }
    change(body)
    return signStatement(type, body, 'bank-b', bankB.ctx.signer) as Loose
  }
  const put = (statement: Loose, from = bankB) => from.ctx.call('telecom', 'psi/propose', statement)

  it.each<[string, (body: Loose) => void, string]>([
    ['of another convenant', set('convenant', 'ab'.repeat(32)), 'CONVENANT_DIFFERS'],
    ['of somebody else', set('proposer', 'bank-a'), 'PSI_DIFFERS'],
    ['to somebody else', set('partner', 'bank-a'), 'PSI_DIFFERS'],
    ['of yesterday', set('createdAt', '2026-01-01T00:00:00.000Z'), 'PSI_DIFFERS'],
    ['of an exact size', set('size', 33), 'PADDING_INVALID'],
    ['of a size above the cap', set('size', 1 << 20), 'LIST_TOO_LARGE'],
    ['with an output that is not agreed', set('to', 'partner'), 'OUTPUT_NOT_ALLOWED'],
    ['with a field more', set('more', 1), 'BAD_REQUEST'],
  ])('%s is refused', async (_, change, at) => {
    await expect(put(await proposal(change))).rejects.toMatchObject({ code: 'PEER_PROBLEM', at })
  })

  it('under the name of a query of the node’s own is refused', async () => {
    const txid = Buffer.from(telecom.ctx.random(16)).toString('hex')
    await telecom.ctx.audit.append(
      {
        ...{ type: 'query.intent', role: 'asker', protocol: 'check', txid, kind: 'host' },
        ...{ purpose: 'fraude-onderzoek', rule: 'host-t2', parties: ['bank-b'], sizeBucket: 16 },
        batch: 'ab'.repeat(32),
      },
      {},
    )
    const taken = await proposal(set('id', txid))
    await expect(put(taken)).rejects.toMatchObject({ code: 'PEER_PROBLEM', at: 'TXID_REPLAYED' })
  })

  it('under a false signature, or brought by another, is refused and entered', async () => {
    const before = (await telecom.entries()).length
    const stolen = await proposal()
    await expect(put(stolen, bank)).rejects.toMatchObject({ at: 'PSI_DIFFERS' })
    const other = await proposal(() => {}, 'psi.acceptance')
    await expect(put(other)).rejects.toMatchObject({ at: 'BAD_STATEMENT' })
    const entries = (await telecom.entries())
      .slice(before)
      .filter((entry) => !('reason' in entry && entry.reason === 'BAD_REQUEST'))
    expect(entries).toMatchObject([
      { type: 'peer.refused', parties: ['bank-a'], reason: 'PSI_DIFFERS' },
      { type: 'peer.refused', parties: ['bank-b'], reason: 'BAD_STATEMENT' },
    ])
  })

  it('is taken once', async () => {
    const statement = await proposal()
    await put(statement)
    await expect(put(statement)).rejects.toMatchObject({ at: 'TXID_REPLAYED' })
  })

  it('is refused in the words that there are', async () => {
    const { id } = await propose(bank)
    // An account number looks like a code.
    const end = { id, refused: true, reason: 'NL91ABNA0417164300' }
    await expect(telecom.ctx.call('bank-a', 'psi/end', end)).rejects.toMatchObject({
      at: 'BAD_REQUEST',
    })
    expect(await shown(bank, id)).toMatchObject({ state: 'proposed' })
    expect(await psiEntries(bank, id)).toEqual([])
  })

  it('is nobody else’s to accept, end or see', async () => {
    const { id } = await propose(bank)
    const end = { id, refused: true, reason: 'WITHDRAWN' }
    await expect(bankB.ctx.call('telecom', 'psi/end', end)).rejects.toMatchObject({
      at: 'PSI_UNKNOWN',
    })
    const channel = bankB.ctx.connectChannel('bank-a', `/peer/v1/psi/${id}/channel`)
    await expect(channel).rejects.toMatchObject({ at: 'PSI_UNKNOWN' })
    const early = telecom.ctx.connectChannel('bank-a', `/peer/v1/psi/${id}/channel`)
    await expect(early).rejects.toMatchObject({ at: 'PSI_WRONG_STATE' })
    expect(await shown(telecom, id)).toMatchObject({ state: 'proposed' })
  })
})

describe('an acceptance', () => {
  it.each<[string, (message: Loose) => void, string]>([
    ['of other terms', restated({ proposal: 'ab'.repeat(32) }), 'PSI_DIFFERS'],
    ['by another protocol', restated({ protocol: 'ot' }), 'PSI_DIFFERS'],
    ['of another list than its log has', restated({ list: 'ab'.repeat(32) }), 'INTENT_MISMATCH'],
    ['of another size than its log has', restated({ size: 48 }), 'INTENT_MISMATCH'],
    [
      'changed on the way',
      ({ acceptance }) => set('list', 'ab'.repeat(32))(acceptance.body),
      'BAD_STATEMENT',
    ],
    ['signed as something else', restated({}, 'psi.proposal'), 'BAD_STATEMENT'],
    ['without an entry', set('receipt', 'nothing'), 'BAD_RECEIPT'],
  ])('%s begins nothing', async (_, lie, at) => {
    const { id } = await propose(bank)
    bendAcceptance((message) => {
      lie(message)
      return message
    })
    expect(await accept(telecom, id)).toMatchObject({ status: 502, json: { at } })
    expect(await ended(bank, id)).toMatchObject({ state: 'failed', reason: at })
    const types = (await psiEntries(bank, id)).map(({ type }) => type)
    expect(types).toEqual([])
    // Its own log says that it began, and that nothing came of it.
    expect(await psiEntries(telecom, id)).toMatchObject([
      { type: 'psi.intent' },
      { type: 'psi.result', status: 'failed', reason: at },
    ])
    expect(await shown(telecom, id)).toMatchObject({ state: 'failed' })
  })

  it('with an entry of another session begins nothing', async () => {
    let old = ''
    const honest = bendAcceptance((message) => {
      old = message.receipt
      return message
    })
    const first = await propose(bank)
    await accept(telecom, first.id)
    await ended(telecom, first.id)
    honest()
    bendAcceptance((message) => ({ ...message, receipt: old }))
    const { id } = await propose(bank)
    expect(await accept(telecom, id)).toMatchObject({ json: { at: 'INTENT_MISMATCH' } })
  })

  it('whose answer was lost is given once more, and another is not taken', async () => {
    const { id } = await propose(bank)
    let lost: Bytes | undefined
    bend(telecom.ctx, 'call', (honest) => async (to, method, body, options) => {
      const answer = await honest(to, method, body, options)
      if (method !== 'psi/accept' || lost !== undefined) return answer
      lost = answer
      throw new ProtocolError('PEER_UNREACHABLE', { culprit: to, at: 'ECONNRESET' })
    })
    expect(await accept(telecom, id)).toMatchObject({ status: 200 })
    expect(await ended(telecom, id)).toMatchObject({ state: 'done' })
    const receipt = (JSON.parse(fromUtf8(lost!)) as { receipt: string }).receipt
    expect(receipt).toContain('c2sp.org/tlog-proof')
    const entries = await psiEntries(bank, id)
    expect(entries.map(({ type }) => type)).toEqual(['psi.intent', 'psi.result'])
  })

  it('is not run when the proposer’s log has something else', async () => {
    const { id } = await propose(bank)
    const honest = bank.lie('psi/accept', async (_from, _body, real) => {
      const { receipt } = (await real()) as { receipt: string }
      return { receipt: receipt.replace(/^index .*$/m, 'index 0') }
    })
    expect(await accept(telecom, id)).toMatchObject({
      json: { code: 'BAD_INCLUSION_PROOF', culprit: 'bank-a' },
    })
    honest()
    expect(await ended(bank, id)).toMatchObject({ state: 'failed', culprit: 'telecom' })
  })
})

describe('a run', () => {
  it.each<[string, (link: PsiLink) => Promise<unknown>, string]>([
    [
      'of other sizes than agreed',
      (channel) =>
        ecdh({
          ...{ role: 'sender', output: 'items', to: 'both', context: new Uint8Array(32), channel },
          ...{ items: distinctItems(hosts(0, 9)).items, sizes: { receiver: 32, sender: 64 } },
          random: telecom.ctx.random,
        }),
      'WRONG_TERMS',
    ],
    ['of another step', (link) => link.send('psi/list', new Uint8Array(32)), 'UNEXPECTED_STEP'],
    ['of a short frame', (link) => link.send('psi/terms', new Uint8Array(31)), 'WRONG_LENGTH'],
    [
      'of more than there is room for',
      async (link) => {
        for (let i = 0; i < 40; i++) void link.send('x', new Uint8Array(1 << 20)).catch(() => {})
      },
      'UNEXPECTED_STEP',
    ],
    ['of silence', async () => {}, 'PSI_STALLED'],
  ])('%s ends by name', async (_, lie, reason) => {
    if (reason === 'PSI_STALLED') runsOf(bank).limit({ stallMs: 300 })
    const { id } = await propose(bank)
    takeOver(telecom, lie)
    await accept(telecom, id)
    expect(await ended(bank, id)).toMatchObject({ state: 'failed', reason, culprit: 'telecom' })
    expect(await psiEntries(bank, id)).toMatchObject([{}, { status: 'failed', reason }])
    const cause = reason === 'PSI_STALLED' ? 'LOST' : 'PROTOCOL'
    expect(await ended(telecom, id)).toMatchObject({ reason: 'PSI_ENDED', cause })
    expect(await items(bank, id)).toEqual([])
    runsOf(bank).limit(LIMITS)
  })

  it.each(['ecdh', 'ot'] as const)(
    'by %s goes on over connections that break',
    async (protocol) => {
      let connections = 0
      bend(telecom.ctx, 'connectChannel', (honest) => async (...given) => {
        const channel = await honest(...given)
        connections++
        return connections < 6 ? dying(channel, 2) : channel
      })
      const { id } = await propose(bank, { protocol, input: await bring(bank, hosts(0, 3_000)) })
      await accept(telecom, id, await bring(telecom, hosts(2_000, 4_500)))
      for (const member of [bank, telecom]) {
        const { state, result, reason } = await ended(member, id)
        expect({ state, result, reason }).toMatchObject({
          ...{ state: 'done', result: { learned: 'items', size: 1_000 } },
        })
        expect((await items(member, id)).map(({ value }) => value)).toEqual(hosts(2_000, 3_000))
      }
      expect(connections).toBeGreaterThan(3)
    },
  )

  it('gives nothing out before its result is entered', async () => {
    runsOf(bank).limit({ stallMs: 2_000 })
    bend(
      telecom.ctx,
      'connectChannel',
      (honest) =>
        async (...given) =>
          mute(await honest(...given)),
    )
    const { id } = await propose(bank, { to: 'proposer' })
    await accept(telecom, id)
    await eventually(async () => {
      const parts = await bank.ctx.store.psi.parts(`result/${id}`, { after: 0, limit: 1 })
      return parts.length > 0 ? true : undefined
    })
    expect(await shown(bank, id)).toMatchObject({ state: 'running' })
    expect(await items(bank, id)).toEqual([])
    expect(await ended(bank, id)).toMatchObject({ state: 'done', result: { size: 10 } })
    expect(await items(bank, id)).toHaveLength(10)
    runsOf(bank).limit(LIMITS)
  })

  it('whose terms a new convenant has no more does not go on without their limits', async () => {
    const { id } = await propose(bank)
    const { intersections } = bank.live.node.sessions
    bend(bank.ctx, 'inForce', (honest) => () => {
      const now = honest()
      if (intersections.find(id) === undefined) return now
      return { ...now, convenant: { ...now.convenant, intersections: [] } }
    })
    await accept(telecom, id)
    expect(await ended(bank, id)).toMatchObject({ state: 'failed', reason: 'UNKNOWN_PURPOSE' })
    expect(await ended(telecom, id)).toMatchObject({ state: 'failed' })
  })

  it('is one of four, however many are accepted at once', async () => {
    takeOver(telecom)
    const ids: string[] = []
    for (let i = 0; i < 6; i++) ids.push((await propose(bank)).id)
    await Promise.all(ids.map((id) => accept(telecom, id)))
    const begun: boolean[] = []
    for (const id of ids) begun.push((await psiEntries(telecom, id)).length > 0)
    expect(begun.filter((one) => one)).toHaveLength(4)
    for (const [i, id] of ids.entries()) {
      expect(await shown(telecom, id)).toMatchObject({ state: begun[i] ? 'running' : 'proposed' })
      await refuse(telecom, id)
    }
    for (const id of ids) await ended(bank, id)
  })

  it('is not ended by the other side once the result is known', async () => {
    const saving = hold(bank.ctx.store.psi, 'addPart', (name: string) => name.startsWith('result/'))
    const { id } = await propose(bank, { to: 'proposer' })
    await accept(telecom, id)
    await saving.reached
    await telecom.ctx.call('bank-a', 'psi/end', { id, refused: false, reason: 'STOPPED' })
    saving.release()
    expect(await ended(bank, id)).toMatchObject({ state: 'done', result: { size: 10 } })
    const entries = await psiEntries(bank, id)
    expect(entries.map(({ type }) => type)).toEqual(['psi.intent', 'psi.result'])
    expect(await items(bank, id)).toHaveLength(10)
    await ended(telecom, id)
  })

  it('that a person stops ends on both sides', async () => {
    const { id } = await propose(bank)
    takeOver(telecom)
    await accept(telecom, id)
    const stopped = { state: 'failed', reason: 'PSI_STOPPED', culprit: 'bank-a' }
    expect(await refuse(bank, id)).toMatchObject({ status: 200, json: stopped })
    expect(await ended(telecom, id)).toMatchObject({ cause: 'STOPPED', culprit: 'bank-a' })
    expect(await refuse(bank, id)).toMatchObject({ json: { code: 'PSI_WRONG_STATE' } })
  })

  it('without a connection ends on both sides, and counts for nothing', async () => {
    for (const member of [bank, telecom]) runsOf(member).limit({ connectMs: 500 })
    bend(telecom.ctx, 'connectChannel', () => async () => {
      throw new ProtocolError('PEER_UNREACHABLE', { culprit: 'bank-a' })
    })
    const { id } = await propose(bank)
    await accept(telecom, id)
    for (const member of [bank, telecom]) {
      const { reason } = await ended(member, id)
      expect(['PEER_GONE', 'PSI_ENDED']).toContain(reason)
      expect(await member.ctx.store.psi.get(id)).toMatchObject({ committedAt: null })
      runsOf(member).limit(LIMITS)
    }
  })

  it('of a node that stops ends on both sides', async () => {
    const { id } = await propose(bank)
    takeOver(telecom)
    await accept(telecom, id)
    await telecom.restart()
    expect(await ended(telecom, id)).toMatchObject({ reason: 'NODE_RESTARTED', culprit: 'telecom' })
    expect(await ended(bank, id)).toMatchObject({ state: 'failed', culprit: 'telecom' })
    const again = await propose(bank)
    await telecom.restart()
    // What was only proposed stays.
    expect(await accept(telecom, again.id)).toMatchObject({ status: 200 })
    expect(await ended(bank, again.id)).toMatchObject({ state: 'done' })
  })
})

/** After so many frames each way the connection breaks. */
function dying(channel: Channel, frames: number): Channel {
  let left = frames
  return {
    ...wrapped(channel),
    async receive(step) {
      if (left-- <= 0) await channel.close()
      return channel.receive(step)
    },
  }
}

/** Says all but that it is done. */
function mute(channel: Channel): Channel {
  const last = utf8('session/done')
  const isLast = (payload: Bytes) => equalBytes(payload.subarray(2, 2 + last.length), last)
  return {
    ...wrapped(channel),
    send: async (step, payload) => {
      if (!isLast(payload)) await channel.send(step, payload)
    },
  }
}
