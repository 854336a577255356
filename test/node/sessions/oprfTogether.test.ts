/**
 * Checks of one moment in one message: each stands for itself, whoever lies. The holder admits, enters
 * and refuses each; the asker believes one proof for all of them, and asks another for each that fails.
 */

import { verifyEvidence } from '@drempel/node/internal/peers'
import { check } from '@drempel/node/internal/sessions'
import {
  ByteReader,
  type Bytes,
  ByteWriter,
  fromBase64,
  fromBase64url,
  fromUtf8,
  type Json,
  jcs,
} from '@drempel/protocol/encoding'
import { libsodiumGroup } from '@drempel/protocol/group'
import { verifyShare } from '@drempel/protocol/oprf'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Federation, random } from '../kit/federation.ts'
import type { Entry, Lie, Member } from '../kit/member.ts'
import { expectRefusal, post } from '../kit/peer.ts'
import { publish } from '../kit/publication.ts'
import {
  ask,
  elements,
  encodeQuestion,
  intend,
  type Question,
  questionOf,
} from '../kit/question.ts'

const QUOTA = 400
const PURPOSE = 'fraude-onderzoek'

let federation: Federation
let asker: Member
let holder: Member
let undo: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    rules: [{ kind: 'host', t: 2 }],
    quotaPerDay: QUOTA,
    maxBatch: 20,
  })
  asker = federation.member('bank-a')
  holder = federation.member('telecom')
  await asker.generateKey()
  await publish(federation, ['over.example', 'also.example'])
})

afterAll(() => federation.close())
afterEach(() => {
  for (const each of undo) each()
  undo = []
})

function together(requests: readonly Bytes[], count = requests.length): Bytes {
  const writer = new ByteWriter().u8(count)
  for (const request of requests) writer.block(request)
  return writer.finish()
}

type Parts = {
  readonly refused: readonly (string | null)[]
  readonly evaluated: Bytes
  readonly proof: Bytes
  readonly checkpoint: Bytes
}

function read(answer: Bytes): Parts {
  const reader = new ByteReader(answer)
  const block = () => reader.block(1 << 20).slice()
  const refused = JSON.parse(fromUtf8(block()))
  const parts = { refused, evaluated: block(), proof: block(), checkpoint: block() }
  reader.finish()
  return parts
}

function written({ refused, evaluated, proof, checkpoint }: Parts): Bytes {
  const writer = new ByteWriter().block(jcs(refused as Json))
  return writer.block(evaluated).block(proof).block(checkpoint).finish()
}

describe('a holder', () => {
  const send = (body: Bytes) => () => post(asker, holder, 'oprf/checks', body)
  const question = { protocol: 'check', purpose: PURPOSE } as const
  const checks = (count: number, blinded: readonly Bytes[] = []) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => ask(asker, blinded[i] ?? elements(1), { question })),
    )

  test('enters each of them, and proves all at once', async () => {
    const blinded = [elements(1), elements(1), elements(1)]
    const body = together(await checks(3, blinded))
    let answer: Parts | undefined
    const added = await holder.adds(async () => {
      answer = read((await send(body)()).body)
    })
    expect(added.map(({ type }) => type)).toEqual(Array(3).fill('oprf.evaluated'))
    const { refused, evaluated, proof } = answer!
    expect(refused).toEqual([null, null, null])
    const transcript = (await holder.ctx.store.keys.current('host'))!.transcript
    const shares = 32 * federation.members.length
    const at = federation.convenant.keyHolders.members.indexOf(holder.id)
    const element = transcript.subarray(transcript.length - shares).subarray(32 * at, 32 * at + 32)
    const publicShares = [{ index: at + 1, id: holder.id, element }]
    const key = { quorum: 1, publicKey: element, publicShares }
    const all = Buffer.concat(blinded)
    await verifyShare(libsodiumGroup, key, at + 1, all, { evaluated, proof })
  })

  test('refuses one and evaluates the others', async () => {
    const bent = questionOf(question)
    const [first, last] = await checks(2)
    const intent = await intend(asker, bent, elements(1))
    const middle = encodeQuestion(bent, intent, elements(1))
    const added = await holder.adds(async () => {
      const { refused, evaluated } = read((await send(together([first!, middle, last!]))()).body)
      expect(refused).toEqual([null, 'INTENT_MISMATCH', null])
      expect(evaluated.length).toBe(64)
    })
    expect(added.map(({ type }) => type).sort()).toEqual([
      'oprf.evaluated',
      'oprf.evaluated',
      'oprf.refused',
    ])
    const refusal = added.find(({ type }) => type === 'oprf.refused')
    expect(refusal).toMatchObject({ txid: bent.txid, reason: 'INTENT_MISMATCH' })
  })

  test('evaluates nothing when it refuses all', async () => {
    const one = await ask(asker, elements(1), { question: { ...question, purpose: 'curiosity' } })
    const { refused, evaluated, proof } = read((await send(together([one, one]))()).body)
    expect(refused).toEqual(['UNKNOWN_PURPOSE', 'UNKNOWN_PURPOSE'])
    expect([evaluated.length, proof.length]).toEqual([0, 0])
  })

  test('serves a transaction once, in one message and in two', async () => {
    const [one, two] = await checks(2)
    const { refused } = read((await send(together([one!, two!, one!]))()).body)
    // Which of the two is first depends on when the event loop turns.
    expect(refused[1]).toBeNull()
    expect(new Set([refused[0], refused[2]])).toEqual(new Set([null, 'TXID_REPLAYED']))
    const again = read((await send(together([two!, one!]))()).body)
    expect(again.refused).toEqual(['TXID_REPLAYED', 'TXID_REPLAYED'])
    await expectRefusal(holder, () => post(asker, holder, 'oprf/evaluate', one!), 'TXID_REPLAYED')
  })

  test('with an element that is none evaluates none, and enters that for each', async () => {
    const body = together(await checks(2, [elements(1), new Uint8Array(32)]))
    const added = await holder.adds(() => expectRefusal(holder, send(body), 'IDENTITY_ELEMENT'))
    expect(added.filter(({ type }) => type === 'oprf.refused')).toMatchObject([
      { reason: 'IDENTITY_ELEMENT' },
      { reason: 'IDENTITY_ELEMENT' },
    ])
    expect(read((await send(body)()).body).refused).toEqual(['TXID_REPLAYED', 'TXID_REPLAYED'])
  })

  test('takes no more than checks of one key, sixteen at most', async () => {
    const other = (change: Partial<Question>) =>
      ask(asker, elements(1), { question: { ...question, ...change } })
    const [good] = await checks(1)
    const screen = await ask(asker, elements(2))
    const bodies: Bytes[] = [
      new Uint8Array(),
      together([]),
      together([good!], 2),
      together([good!, good!], 1),
      together(Array(17).fill(good)),
      together([good!, random(90)]),
      together([good!, screen]),
      together([good!, await other({ epoch: '2' })]),
      together([await ask(asker, elements(2), { question })]),
      together([await ask(asker, new Uint8Array(), { question })]),
      good!,
    ]
    for (const body of bodies) {
      await expectRefusal(holder, send(body), 'BAD_REQUEST', {
        type: 'peer.refused',
        reason: 'BAD_REQUEST',
      })
    }
    expect(read((await send(together([good!]))()).body).refused).toEqual([null])
  })

  test('spends its quota to the last unit', async () => {
    const counter = `evaluated/${asker.id}/${PURPOSE}`
    const day = new Date().toISOString().slice(0, 10)
    const limit = Math.floor((QUOTA * 3) / 4)
    const used = await holder.ctx.store.usage.used(counter, day)
    const left = limit - used - 2
    const spent = { scope: counter, key: day, amount: left, limit }
    await (await holder.ctx.store.usage.claim(spent)).durable
    const { refused, evaluated } = read((await send(together(await checks(5)))()).body)
    expect(refused.filter((code) => code === null)).toHaveLength(2)
    expect(refused.filter((code) => code === 'QUOTA_EXCEEDED')).toHaveLength(3)
    expect(evaluated.length).toBe(64)
  })
})

describe('an asker', () => {
  const hosts = ['over.example', 'under.example', 'also.example', 'none.example']
  const isOver = [true, false, true, false]

  /** Four checks at once, answered right; the liar is the first that is asked, in one message. */
  async function whileAsked(lie: Lie): Promise<{ entries: Entry[]; messages: number[] }> {
    const others = federation.convenant.keyHolders.members.filter((id) => id !== asker.id)
    const draw = Uint8Array.of(others.indexOf(holder.id))
    const { random: before } = asker.ctx
    Object.assign(asker.ctx, {
      random: (length: number) => (length === 1 ? draw : random(length)),
    })
    let messages: number[] = []
    undo.push(
      () => Object.assign(asker.ctx, { random: before }),
      holder.lie('oprf/checks', (from, body, real) => {
        messages.push(body[0]!)
        return lie(from, body, real)
      }),
    )
    for (;;) {
      messages = []
      const entries = await asker.adds(askAll)
      // On a machine that is busy one of them may come a turn of the event loop later.
      if (messages.includes(hosts.length)) return { entries, messages }
    }
  }

  async function askAll(): Promise<void> {
    const answers = await Promise.all(
      hosts.map((value) =>
        check(asker.ctx, {
          ...{ kind: 'host', purpose: 'klantacceptatie', rule: 'host-t2', values: [value] },
          ...{ protocol: 'check', operator: 'test' },
        }),
      ),
    )
    expect(answers.map(({ results }) => results[0])).toEqual(isOver.map((over) => ({ over })))
  }

  const honest: Lie = (_from, _body, real) => real()
  const of = (entries: readonly Entry[], type: string) =>
    entries.filter((entry) => entry.type === type)

  test('asks a holder once, and enters each check whole', async () => {
    const { entries, messages } = await whileAsked(honest)
    expect(messages).toEqual([hosts.length])
    for (const type of ['query.intent', 'oprf.evaluated', 'query.result']) {
      const txids = of(entries, type).map((entry) => 'txid' in entry && entry.txid)
      expect(new Set(txids).size).toBe(hosts.length)
    }
    expect(of(entries, 'oprf.fault')).toEqual([])
  })

  const bent =
    (bend: (parts: Parts) => Partial<Parts>): Lie =>
    async (_from, _body, real) => {
      const parts = read((await real()) as Bytes)
      return written({ ...parts, ...bend(parts) })
    }
  const swapped = (flat: Bytes) =>
    Buffer.concat([flat.subarray(32, 64), flat.subarray(0, 32), flat.subarray(64)])

  test.each<[string, string, Lie]>([
    ['a bad proof', 'BAD_PROOF', bent(({ proof }) => ({ proof: proof.toReversed() }))],
    [
      'two elements exchanged',
      'BAD_PROOF',
      bent(({ evaluated }) => ({ evaluated: swapped(evaluated) })),
    ],
    [
      'an element less',
      'BAD_PROOF',
      bent(({ evaluated }) => ({ evaluated: evaluated.subarray(32) })),
    ],
    [
      'a refusal without taking its element out',
      'BAD_PROOF',
      bent(() => ({ refused: ['REFUSED', null, null, null] })),
    ],
    ['a refusal less', 'BAD_REQUEST', bent(() => ({ refused: [null, null, null] }))],
    ['a refusal too many', 'BAD_REQUEST', bent(() => ({ refused: Array(5).fill(null) }))],
    [
      'a refusal in words',
      'BAD_REQUEST',
      bent(() => ({ refused: [null, 'no, sorry', null, null] })),
    ],
    [
      'the answer to a single check',
      'BAD_REQUEST',
      async (_from, _body, real) => ((await real()) as Bytes).slice(8),
    ],
    ['nothing', 'BAD_REQUEST', async () => new Uint8Array()],
  ])('names who answers %s, and asks another', async (_, code, lie) => {
    const { entries } = await whileAsked(lie)
    const faults = of(entries, 'oprf.fault')
    expect(faults).toHaveLength(hosts.length)
    for (const fault of faults) expect(fault).toMatchObject({ parties: [holder.id], reason: code })
    const records = await Promise.all(faults.map((fault) => asker.record(fault)))
    const shown = (records as { evidence: string }[]).filter(({ evidence }) => evidence !== '')
    expect(shown).toHaveLength(1)
    const evidence = verifyEvidence(fromBase64(shown[0]!.evidence), (id) =>
      fromBase64url(federation.member(id).descriptor.signingKey),
    )
    expect(evidence).toMatchObject({ asker: asker.id, answerer: holder.id, status: 200 })
    expect(evidence.requestBody?.length).toBeGreaterThan(hosts.length * 32)
  })

  test('asks another for the one that was refused, and for that one alone', async () => {
    const [first, second] = federation.members.filter(
      ({ id }) => id !== asker.id && id !== holder.id,
    ) as [Member, Member]
    let alone = 0
    const refuseOne: Lie = async (_from, body, real) => {
      alone = 0
      const reader = new ByteReader(body)
      const requests = Array.from({ length: reader.u8() }, () => reader.block(1 << 20))
      const parts = read((await real(together(requests.slice(1)))) as Bytes)
      return written({ ...parts, refused: ['QUOTA_EXCEEDED', ...parts.refused] })
    }
    for (const other of [first, second]) {
      undo.push(
        other.lie('oprf/evaluate', (_from, _body, real) => {
          alone++
          return real()
        }),
      )
    }
    const { entries } = await whileAsked(refuseOne)
    expect(alone).toBe(1)
    expect(of(entries, 'oprf.fault')).toEqual([])
    const parties = of(entries, 'query.result').map((entry) => 'parties' in entry && entry.parties)
    expect(parties.filter((ids) => ids && !ids.includes(holder.id))).toHaveLength(1)
  })
})
