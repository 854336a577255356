/** A federation with witnesses at work: prompt and strict purposes, dead witnesses, the grace. */

import type { WitnessStore } from '@drempel/node/internal/store'
import { witnessing } from '@drempel/protocol/api'
import { fromBase64, fromBase64url, fromUtf8, ProtocolError } from '@drempel/protocol/encoding'
import {
  cosigner,
  encodeCosignatures,
  openCosigned,
  parseAddCheckpoint,
  parseNote,
  parseReceipt,
  verifierKey,
  verifyReceipt,
  witnessKey,
} from '@drempel/protocol/log'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hold, moment } from '../kit/bend.ts'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { post } from '../kit/peer.ts'
import { publish } from '../kit/publication.ts'
import { elements, encodeQuestion, intend, questionOf } from '../kit/question.ts'

const MINUTE = 60_000
const PROMPT = 'fraude-onderzoek'
const STRICT = 'klantacceptatie'
const WITNESSES = ['bank-b', 'platform', 'telecom']

let federation: Federation
let asker: Member
const restore: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    rules: [{ kind: 'host', t: 2 }],
    witnesses: WITNESSES,
    maxAgeHours: 24,
  })
  asker = federation.member('bank-a')
  await asker.generateKey()
  await publish(federation, ['over.example'])
})

afterAll(() => federation.close())
afterEach(() => {
  for (const undo of restore.splice(0)) undo()
})

const ask = (purpose: string, value = 'over.example') =>
  asker.api('POST', '/checks', { kind: 'host', purpose, rule: 'host-t2', value })

const keyOf = (id: string) =>
  witnessKey('proef', id, fromBase64url(federation.member(id).descriptor.signingKey))
const originOf = async (member = asker) => (await member.ctx.audit.origin())!
const logName = (origin: string) => {
  const { name, id } = verifierKey(origin, asker.ctx.signer.publicKey)
  return `${name}+${id}`
}
const run = (member = asker) => member.ctx.witnessing.cosigning.run()
const cosignedOf = async (member = asker) =>
  (await member.ctx.store.witness.cosigned(await originOf(member)))!

/** From now on this witness cosigns nothing. */
function silence(id: string): void {
  const witness = federation.member(id).ctx.witnessing.witness as { add: unknown }
  const { add } = witness
  witness.add = async () => {
    throw new ProtocolError('LOG_UNAVAILABLE')
  }
  restore.push(() => {
    witness.add = add
  })
}

/** From now on this witness signs with another time than it is. */
function cosignAt(id: string, seconds: number): void {
  const { signer, witnessing } = federation.member(id).ctx
  const witness = witnessing.witness as { add: typeof witnessing.witness.add }
  const { add } = witness
  witness.add = async (from, body) => {
    const answer = await add(from, body)
    if (answer.status !== 200) return answer
    const { text } = parseNote(parseAddCheckpoint(fromUtf8(body)).checkpoint)
    const time = Math.floor((Date.now() + federation.clock.ahead) / 1000) + seconds
    const { key, sign } = cosigner(`drempel/proef/${id}`, signer, time)
    const signature = { name: key.name, id: key.id, bytes: sign(text) }
    return { ...answer, lines: encodeCosignatures([signature]) }
  }
  restore.push(() => {
    witness.add = add
  })
}

describe('with its witnesses', () => {
  test('a prompt purpose is answered, and cosigned soon after, by a quorum', async () => {
    expect(await ask(PROMPT)).toMatchObject({ status: 200, json: { answer: 'over' } })
    await run()
    const origin = await originOf()
    const { note, size } = await cosignedOf()
    expect(size).toBe((await asker.ctx.audit.head(origin))!.size)
    const owner = verifierKey(origin, asker.ctx.signer.publicKey)
    const { times } = openCosigned(note, owner, WITNESSES.map(keyOf), 2)
    for (const time of times.values()) {
      expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(30)
    }
  })

  test('auditors and members can fetch what was cosigned', async () => {
    await run()
    const origin = await originOf()
    const { note } = await cosignedOf()
    const own = await asker.api('GET', `/log/${origin}/cosigned`)
    expect([own.status, own.text]).toEqual([200, note])
    const { status, json } = await asker.api('GET', '/witnessing')
    expect(status).toBe(200)
    const view = witnessing.parse(json)
    expect(view).toMatchObject({ witnesses: WITNESSES, quorum: 2, waitingSince: null })
    const { size } = (await asker.ctx.audit.head())!
    expect(view.logs).toMatchObject([{ origin, size, cosigned: { size } }])
    const peers = federation.member('telecom').ctx.peers
    const { body } = await peers.get(asker.id, `/peer/v1/log/${origin}/cosigned`)
    expect(fromUtf8(body)).toBe(note)
    const other = await federation.member('telecom').api('GET', '/witnessing')
    expect(witnessing.parse(other.json).held).toContainEqual(
      expect.objectContaining({ log: expect.stringContaining(origin), size }),
    )
  })

  test('many entries share one request', async () => {
    let asked = 0
    const witness = federation.member('telecom').ctx.witnessing.witness
    const bent = witness as { add: typeof witness.add }
    const { add } = bent
    bent.add = (from, body) => {
      if (from === asker.id) asked++
      return add(from, body)
    }
    restore.push(() => {
      bent.add = add
    })
    const append = () => asker.ctx.audit.append({ type: 'node.started' }, null)
    for (let i = 0; i < 20; i++) await append()
    await run()
    expect(asked).toBeLessThanOrEqual(2)
  })

  test('a strict purpose is answered when its entry is cosigned', async () => {
    const { status, json } = await ask(STRICT)
    expect([status, json]).toMatchObject([200, { answer: 'over' }])
    const { receipt } = json as { receipt: { proof: string; leaf: string } }
    const owner = verifierKey(await originOf(), asker.ctx.signer.publicKey)
    const { index } = verifyReceipt(receipt.proof, owner, fromBase64(receipt.leaf))
    expect((await cosignedOf()).size).toBeGreaterThan(index)
    // The cosignatures come with it.
    const note = parseReceipt(receipt.proof).checkpoint
    const { times } = openCosigned(note, owner, WITNESSES.map(keyOf), 2)
    expect(times.size).toBeGreaterThanOrEqual(2)
  })

  test('the receipt of a prompt one has them as soon as they are there', async () => {
    const { txid } = (await ask(PROMPT)).json as { txid: string }
    await run()
    const { json } = await asker.api('GET', `/receipts/${txid}`)
    const { proof } = json as { proof: string }
    const owner = verifierKey(await originOf(), asker.ctx.signer.publicKey)
    expect(verifyReceipt(proof, owner).checkpoint.size).toBe((await cosignedOf()).size)
    openCosigned(parseReceipt(proof).checkpoint, owner, WITNESSES.map(keyOf), 2)
  })

  test('who is a witness has its own log cosigned by the others', async () => {
    const telecom = federation.member('telecom')
    await run(telecom)
    const { note } = await cosignedOf(telecom)
    const owner = verifierKey(await originOf(telecom), telecom.ctx.signer.publicKey)
    const { times } = openCosigned(note, owner, ['bank-b', 'platform'].map(keyOf), 2)
    expect([...times.keys()]).not.toContain('drempel/proef/telecom')
  })

  test('cosigning enters nothing: nodes at rest leave each other alone', async () => {
    for (const member of federation.members) await run(member)
    const before = await Promise.all(
      federation.members.map(async (member) => (await member.entries()).length),
    )
    for (const member of federation.members) await run(member)
    const after = await Promise.all(
      federation.members.map(async (member) => (await member.entries()).length),
    )
    expect(after).toEqual(before)
  })

  test('a question that a later tree overtook is served: its tree is a part of that', async () => {
    const holder = federation.member('telecom')
    const [question, blinded] = [questionOf({ protocol: 'check' }), elements(1)]
    const receipt = await intend(asker, question, blinded)
    for (let i = 0; i < 3; i++) await asker.ctx.audit.append({ type: 'node.started' }, null)
    await run()
    const held = (await holder.ctx.store.witness.heads()).find(({ log }) => log.includes('bank-a'))
    expect(held!.size).toBe((await asker.ctx.audit.head())!.size)
    const body = encodeQuestion(question as never, receipt, blinded)
    expect((await post(asker, holder, 'oprf/evaluate', body)).status).toBe(200)
  })

  test('after a restart it goes on from what they hold', async () => {
    await asker.restart()
    await run()
    expect((await cosignedOf()).size).toBe((await asker.ctx.audit.head())!.size)
  })
})

describe('without some of them', () => {
  test('one dead of three is not missed', async () => {
    silence('bank-b')
    expect((await ask(STRICT)).status).toBe(200)
  })

  test('that one gets what it missed when it is back, though the log grows no more', async () => {
    silence('bank-b')
    expect((await ask(STRICT)).status).toBe(200)
    const origin = await originOf()
    const { size } = (await asker.ctx.audit.head())!
    const held = () => federation.member('bank-b').ctx.store.witness.head(logName(origin))
    expect((await held())!.size).toBeLessThan(size)
    for (const undo of restore.splice(0)) undo()
    federation.clock.ahead += MINUTE
    await run()
    await expect.poll(async () => (await held())!.size).toBe(size)
    expect((await asker.ctx.audit.head())!.size).toBe(size)
  })

  test('one that is slow is not asked once more meanwhile, nor told as failing', async () => {
    const { witness } = federation.member('bank-b').ctx.witnessing
    const slow = hold(witness, 'add')
    expect((await ask(STRICT)).status).toBe(200)
    await slow.reached
    federation.clock.ahead += MINUTE
    await run()
    await moment()
    expect(asker.ctx.witnessing.cosigning.state().failing.has('bank-b')).toBe(false)
    slow.release()
  })

  test.each([
    ['two minutes and more before', -125, 503],
    ['two minutes and more behind', 125, 503],
    ['within two minutes of', -110, 200],
  ])('a cosignature %s the own clock counts accordingly', async (_, seconds, status) => {
    for (const id of ['bank-b', 'platform']) cosignAt(id, seconds)
    silence('telecom')
    expect((await ask(STRICT)).status).toBe(status)
  })

  test('without a quorum strict purposes get no answer, prompt ones do', async () => {
    silence('bank-b')
    silence('platform')
    const added = await asker.adds(async () => {
      const { status, json, text } = await ask(STRICT)
      expect([status, json]).toMatchObject([503, { code: 'NOT_WITNESSED' }])
      expect(text).not.toMatch(/over\b/)
    })
    expect(added.filter(({ type }) => type.startsWith('query.'))).toMatchObject([
      { type: 'query.intent' },
      { type: 'query.result' },
      { type: 'query.refused', reason: 'NOT_WITNESSED', purpose: STRICT },
    ])
    expect(await ask(PROMPT)).toMatchObject({ status: 200, json: { answer: 'over' } })
  })

  test('the grace begins, is entered, ends, and then nothing is asked until they are back', async () => {
    silence('bank-b')
    silence('platform')
    const { clock } = federation
    const graces = (entries: readonly { readonly type: string }[]) =>
      entries.filter(({ type }) => type === 'witness.grace')
    await run()
    const begun = await asker.adds(async () => {
      clock.ahead += 2 * MINUTE
      await run()
      await run()
      expect((await ask(PROMPT)).status).toBe(200)
    })
    expect(graces(begun)).toMatchObject([
      { status: 'suppressed', reason: 'GRACE_BEGUN', parties: ['bank-b', 'platform'] },
    ])
    const ended = await asker.adds(async () => {
      clock.ahead += 15 * MINUTE
      await run()
      for (const purpose of [PROMPT, STRICT]) {
        expect(await ask(purpose)).toMatchObject({ status: 503, json: { code: 'NOT_WITNESSED' } })
      }
    })
    expect(graces(ended)).toMatchObject([{ status: 'refused', reason: 'GRACE_ENDED' }])
    expect(ended.filter(({ type }) => type.startsWith('query.'))).toMatchObject([
      { type: 'query.refused', reason: 'NOT_WITNESSED' },
      { type: 'query.refused', reason: 'NOT_WITNESSED' },
    ])
    for (const undo of restore.splice(0)) undo()
    const back = await asker.adds(() => run())
    expect(graces(back)).toMatchObject([{ status: 'answered', reason: 'QUORUM_BACK' }])
    expect(await ask(PROMPT)).toMatchObject({ status: 200, json: { answer: 'over' } })
  })

  test('a restart begins no grace anew, and its end is entered', async () => {
    silence('bank-b')
    silence('platform')
    const { clock } = federation
    const graces = (entries: readonly { readonly type: string; readonly reason?: string }[]) =>
      entries.flatMap(({ type, reason }) => (type === 'witness.grace' ? [reason] : []))
    const begun = await asker.adds(async () => {
      await asker.ctx.audit.append({ type: 'node.started' }, null)
      await run()
      clock.ahead += 2 * MINUTE
      await run()
    })
    expect(graces(begun)).toEqual(['GRACE_BEGUN'])
    await asker.restart()
    const ended = await asker.adds(async () => {
      clock.ahead += 14 * MINUTE
      await run()
      expect(await ask(PROMPT)).toMatchObject({ status: 503, json: { code: 'NOT_WITNESSED' } })
    })
    expect(graces(ended)).toEqual(['GRACE_ENDED'])
    await asker.restart()
    const back = await asker.adds(() => {
      for (const undo of restore.splice(0)) undo()
      return run()
    })
    expect(graces(back)).toEqual(['QUORUM_BACK'])
    await asker.restart()
    expect(graces(await asker.adds(() => run()))).toEqual([])
    expect(await ask(PROMPT)).toMatchObject({ status: 200, json: { answer: 'over' } })
  })

  test('what was cosigned and then lost by the own store is cosigned again', async () => {
    const store = asker.ctx.store.witness as { setCosigned: WitnessStore['setCosigned'] }
    const { setCosigned } = store
    store.setCosigned = async () => {
      store.setCosigned = setCosigned
      throw new ProtocolError('STORE_FAILED')
    }
    await asker.ctx.audit.append({ type: 'node.started' }, null)
    await expect(run()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await run()
    expect((await cosignedOf()).size).toBe((await asker.ctx.audit.head())!.size)
  })

  test("a witness's word that it cosigned more stops nobody: it has to show the signature", async () => {
    const witness = federation.member('bank-b').ctx.witnessing.witness
    const bent = witness as { add: unknown; held: unknown }
    const honest = { ...witness }
    bent.add = async () => ({ status: 409, size: 1_000_000 })
    restore.push(() => Object.assign(bent, honest))
    expect((await ask(STRICT)).status).toBe(200)
    expect(await asker.ctx.store.witness.conflicts()).toEqual([])
    // Nor does a signed note of somebody else's log.
    const other = federation.member('telecom')
    bent.held = async () => (await other.ctx.audit.checkpoint())!
    expect((await ask(STRICT)).status).toBe(200)
    expect(await asker.ctx.store.witness.conflicts()).toEqual([])
  })
})
