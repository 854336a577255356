/** A member that lies about a list masked ahead, or says too much, or nothing. */

import type { PsiLink } from '@drempel/node/internal/sessions'
import { type Bytes, type Json, signStatement } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bend } from '../../kit/bend.ts'
import type { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { takeOver, wrapped } from './channels.ts'
import { end, kept, openPrepared, question, ready } from './masked.ts'
import { accept, ended, LIMITS, propose, psiEntries, refuse, runsOf, shown } from './world.ts'

const DAY = 86_400_000
let federation: Federation
let bank: Member
let telecom: Member

beforeAll(async () => {
  ;({ federation, bank, telecom } = await openPrepared())
})
afterAll(() => federation?.close())

describe('a member that lies about a prepared list', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a lie bends any field
  type Loose = any

  function bendAcceptance(lie: (body: Loose) => void): void {
    bend(telecom.ctx, 'call', (honest) => (to, method, given, options) => {
      if (method !== 'psi/accept') return honest(to, method, given, options)
      const message = structuredClone(given) as Loose
      const { body } = message.acceptance
      lie(body)
      message.acceptance = signStatement('psi.acceptance', body, telecom.id, telecom.ctx.signer)
      return honest(to, method, message as Json, options)
    })
  }

  it.each<[string, (body: Loose) => void, string]>([
    [
      'of which it says nothing',
      (body) => {
        body.prepared = null
      },
      'PSI_DIFFERS',
    ],
    [
      'for longer questions than agreed',
      (body) => {
        body.prepared.most *= 2
      },
      'PSI_DIFFERS',
    ],
    [
      'by another protocol',
      (body) => {
        body.protocol = 'ecdh'
      },
      'PSI_DIFFERS',
    ],
    [
      'of another list than its log has',
      (body) => {
        body.prepared.id = 'ab'.repeat(16)
      },
      'INTENT_MISMATCH',
    ],
    [
      'that lives longer',
      (body) => {
        body.prepared.expiresAt = '2099-01-01T00:00:00.000Z'
      },
      'INTENT_MISMATCH',
    ],
    [
      'of no date',
      (body) => {
        body.prepared.createdAt = 'yesterday'
      },
      'BAD_REQUEST',
    ],
  ])('%s begins nothing', async (_, lie, at) => {
    await ready(telecom)
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    bendAcceptance(lie)
    expect(await accept(telecom, id, 'prepared')).toMatchObject({ json: { at } })
    expect(await psiEntries(bank, id)).toEqual([])
    await refuse(bank, id).catch(() => {})
  })

  /** A node that asks nobody: all of its own signs and enters other terms. */
  async function restate(id: string, change: (terms: Loose) => void): Promise<void> {
    const list = (await telecom.ctx.store.psi.prepared.get(id))!
    const { open, seal } = telecom.ctx.vault
    const place = `psi/prepared/${id}`
    const content = JSON.parse(Buffer.from(open(place, list.sealed)).toString())
    change(content.bound.terms)
    const sealed = seal(place, Buffer.from(JSON.stringify(content)), telecom.ctx.random)
    await telecom.ctx.store.psi.prepared.transition(id, ['ready'], 'ready', { sealed })
  }

  it('that lives too long by its own terms begins nothing', async () => {
    const list = await ready(telecom)
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    await restate(list.id, (terms) => {
      terms.expiresAt = new Date(Date.parse(terms.createdAt) + 8 * DAY).toISOString()
    })
    expect(await accept(telecom, id, 'prepared')).toMatchObject({
      json: { at: 'PREPARED_EXPIRED' },
    })
    await refuse(bank, id)
    await end(telecom, list.id)
  })

  it('that is another under the name of one that it gave ends by name', async () => {
    const list = await ready(telecom)
    await question(bank, telecom)
    await restate(list.id, (terms) => {
      terms.expiresAt = new Date(Date.parse(terms.expiresAt) - 1).toISOString()
    })
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    await accept(telecom, id, 'prepared')
    const differs = { state: 'failed', reason: 'PSI_DIFFERS', culprit: 'telecom' }
    expect(await ended(bank, id)).toMatchObject(differs)
    await ended(telecom, id)
    for (const member of [bank, telecom]) await end(member, list.id)
  })

  it('that has the name of a query of the asker’s own is not taken', async () => {
    const { id: txid } = await ready(telecom)
    await bank.ctx.audit.append(
      {
        ...{ type: 'query.intent', role: 'asker', protocol: 'check', txid, kind: 'host' },
        ...{ purpose: 'fraude-onderzoek', rule: 'host-t2', parties: ['telecom'], sizeBucket: 16 },
        batch: 'ab'.repeat(32),
      },
      {},
    )
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    await accept(telecom, id, 'prepared')
    const differs = { state: 'failed', reason: 'PSI_DIFFERS', culprit: 'telecom' }
    expect(await ended(bank, id)).toMatchObject(differs)
    await ended(telecom, id)
    expect((await psiEntries(bank, txid)).map(({ type }) => type)).toEqual(['query.intent'])
    await end(telecom, txid)
  })

  it('that has a name of its owner’s choice is not taken, and enters the log of nobody else', async () => {
    const list = await ready(telecom)
    // A telephone number, for all who read the asker's log.
    const chosen = '31612345678'.padStart(32, '0')
    await restate(list.id, (terms) => {
      terms.id = chosen
    })
    const { store, vault } = telecom.ctx
    const own = (name: string) => name.replace(chosen, list.id)
    bend(store.psi.prepared, 'get', (honest) => (id) => honest(own(id)))
    bend(store.psi, 'parts', (honest) => (name, page) => honest(own(name), page))
    bend(vault, 'open', (honest) => (place, sealed) => honest(own(place), sealed))
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    await accept(telecom, id, 'prepared')
    const differs = { state: 'failed', reason: 'PSI_DIFFERS', culprit: 'telecom' }
    expect(await ended(bank, id)).toMatchObject(differs)
    await ended(telecom, id)
    expect(await psiEntries(bank, chosen)).toEqual([])
    expect(await bank.ctx.store.psi.prepared.get(chosen)).toBeNull()
    await end(telecom, list.id)
  })

  it.each<[string, (link: PsiLink) => Promise<unknown>, string]>([
    ['and gives another', (link) => link.send('psi/terms', new Uint8Array(32)), 'WRONG_TERMS'],
    ['and gives nothing', async () => {}, 'PSI_STALLED'],
    ['and begins elsewhere', (link) => link.send('psi/key', new Uint8Array(32)), 'UNEXPECTED_STEP'],
    [
      'and floods',
      async (link) => {
        for (let i = 0; i < 40; i++)
          void link.send('psi/terms', new Uint8Array(1 << 20)).catch(() => {})
      },
      'WRONG_LENGTH',
    ],
  ])('%s ends by name, and nothing of it is kept', async (_, lie, reason) => {
    await ready(telecom)
    if (reason === 'PSI_STALLED') runsOf(bank).limit({ stallMs: 300 })
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    takeOver(telecom, lie)
    await accept(telecom, id, 'prepared')
    expect(await ended(bank, id)).toMatchObject({ state: 'failed', reason, culprit: 'telecom' })
    const { prepared: of } = await shown(bank, id)
    expect(await bank.ctx.store.psi.prepared.get(of!.id)).toBeNull()
    expect(await kept(bank, of!.id)).toEqual([])
    await ended(telecom, id)
    runsOf(bank).limit(LIMITS)
  })

  it('as its asker, gets no more than it is owed', async () => {
    const { id } = await propose(bank, { protocol: 'prepared', to: 'proposer' })
    const frames: string[] = []
    bend(telecom.ctx, 'connectChannel', (honest) => async (...given) => {
      const channel = await honest(...given)
      // What bank sends as its first word is no word: it is given the list, and nothing else.
      const receive = async (step: string): Promise<Bytes> => {
        const frame = await channel.receive(step)
        const name = Buffer.from(frame.subarray(2, 2 + (frame[1] ?? 0))).toString()
        if (frame[0] === 0) frames.push(name)
        return name === 'session/held' ? Uint8Array.of(...frame.subarray(0, -1), 77) : frame
      }
      return { ...wrapped(channel), receive }
    })
    await accept(telecom, id, 'prepared')
    expect(await ended(bank, id)).toMatchObject({ state: 'done' })
    expect(frames[0]).toBe('session/held')
  })
})
