/** Flags that leave a list and want back, and lists that the convenant keeps out of a round. */

import { check } from '@drempel/node/internal/sessions'
import type { Diagnosis } from '@drempel/protocol/api'
import type { Convenant } from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { Lead } from '../kit/lead.ts'
import type { Member } from '../kit/member.ts'
import { publish } from '../kit/publication.ts'
import { installAll, successorOf } from '../kit/successor.ts'
import { tagAll } from '../kit/tags.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const RULES = [{ kind: 'host', t: 2 }] as const
const LICENCE = {
  basis: { nl: 'UAVG artikel 33, vierde lid', en: 'UAVG article 33(4)' },
  reference: 'vergunning AP z2027-00001',
}

/** Which of these the list in force has. */
async function over(asker: Member, values: readonly string[]): Promise<string[]> {
  const { results } = await check(asker.ctx, {
    kind: 'host',
    purpose: 'fraude-onderzoek',
    rule: 'host-t2',
    values,
    protocol: 'screen',
    operator: 'test',
  })
  return values.filter((_, i) => (results[i] as { over: boolean }).over)
}

const withdraw = async (member: Member, values: readonly string[]) => {
  const body = { kind: 'host', values: [...values] }
  expect((await member.api('POST', '/flags/withdraw', body)).json).toMatchObject({
    withdrawn: values.length,
  })
}

async function published(federation: Federation, leader: Member): Promise<void> {
  await tagAll(federation)
  expect(await leader.round()).toMatchObject({ state: 'published' })
}

/** A round that ends before anything is computed; what `member` put into it counts against its caps. */
async function cutShort(federation: Federation, member: Member) {
  await tagAll(federation)
  const lead = await Lead.open(federation, federation.member('telecom'))
  const { commitments } = await lead.agree()
  const { body } = commitments.find((statement) => statement.member === member.id)!
  const { flags } = member.rounds.find(lead.round)!
  if (body.paddedSize !== null) await lead.expect(member.id, 'share', { round: lead.round })
  for (const { id } of federation.members) {
    await lead.expect(id, 'fail', { round: lead.round, reason: 'TEST', culprit: null })
  }
  return { body, flags: new Set(flags.map(hex)) }
}

describe('a flag that left a list', () => {
  const GONE = ['withdrawn.example', 'expired.example', 'bezwaar.example']
  const ALL = [...GONE, 'kept.example']
  let federation: Federation
  let leader: Member
  let partner: Member

  const importAs = async (expires: number) => {
    const rows = ALL.map((value, row) => ({
      row,
      value,
      ...(value === 'expired.example' ? { expires: new Date(expires).toISOString() } : {}),
    }))
    const body = { kind: 'host', import: `until-${expires}`, rows }
    const { status, json } = await partner.api('POST', '/flags/import', body)
    expect([status, (json as { rejected: unknown }).rejected]).toEqual([200, []])
  }

  beforeAll(async () => {
    federation = await Federation.open({ size: 3, rules: RULES, maxBatch: 4 })
    leader = federation.member('bank-a')
    partner = federation.member('telecom')
  })

  afterAll(() => federation.close())

  /** Which of its flags the partner puts into a round. */
  const contributed = async () => {
    const { flags } = await cutShort(federation, partner)
    return ALL.filter((value) => flags.has(hex(partner.ctx.vault.blindIndex('host', value))))
  }

  test('is in while it is there', async () => {
    await leader.generateKey()
    await leader.flag(ALL)
    await federation.member('bank-b').flag(['other.example'])
    await importAs(Date.now() + HOUR)
    expect(await contributed()).toEqual(ALL)
  })

  test('is out of the next round, and counts for nobody', async () => {
    await withdraw(partner, ['withdrawn.example'])
    const index = partner.ctx.vault.blindIndex('host', 'bezwaar.example')
    expect(await partner.ctx.store.flags.object('host', index)).toBe(true)
    federation.clock.ahead = 2 * HOUR
    await published(federation, leader)
    expect(await over(leader, ALL)).toEqual(['kept.example'])
  })

  test('stays out for the epoch, though imported again', async () => {
    await importAs(Date.now() + 30 * DAY)
    const { json } = await partner.api('GET', '/flags?kind=host')
    const { flags } = json as { flags: { value: string; state: string }[] }
    expect(flags.map(({ value, state }) => `${value} ${state}`).sort()).toEqual([
      'bezwaar.example bezwaar',
      'expired.example active',
      'kept.example active',
      'withdrawn.example withdrawn',
    ])
    expect(await contributed()).toEqual(['kept.example'])
  })

  test('comes back in the next epoch, save under bezwaar', async () => {
    federation.clock.ahead = 8 * DAY
    await leader.generateKey()
    expect(await contributed()).toEqual(['expired.example', 'kept.example'])
    await importAs(Date.now() + 60 * DAY)
    await published(federation, leader)
    expect(await over(leader, ALL)).toEqual([
      'withdrawn.example',
      'expired.example',
      'kept.example',
    ])
  })
})

describe('a flag of a court’s decision', () => {
  const judged = 'judged.example'
  let federation: Federation
  let partner: Member
  const licensed = (named: boolean) => (old: Convenant) => ({
    purposes: old.purposes.map((purpose) => ({ ...purpose, criminalData: named ? LICENCE : null })),
  })

  beforeAll(async () => {
    federation = await Federation.open({
      ...{ size: 3, rules: RULES, maxBatch: 4 },
      amend: (convenant) => ({ ...convenant, ...licensed(true)(convenant) }),
    })
    partner = federation.member('telecom')
    await federation.member('bank-a').generateKey()
    for (const id of ['bank-a', 'bank-b']) await federation.member(id).flag(['other.example'])
    await partner.flag(['reported.example'])
    const rows = [{ row: 1, value: judged, evidence: 'rechterlijk' }]
    const body = { kind: 'host', import: 'judged', rows }
    expect((await partner.api('POST', '/flags/import', body)).json).toMatchObject({ added: 1 })
  })

  afterAll(() => federation.close())

  const contributed = async () => {
    const { flags } = await cutShort(federation, partner)
    const has = (value: string) => flags.has(hex(partner.ctx.vault.blindIndex('host', value)))
    return ['reported.example', judged].filter(has)
  }

  test('is in a round while the convenant names a licence for it', async () => {
    expect(await contributed()).toEqual(['reported.example', judged])
  })

  test('is out of the next one under a version that names none', async () => {
    await installAll(federation, successorOf(federation, licensed(false)))
    expect(await contributed()).toEqual(['reported.example'])
  })
})

describe("a list beyond its owner's caps", () => {
  const OWN = ['one.example', 'two.example', 'three.example', 'four.example']
  let federation: Federation
  let leader: Member
  let partner: Member

  beforeAll(async () => {
    federation = await Federation.open({
      rules: RULES,
      maxBatch: 5,
      contributorsMayChange: true,
      minList: 2,
      amend: (convenant) => ({
        ...convenant,
        kinds: convenant.kinds.map((kind) => ({
          ...kind,
          exceptions: [
            {
              member: 'bank-b',
              listCap: 6,
              newPerRound: 1,
              withdrawnPerRound: 1,
              epochBudget: kind.epochBudget,
            },
          ],
        })),
      }),
    })
    leader = federation.member('bank-a')
    partner = federation.member('bank-b')
    await leader.generateKey()
    for (const id of ['bank-a', 'telecom', 'platform']) {
      await federation.member(id).flag([`${id}.example`, 'both.example'])
    }
    await leader.flag(['one.example'])
    await partner.flag(OWN)
  })

  afterAll(() => federation.close())

  /** @param reason why it stays out, as its own log has it; null when it takes part */
  const expectCommitment = async (reason: string | null) => {
    const added = await partner.adds(async () => {
      // Before the round its doctor says so, and enters nothing.
      const told = ((await partner.api('GET', '/doctor')).json as Diagnosis).checks
      const check = told.find(({ name }) => name === 'list host')
      const stays = expect.stringMatching(`^stays out of the next round: ${reason}, \\d+ .* \\d+$`)
      expect(check).toMatchObject(
        reason === null ? { ok: true } : { ok: false, detail: stays, next: expect.any(String) },
      )
      const { body } = await cutShort(federation, partner)
      expect(body.paddedSize).toEqual(reason === null ? expect.any(Number) : null)
    })
    const refusals = added.filter(({ type }) => type === 'round.refused')
    expect(refusals).toMatchObject(reason === null ? [] : [{ reason, role: 'partner' }])
  }

  test('stays out when too many are new or gone, or the list is too large or small', async () => {
    // All of a first list are new.
    await expectCommitment(null)
    await partner.flag(['five.example'])
    await expectCommitment(null)
    await partner.flag(['six.example', 'seven.example'])
    await expectCommitment('LIST_TOO_LARGE')
    await withdraw(partner, ['four.example'])
    await expectCommitment('TOO_MANY_NEW')
    await withdraw(partner, ['seven.example'])
    await expectCommitment(null)
    await withdraw(partner, ['five.example', 'six.example'])
    await expectCommitment('TOO_MANY_WITHDRAWN')
    await withdraw(partner, ['two.example', 'three.example'])
    await expectCommitment('LIST_TOO_SMALL')
  })

  test('and the round is published without it', async () => {
    const round = await leader.round()
    expect(round).toMatchObject({
      state: 'published',
      contributors: ['bank-a', 'platform', 'telecom'],
      leftOut: [],
    })
    expect(await over(leader, [...OWN, 'both.example'])).toEqual(['both.example'])
    // It holds the list all the same.
    expect(await over(partner, ['both.example'])).toEqual(['both.example'])
  })

  test('where contributors may not change, the round ends instead', async () => {
    const change = ({ acknowledgements }: Convenant) => ({
      acknowledgements: { ...acknowledgements, contributorsMayChange: false },
    })
    await installAll(federation, successorOf(federation, change))
    // The last list had them all.
    await publish(federation, ['before.example'])
    const before = await leader.ctx.store.lists.inForce()
    expect(await leader.round()).toMatchObject({ state: 'failed', reason: 'CONTRIBUTORS_CHANGED' })
    expect(await leader.ctx.store.lists.inForce()).toEqual(before)
  })
})
