/** A coordinator, or somebody who poses as one, that lies in a round: refused at each step, by name. */

import { createChannelConnector } from '@drempel/node/internal/peers'
import { hex, type Json } from '@drempel/protocol/encoding'
import { type PreparedList, prepareList, shareList } from '@drempel/protocol/threshold'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation, random } from '../kit/federation.ts'
import { announcementOf, asJson, Lead, resign, type Statement, uploadBody } from '../kit/lead.ts'
import type { Member } from '../kit/member.ts'
import { expectRefusal, post } from '../kit/peer.ts'

const LIST_CAP = 2_000

let federation: Federation
/** Compute node, and the liar that leads. */
let liar: Member
/** Compute node. */
let honest: Member
/** No compute node. */
let partner: Member

beforeAll(async () => {
  federation = await Federation.open({
    listCap: LIST_CAP,
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'host', t: 2, output: 'owners' },
    ],
    contributorsMayChange: true,
  })
  liar = federation.member('telecom')
  honest = federation.member('bank-a')
  partner = federation.member('bank-b')
  await honest.generateKey()
  for (const member of federation.members)
    await member.flag(['both.example', `${member.id}.example`])
})

afterAll(() => federation.close())

const say = (from: Member, to: Member, step: string, body: Json | Uint8Array) => () =>
  post(from, to, `rounds/${step}`, body)

describe('announcing', () => {
  test.each<[string, string, Readonly<Record<string, Json>>]>([
    ['for somebody else', 'BAD_REQUEST', { coordinator: 'platform' }],
    ['another convenant', 'CONVENANT_DIFFERS', { convenant: '0'.repeat(64) }],
    ['an unknown rule', 'STATEMENTS_DIFFER', { rules: ['host-t2', 'host-t1'] }],
    ['fewer rules', 'STATEMENTS_DIFFER', { rules: ['host-t2'] }],
    ['the rules turned round', 'STATEMENTS_DIFFER', { rules: ['host-t2-owners', 'host-t2'] }],
    ['no rule', 'BAD_REQUEST', { rules: [] }],
    ['a kind of no rule', 'STATEMENTS_DIFFER', { kind: 'iban' }],
    ['another key', 'NO_KEY', { key: '0'.repeat(64) }],
    ['no key', 'NO_KEY', { key: null }],
    ['another epoch', 'NO_KEY', { epoch: 2 }],
    ['a time to come', 'BAD_REQUEST', { createdAt: new Date(Date.now() + 3.6e6).toISOString() }],
    ['a time long past', 'BAD_REQUEST', { createdAt: '2020-01-01T00:00:00Z' }],
    ['a field too many', 'BAD_REQUEST', { extra: 1 }],
    ['a round of no form', 'BAD_REQUEST', { round: '../../etc' }],
  ])('%s', async (_, code, change) => {
    const announcement = await announcementOf(federation, liar, change)
    await expectRefusal(honest, say(liar, honest, 'announce', announcement), code)
    expect(honest.rounds.ofKind('host')).toBeUndefined()
  })

  test('by no compute node', async () => {
    const announcement = await announcementOf(federation, partner)
    const { problem } = await expectRefusal(
      honest,
      say(partner, honest, 'announce', announcement),
      'REFUSED',
      { type: 'round.refused', parties: ['bank-b'], reason: 'NOT_A_COORDINATOR' },
    )
    expect(problem.at).toBe('NOT_A_COORDINATOR')
  })

  test('twice: the second changes nothing', async () => {
    const lead = await Lead.open(federation, liar)
    await lead.commitments()
    const added = await honest.adds(() => lead.expect('bank-a', 'announce', lead.announcement))
    expect(added).toEqual([])
    expect(honest.rounds.find(lead.round)?.commitment).not.toBeNull()
    const other = { ...lead.announcement, createdAt: new Date(Date.now() - 1_000).toISOString() }
    await expectRefusal(honest, say(liar, honest, 'announce', other), 'ROUND_WRONG_STATE')
    expect(honest.rounds.find(lead.round)?.commitment).not.toBeNull()
  })

  test('two at once: one goes on', async () => {
    const both = await Promise.all([1, 2].map(() => announcementOf(federation, liar)))
    const answers = await Promise.all(both.map((one) => say(liar, honest, 'announce', one)()))
    const rounds = both.filter(({ round }) => honest.rounds.find(round) !== undefined)
    expect(rounds).toHaveLength(1)
    expect(answers.map(({ status }) => status).sort()[0]).toBe(200)
  })

  test("while another's round is under way, also with a false time", async () => {
    const lead = await Lead.open(federation, liar)
    const platform = federation.member('platform')
    const announcement = await announcementOf(federation, platform)
    await expectRefusal(honest, say(platform, honest, 'announce', announcement), 'BUSY')
    const late = await announcementOf(federation, liar, { createdAt: '2020-01-01T00:00:00Z' })
    await expectRefusal(honest, say(liar, honest, 'announce', late), 'BAD_REQUEST')
    expect(honest.rounds.find(lead.round)).toBeDefined()
  })
})

test('steps of a round that does not exist, or is not led by who speaks', async () => {
  const lead = await Lead.open(federation, liar)
  await lead.commitments()
  const platform = federation.member('platform')
  const bodies: readonly (readonly [string, (round: string) => Json])[] = [
    ['commitment', (round) => ({ round })],
    ['open', (round) => ({ round, commitments: [] })],
    ['share', (round) => ({ round })],
    ['compute', (round) => ({ round, included: [] })],
    ['outcome', (round) => ({ round })],
    ['fail', (round) => ({ round, reason: 'X', culprit: null })],
  ]
  for (const [step, body] of bodies) {
    const unknown = say(liar, honest, step, body('0'.repeat(32)))
    await expectRefusal(honest, unknown, 'ROUND_UNKNOWN')
    const { problem } = await expectRefusal(
      honest,
      say(platform, honest, step, body(lead.round)),
      'ROUND_WRONG_STATE',
    )
    expect(problem).toMatchObject({ at: 'coordinator', culprit: 'platform' })
    for (const junk of [new Uint8Array(), random(40), { ...(body(lead.round) as object), x: 1 }]) {
      await expectRefusal(honest, say(liar, honest, step, junk as Json), 'BAD_REQUEST')
    }
  }
  expect(honest.rounds.find(lead.round)).toBeDefined()
  await expectRefusal(
    honest,
    say(liar, honest, 'share', { round: lead.round }),
    'ROUND_WRONG_STATE',
  )
  const early = { round: lead.round, included: ['bank-a'] }
  await lead.say('bank-a', 'compute', early)
  expect(await lead.ended('bank-a')).toMatchObject({ reason: 'ROUND_WRONG_STATE' })
})

describe('opening nonces', () => {
  let lead: Lead
  let commitments: Statement[]

  beforeAll(async () => {
    lead = await Lead.open(federation, liar)
    commitments = await lead.commitments()
  })

  const open = (set: readonly Statement[], to = honest) =>
    say(liar, to, 'open', asJson({ round: lead.round, commitments: set }))
  const bent = (id: string, change: (statement: Statement) => Statement) =>
    commitments.map((statement) => (statement.member === id ? change(statement) : statement))

  test.each<[string, string, string, () => readonly Statement[]]>([
    ['none', 'STATEMENTS_DIFFER', 'telecom', () => []],
    [
      'an altered one',
      'BAD_STATEMENT',
      'bank-b',
      () => bent('bank-b', (s) => ({ ...s, body: { ...s.body, paddedSize: 512 } })),
    ],
    [
      "one that the liar signed in another's name",
      'BAD_STATEMENT',
      'bank-b',
      () => bent('bank-b', (s) => ({ ...resign(liar, 'commitment', s, {}), member: 'bank-b' })),
    ],
    [
      'one of nobody',
      'STATEMENTS_DIFFER',
      'telecom',
      () => [...commitments, { ...commitments[0]!, member: 'a' }],
    ],
    [
      'one of another nobody',
      'BAD_STATEMENT',
      'zz',
      () => [...commitments, { ...commitments[0]!, member: 'zz' }],
    ],
    ['turned round', 'STATEMENTS_DIFFER', 'telecom', () => [...commitments].reverse()],
    [
      'one twice',
      'STATEMENTS_DIFFER',
      'telecom',
      () => commitments.flatMap((s) => (s.member === 'bank-b' ? [s, s] : [s])),
    ],
    [
      'without a compute node',
      'STATEMENTS_DIFFER',
      'telecom',
      () => commitments.filter(({ member }) => member !== 'platform'),
    ],
    [
      'without its own',
      'STATEMENTS_DIFFER',
      'telecom',
      () => commitments.filter(({ member }) => member !== 'bank-a'),
    ],
    [
      'of another round',
      'STATEMENTS_DIFFER',
      'telecom',
      () => bent('telecom', (s) => resign(liar, 'commitment', s, { round: '0'.repeat(32) })),
    ],
    [
      'above the cap',
      'STATEMENTS_DIFFER',
      'telecom',
      () => bent('telecom', (s) => resign(liar, 'commitment', s, { paddedSize: 1 << 20 })),
    ],
    [
      'of a size that is no bucket',
      'STATEMENTS_DIFFER',
      'telecom',
      () => bent('telecom', (s) => resign(liar, 'commitment', s, { paddedSize: 257 })),
    ],
    [
      'without a nonce where there must be one',
      'STATEMENTS_DIFFER',
      'telecom',
      () => bent('telecom', (s) => resign(liar, 'commitment', s, { nonce: null })),
    ],
  ])('for commitments: %s', async (_, code, culprit, set) => {
    const { problem } = await expectRefusal(honest, open(set()), code)
    expect(problem.culprit).toBe(culprit)
    expect(honest.rounds.find(lead.round)?.openedFor).toBeNull()
    const [entry] = (await honest.entries()).slice(-1)
    if (culprit !== 'zz')
      expect(entry).toMatchObject({ type: 'peer.refused', reason: code, parties: ['telecom'] })
  })

  test('at a node that has none', async () => {
    await expectRefusal(partner, open(commitments, partner), 'NOT_COMPUTE_NODE')
  })

  test('for one set, once and again, and for no second', async () => {
    expect((await open(commitments)()).status).toBe(200)
    expect((await open(commitments)()).status).toBe(200)
    const without = commitments.filter(({ member }) => member !== 'bank-b')
    await expectRefusal(honest, open(without), 'STATEMENTS_DIFFER')
    const grown = bent('telecom', (s) => resign(liar, 'commitment', s, { paddedSize: 272 }))
    await expectRefusal(honest, open(grown), 'STATEMENTS_DIFFER')
  })
})

describe('terms', () => {
  let lead: Lead
  let commitments: Statement[]
  let openings: Statement[]

  beforeAll(async () => {
    lead = await Lead.open(federation, liar)
    commitments = await lead.commitments()
    openings = await lead.openings(commitments)
  })

  const terms = (change: object) =>
    say(
      liar,
      partner,
      'terms',
      asJson({ announcement: lead.announcement, commitments, openings, ...change }),
    )
  const bent = (id: string, change: (statement: Statement) => Statement) =>
    openings.map((statement) => (statement.member === id ? change(statement) : statement))

  test.each<[string, string, string | undefined, () => object]>([
    [
      'with a nonce that is not the one committed to',
      'STATEMENTS_DIFFER',
      'telecom',
      () => ({
        openings: bent('telecom', (s) => resign(liar, 'opening', s, { nonce: hex(random(32)) })),
      }),
    ],
    [
      "with another's nonce altered",
      'BAD_STATEMENT',
      'bank-a',
      () => ({
        openings: bent('bank-a', (s) => ({ ...s, body: { ...s.body, nonce: hex(random(32)) } })),
      }),
    ],
    [
      'with an opening for other commitments',
      'STATEMENTS_DIFFER',
      'telecom',
      () => ({
        openings: bent('telecom', (s) =>
          resign(liar, 'opening', s, { commitments: '0'.repeat(64) }),
        ),
      }),
    ],
    [
      'with openings turned round',
      'STATEMENTS_DIFFER',
      'telecom',
      () => ({ openings: [...openings].reverse() }),
    ],
    ['with two openings', 'BAD_REQUEST', 'telecom', () => ({ openings: openings.slice(1) })],
    [
      'without its own commitment',
      'STATEMENTS_DIFFER',
      'telecom',
      () => ({ commitments: commitments.filter(({ member }) => member !== 'bank-b') }),
    ],
    [
      'with another commitment of its own than it gave',
      'STATEMENTS_DIFFER',
      'telecom',
      () => ({
        commitments: commitments.map((s) =>
          s.member === 'bank-b' ? resign(partner, 'commitment', s, { paddedSize: null }) : s,
        ),
      }),
    ],
    [
      'of another announcement',
      'STATEMENTS_DIFFER',
      'telecom',
      () => ({ announcement: { ...lead.announcement, epoch: 7 } }),
    ],
  ])('%s', async (_, code, culprit, change) => {
    const { problem } = await expectRefusal(partner, terms(change()), code)
    expect(problem.culprit).toBe(culprit)
    expect(partner.rounds.find(lead.round)?.terms).toBeNull()
  })

  test('once', async () => {
    expect((await terms({})()).status).toBe(200)
    await expectRefusal(partner, terms({}), 'ROUND_WRONG_STATE')
  })
})

describe('uploading', () => {
  let lead: Lead
  let prepared: PreparedList

  beforeAll(async () => {
    lead = await Lead.open(federation, liar)
    await lead.commitments()
  })

  const shares = (index?: number) => {
    const { plan, salt, values } = partner.rounds.find(lead.round)!
    const own = index ?? plan!.partners.findIndex(({ id }) => id === partner.id)
    prepared = prepareList(plan!, own, salt!, index === undefined ? values : [], random)
    return shareList(plan!, prepared, random, partner.ctx.prg)
  }
  const upload = (from: Member, to: Member, share: Uint8Array) =>
    say(from, to, 'upload', uploadBody(lead.round, share))

  test('before there are terms', async () => {
    await expectRefusal(honest, upload(partner, honest, random(64)), 'ROUND_WRONG_STATE')
  })

  test("what is not one's own, or nothing", async () => {
    await lead.agree()
    const good = shares()[0]
    const forms = [
      new Uint8Array(),
      random(64),
      good.slice(0, -1),
      new Uint8Array([...good, 0]),
      shares()[1],
      shares(0)[0],
    ]
    for (const share of forms) {
      const { problem } = await expectRefusal(honest, upload(partner, honest, share), 'BAD_UPLOAD')
      expect(problem.culprit).toBe('bank-b')
    }
    await expectRefusal(partner, upload(liar, partner, good), 'NOT_COMPUTE_NODE')
    for (const body of [
      new Uint8Array(),
      random(15),
      random(30),
      uploadBody(lead.round, good).slice(1),
    ]) {
      const junk = say(partner, honest, 'upload', body)
      const { problem } = await expectRefusal(honest, junk, 'BAD_REQUEST')
      expect(problem.culprit).toBe('bank-b')
    }
  })

  test('twice', async () => {
    const share = shares()[0]
    expect((await upload(partner, honest, share)()).status).toBe(200)
    await expectRefusal(honest, upload(partner, honest, share), 'ROUND_WRONG_STATE')
  })

  test('being told to, twice: what it prepared stays what it was', async () => {
    const told = () => lead.say('platform', 'share', { round: lead.round })
    expect((await told()).status).toBe(200)
    const before = federation.member('platform').rounds.find(lead.round)!.prepared
    await expectRefusal(federation.member('platform'), told, 'ROUND_WRONG_STATE')
    expect(federation.member('platform').rounds.find(lead.round)!.prepared).toBe(before)
  })

  test('parts of answers: of no rule, of no compute node, twice, of no form', async () => {
    const part = (from: Member, to: Member, rule: string, bytes: Uint8Array) => {
      const head = new TextEncoder().encode(`${lead.round} ${rule}\n`)
      return say(from, to, 'owners', new Uint8Array([...head, ...bytes]))
    }
    const to = federation.member('platform')
    await expectRefusal(to, part(partner, to, 'host-t2-owners', random(9)), 'NOT_COMPUTE_NODE')
    for (const rule of ['host-t2', 'host-t3-owners']) {
      await expectRefusal(to, part(liar, to, rule, random(9)), 'STATEMENTS_DIFFER')
    }
    for (const body of [new Uint8Array(), random(60), new TextEncoder().encode('x y\n')]) {
      await expectRefusal(to, say(liar, to, 'owners', body), 'BAD_REQUEST')
    }
    expect((await part(liar, to, 'host-t2-owners', random(9))()).status).toBe(200)
    await expectRefusal(to, part(liar, to, 'host-t2-owners', random(9)), 'ROUND_WRONG_STATE')
    expect((await part(honest, to, 'host-t2-owners', random(9))()).status).toBe(200)
    const own = new TextEncoder().encode(`${lead.round} host-t2-owners\n`)
    await expect(to.ctx.call('platform', 'rounds/owners', own)).rejects.toMatchObject({
      code: 'BAD_OWNER_PARTS',
      culprit: expect.stringMatching(/bank-a|telecom|platform/),
    })
  })

  test('a channel: from the previous compute node, and one', async () => {
    const open = (from: Member, to: Member, round = lead.round, link = '') =>
      createChannelConnector({
        self: { id: from.id, url: from.descriptor.url, signer: from.ctx.signer },
        directory: federation.directory,
        clock: Date.now,
        random,
      })(to.id, `/peer/v1/rounds/${round}/channel${link}`)
    const refused = (at: string) => ({ code: 'PEER_PROBLEM', at })
    const platform = federation.member('platform')
    const [first, second, third] = federation.convenant.computeNodes.map((id) =>
      federation.member(id),
    ) as [Member, Member, Member]
    await expect(open(partner, first)).rejects.toMatchObject(refused('ROUND_WRONG_STATE'))
    await expect(open(second, first)).rejects.toMatchObject(refused('ROUND_WRONG_STATE'))
    await expect(open(first, partner)).rejects.toMatchObject(refused('NOT_COMPUTE_NODE'))
    await expect(open(third, first, '0'.repeat(32))).rejects.toMatchObject(refused('ROUND_UNKNOWN'))
    await expect(open(third, first, 'x')).rejects.toMatchObject(refused('BAD_REQUEST'))
    // For parts of a round, which this node with its one thread does not compute.
    await expect(open(third, first, lead.round, '/1')).rejects.toMatchObject(
      refused('ROUND_WRONG_STATE'),
    )
    for (const link of ['/0', '/01', '/1000', '/-1', '/1.0'])
      await expect(open(third, first, lead.round, link)).rejects.toMatchObject(
        refused('BAD_REQUEST'),
      )
    const channel = await open(third, first)
    await expect(open(third, first)).rejects.toMatchObject(refused('ROUND_WRONG_STATE'))
    await channel.close()
    expect(await platform.api('GET', '/status')).toMatchObject({ status: 200 })
    const plain = say(third, first, `${lead.round}/channel`, new Uint8Array())
    await expectRefusal(first, plain, 'NOT_FOUND')
  })
})

describe('computing', () => {
  test.each<[string, readonly string[]]>([
    ['somebody who is no member', ['bank-a', 'bank-b', 'nobody at all', 'platform']],
    ['somebody twice', ['bank-a', 'bank-a', 'bank-b']],
    ['members turned round', ['platform', 'bank-b', 'bank-a']],
    ['a member that no list has', ['bank-a', 'bank-b', '__proto__']],
  ])('over lists of %s', async (_, included) => {
    const lead = await Lead.open(federation, liar)
    await lead.agree()
    const added = await honest.adds(async () => {
      await lead.expect('bank-a', 'compute', { round: lead.round, included })
      expect(await lead.ended('bank-a')).toEqual({
        reason: 'STATEMENTS_DIFFER',
        culprit: 'telecom',
      })
      await expect.poll(async () => (await honest.entries()).at(-1)?.type).toBe('round.failed')
    })
    expect(added.at(-1)).toMatchObject({ type: 'round.failed', parties: ['telecom'] })
    await expectRefusal(
      honest,
      say(liar, honest, 'outcome', { round: lead.round }),
      'STATEMENTS_DIFFER',
    )
  })

  test('over too few, or at a node that does not', async () => {
    const lead = await Lead.open(federation, liar)
    await lead.agree()
    const few = { round: lead.round, included: ['bank-a', 'telecom'] }
    await lead.expect('bank-a', 'compute', few)
    expect(await lead.ended('bank-a')).toMatchObject({ reason: 'TOO_FEW_CONTRIBUTORS' })
    await expectRefusal(partner, say(liar, partner, 'compute', few), 'NOT_COMPUTE_NODE')
  })
})

describe('failing', () => {
  test.each([['nobody@home.example'], ['bank-a\u0000'], ['__proto__'], [null]])(
    'by the fault of %j: whoever is no member is not entered',
    async (culprit) => {
      const lead = await Lead.open(federation, liar)
      await lead.commitments()
      const added = await honest.adds(() =>
        lead.expect('bank-a', 'fail', { round: lead.round, reason: 'X', culprit }),
      )
      expect(added.at(-1)).toMatchObject({ type: 'round.failed', parties: ['telecom'] })
      expect(await lead.ended('bank-a')).toEqual({ reason: 'ROUND_FAILED', culprit: 'telecom' })
    },
  )

  test('what followed from a failure does not hide why it was', async () => {
    const lead = await Lead.open(federation, liar)
    await lead.commitments()
    await lead.expect('bank-a', 'fail', { round: lead.round, reason: 'X', culprit: null })
    const late = say(liar, honest, 'commitment', { round: lead.round })
    await expectRefusal(honest, late, 'ROUND_FAILED')
  })

  test('a silent coordinator is given up, whatever others send', async () => {
    const lead = await Lead.open(federation, liar)
    await lead.commitments()
    federation.clock.ahead = 3 * 60_000
    await say(partner, honest, 'upload', uploadBody(lead.round, random(9)))()
    await honest.rounds.expire()
    federation.clock.ahead = 0
    expect(await lead.ended('bank-a')).toEqual({ reason: 'ROUND_FAILED', culprit: 'telecom' })
  })

  test('a coordinator that never ends is given up too', async () => {
    const lead = await Lead.open(federation, liar)
    await lead.commitments()
    federation.clock.ahead = 3 * 3_600_000
    await say(liar, honest, 'commitment', { round: lead.round })()
    await honest.rounds.expire()
    federation.clock.ahead = 0
    expect(await lead.ended('bank-a')).toEqual({ reason: 'ROUND_FAILED', culprit: 'telecom' })
  })
})
