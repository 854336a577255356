/** A rehearsal begins beside nothing, survives a restart, and takes its own with it. */

import type { RoundState } from '@drempel/node/internal/store'
import { describe, expect, it } from 'vitest'
import { index, row, type StoreWorld, sealed } from './world.ts'

/** What is noted of a rehearsal. */
const OF_IT = [
  ...['opened/host', 'owners/host/r', 'owners/waiting/host/r', 'released/host'],
  ...['dkg-share/host/1', 'act-begun/host', 'case-begun'],
]

export function rehearsalContract(world: StoreWorld): void {
  const { now, restart } = world
  const list = {
    ...{ kind: 'host', rule: 'r', round: '0a', epoch: '1', salt: index(1), keyBits: 64 },
    ...{ keys: new Uint8Array(8), contributors: 3, createdAt: 2, digest: 'd', signatures: [] },
  }
  const round = {
    ...{ id: '0a', kind: 'host', role: 'compute', state: 'opening' as RoundState },
    coordinator: 'a',
    ...{ data: sealed(1), reason: null, culprit: null },
  }

  const request = (id: string) => ({
    ...{ id, type: 'access' as const, kind: 'host', receivedAt: 1, dueAt: 2, sealed: sealed(1) },
  })
  const alert = (code: string) => ({ at: 1, code, member: null, purpose: null, kind: 'host' })
  const person = (id: string, name: string) => ({ id, name, hash: 'h', roles: ['analyst'] })

  describe('rehearsals', () => {
    it('one at a time, with how far it is', async () => {
      expect(await world.store.rehearsals.current()).toBeNull()
      expect(await world.store.rehearsals.move('x', [])).toBe(false)
      expect(await world.store.rehearsals.turn('ending')).toBe(false)
      expect(await world.store.rehearsals.clear()).toBe(false)
      now.time = 5_000
      expect(await world.store.rehearsals.begin('herfst', 'begun')).toBe(true)
      expect(await world.store.rehearsals.begin('winter', 'begun')).toBe(false)
      expect((await world.store.rehearsals.current())?.phase).toBe('beginning')
      expect(await world.store.rehearsals.turn('on')).toBe(true)
      expect(await world.store.rehearsals.move('loaded', ['done'])).toBe(true)
      // Never back: the others may have gone on by it.
      expect(await world.store.rehearsals.move('begun', ['loaded', 'done'])).toBe(true)
      await restart()
      const record = { word: 'herfst', since: 5_000, step: 'loaded', phase: 'on' }
      expect(await world.store.rehearsals.current()).toMatchObject(record)
      expect(await world.store.rehearsals.turn('ending')).toBe(true)
      await restart()
      expect(await world.store.rehearsals.current()).toMatchObject({ ...record, phase: 'ending' })
    })

    it.each([
      ['a flag', () => world.store.flags.upsert('host', [row(1)], 'i')],
      [
        'a flag that was withdrawn',
        async () => {
          await world.store.flags.upsert('host', [row(1)], 'i')
          await world.store.flags.withdraw('host', index(1))
        },
      ],
      [
        'a flag that was erased',
        async () => {
          await world.store.flags.upsert('host', [row(1)], 'i')
          await world.store.flags.erase('host', index(1))
        },
      ],
      [
        'a flag that expired',
        async () => {
          await world.store.flags.upsert('host', [{ ...row(1), expires: 2_000 }], 'i')
          await world.store.flags.forgetExpired(3_000, 9)
        },
      ],
      [
        'an intersection',
        () =>
          world.store.psi.create({
            ...{ id: '0c', side: 'partner', peer: 'b', purpose: 'p', kind: 'host' },
            ...{ state: 'proposed', sealed: sealed(1), list: null, committedAt: null },
            ...{ reason: null, culprit: null },
          }),
      ],
      ['a list', () => world.store.lists.accept([list])],
      [
        'a round that was published',
        () => world.store.rounds.create({ ...round, state: 'published' }),
      ],
      ['a round that is open', () => world.store.rounds.create(round)],
      ['a part of a list', () => world.store.psi.addPart('upload/1', sealed(1))],
      [
        'what was asked about',
        () => world.store.asked.remember('2027-06', '0d', [index(1).slice(0, 16)]),
      ],
      [
        'an answer that may be recalled',
        () =>
          world.store.recalls.watch({
            ...{ txid: '0d', kind: 'host', rule: 'r', epoch: '1', round: '0a' },
            ...{ until: 9_000, sealed: sealed(1) },
          }),
      ],
      ['feedback', () => world.store.feedback.put('0d', 0, sealed(1))],
      [
        'a question that waits',
        () =>
          world.store.proposals.create({
            ...{ id: '0e', act: 'ask', subject: 's', sealed: sealed(1), proposer: 'a' },
            expiresAt: 9_000,
          }),
      ],
    ])('none beside %s', async (_name, put) => {
      await put()
      expect(await world.store.rehearsals.inUse()).toBe(true)
      expect(await world.store.rehearsals.begin('herfst', 'begun')).toBe(false)
      expect(await world.store.rehearsals.current()).toBeNull()
    })

    it('ends with all that came of it; log, quotas and keys stay', async () => {
      await world.store.rounds.create({ ...round, id: '0b', state: 'failed' })
      const real = await world.store.cases.open(request('0f'))
      await world.store.alerts.raise('before', alert('FLAG_AS_QUESTION'))
      await world.store.tokens.create(person('aa', 'jansen'))
      const proposal = { subject: 's', sealed: sealed(1), proposer: 'a', expiresAt: 90_000 }
      await world.store.proposals.create({ ...proposal, id: '3f', act: 'shred' })
      expect(await world.store.rehearsals.begin('herfst', 'begun')).toBe(true)
      const madeUp = await world.store.cases.open(request('1f'))
      await world.store.proposals.create({ ...proposal, id: '4f', act: 'ask' })
      await world.store.alerts.raise('made up', alert('FLAG_AS_QUESTION'))
      await world.store.alerts.raise('a log', alert('LOGS_DIFFER'))
      await world.store.tokens.create(person('ab', 'rehearsal-1'))
      await world.store.tokens.create(person('ac', 'rehearsal'))
      await world.store.flags.upsert('host', [row(1), row(2)], 'i')
      await world.store.flags.erase('host', index(2))
      await world.store.tags.put('host', '1', [{ id: 1, sealed: sealed(1) }])
      await world.store.contributions.record('host', [index(1)], 6_000)
      await world.store.rounds.create(round)
      const publish = { id: '0a', from: ['opening'], to: 'published' } as const
      expect(await world.store.lists.accept([list], publish)).toBe(true)
      expect((await world.store.lists.current('host', 'r'))?.digest).toBe('d')
      for (const name of OF_IT) {
        await world.store.meta.set(name, 'x')
      }
      await world.store.meta.set('dkg-epoch/host', '1')
      const claim = { scope: 'queried/p', key: 'day', amount: 3, limit: 9 }
      await (await world.store.usage.claim(claim)).durable
      expect(await world.store.rehearsals.clear()).toBe(true)

      expect(await world.store.rehearsals.current()).toBeNull()
      expect(await world.store.rehearsals.inUse()).toBe(false)
      expect(await world.store.lists.current('host', 'r')).toBeNull()
      expect(await world.store.lists.history('host', 'r', 9)).toEqual([])
      expect(await world.store.rounds.list({ limit: 9 })).toEqual([])
      expect(await world.store.flags.page('host', { limit: 9 })).toEqual([])
      expect(await world.store.tags.page('host', '1', 0, { limit: 9 })).toEqual([])
      expect(await world.store.contributions.changes('host', [index(3)])).toBeNull()
      for (const name of OF_IT) {
        expect(await world.store.meta.get(name)).toBeNull()
      }
      expect(await world.store.meta.get('dkg-epoch/host')).toBe('1')
      expect(await world.store.usage.used('queried/p', 'day')).toBe(3)
      expect(await world.store.cases.get(real)).not.toBeNull()
      expect(await world.store.cases.get(madeUp)).toBeNull()
      const alerts = await world.store.alerts.list({ all: true, limit: 9 })
      expect(alerts.map(({ code }) => code)).toEqual(['LOGS_DIFFER', 'FLAG_AS_QUESTION'])
      // The first real one of a day is not taken for one that was there.
      expect(await world.store.alerts.raise('made up', alert('FLAG_AS_QUESTION'))).not.toBeNull()
      // No two cases ever have one name.
      expect(await world.store.cases.open(request('2f'))).toBeGreaterThan(madeUp)
      expect((await world.store.proposals.list(9)).map(({ id }) => id)).toEqual(['3f'])
      const tokens = await world.store.tokens.list()
      const revoked = tokens.filter(({ revokedAt }) => revokedAt !== null)
      expect(revoked.map(({ name }) => name)).toEqual(['rehearsal-1'])
      // What was erased may come as a real one: it was made up.
      expect(await world.store.flags.upsert('host', [row(2)], 'j')).toMatchObject({ added: 1 })
    })
  })
}
