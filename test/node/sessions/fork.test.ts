/** An asker that shows two holders, or one holder twice, different logs of one length. */

import {
  ByteReader,
  type Bytes,
  ByteWriter,
  fromUtf8,
  type Json,
  jcs,
  parseJcs,
} from '@drempel/protocol/encoding'
import {
  appendLeaves,
  batchDigest,
  emptyTree,
  encodeReceipt,
  inclusionProof,
  leafHash,
  noteSigner,
  openCheckpoint,
  rootOf,
  signCheckpoint,
  verifierKey,
} from '@drempel/protocol/log'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { expectRefusal, post } from '../kit/peer.ts'
import { elements, encodeQuestion, intend, type Question, questionOf } from '../kit/question.ts'

let federation: Federation
let asker: Member
let holder: Member

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }] })
  asker = federation.member('bank-a')
  holder = federation.member('telecom')
  await asker.generateKey()
})

afterAll(() => federation.close())

const ask = (body: Bytes, from = asker) => post(from, holder, 'oprf/evaluate', body)

/** The asker's log up to `size`, but with another last leaf; its checkpoint is signed all the same. */
async function forged(size: number, lastLeaf: Bytes, by: Member): Promise<string> {
  const { audit, signer } = by.ctx
  const origin = (await audit.origin())!
  const leaves: Bytes[] = []
  for (let at = 0; at < size - 1; at++) leaves.push(await audit.leaf(origin, at))
  leaves.push(lastLeaf)
  const { state, stored } = appendLeaves(emptyTree(), leaves.map(leafHash))
  const root = rootOf(state)
  const checkpoint = signCheckpoint({ origin, size, root }, [noteSigner(origin, signer)])
  const proof = await inclusionProof(size - 1, size, (nodes) =>
    nodes.map(
      ({ level, index }) =>
        stored.find((node) => node.level === level && node.index === index)!.hash,
    ),
  )
  return encodeReceipt({ index: size - 1, proof, checkpoint, extra: lastLeaf })
}

/** An intent that is asked, and another of the same place in the log, asked by a second request. */
async function twoOfOneSize(by = asker): Promise<{ honest: Bytes; fork: Bytes; txid: string }> {
  const [question, blinded] = [questionOf({ protocol: 'check' }), elements(1)]
  const receipt = await intend(by, question, blinded)
  const origin = (await by.ctx.audit.origin())!
  const { size } = (await by.ctx.audit.head(origin))!
  const [other, hidden] = [questionOf({ protocol: 'check' }), elements(1)]
  const leaf = parseJcs(await by.ctx.audit.leaf(origin, size - 1)) as Record<string, Json>
  const changed = jcs({ ...leaf, txid: other.txid, batch: batchDigest(hidden) })
  return {
    honest: encode(question, receipt, blinded),
    fork: encode(other, await forged(size, changed, by), hidden),
    txid: other.txid,
  }
}

const encode = (question: Question, receipt: string, blinded: Bytes) =>
  encodeQuestion(question as unknown as Json, receipt, blinded)

test('a receipt made so is as good as any, at a holder that saw no other', async () => {
  const { fork } = await twoOfOneSize()
  expect((await ask(fork)).status).toBe(200)
})

test('the second tree of one size is refused and entered, and nothing is evaluated', async () => {
  const { honest, fork, txid } = await twoOfOneSize()
  expect((await ask(honest)).status).toBe(200)
  const added = await holder.adds(() => expectRefusal(holder, () => ask(fork), 'LOG_FORKED'))
  expect(added[1]).toMatchObject({ reason: 'LOG_FORKED', parties: [asker.id], txid })
  expect(added.map(({ type }) => type)).toEqual(['witness.refused', 'oprf.refused'])
  // Both signed notes are in the holder's hands: the one it took is sealed with what it evaluated.
  const before = (await holder.entries()).findLast(({ type }) => type === 'oprf.evaluated')!
  const { checkpoint: shown } = (await holder.record(before)) as { checkpoint: string }
  const { evidence } = (await holder.record(added[1]!)) as { evidence: string }
  const other = Buffer.from(evidence, 'base64').toString()
  const origin = (await asker.ctx.audit.origin())!
  const [one, two] = [shown, other].map((note) =>
    openCheckpoint(note, verifierKey(origin, asker.ctx.signer.publicKey)),
  )
  expect(one!.size).toBe(two!.size)
  expect(one!.root).not.toEqual(two!.root)
  const kept = await holder.record(added[0]!)
  expect(kept).toEqual({ first: shown, second: other })
  expect(await holder.ctx.store.witness.conflicts()).toMatchObject([kept])
})

test('who was caught is not served any more, whatever it asks', async () => {
  const { honest } = await twoOfOneSize()
  await expectRefusal(holder, () => ask(honest), 'LOG_FORKED')
})

test('also the other way round, and after a restart of the holder', async () => {
  const other = federation.member('bank-b')
  const { honest, fork } = await twoOfOneSize(other)
  expect((await ask(fork, other)).status).toBe(200)
  await holder.restart()
  await expectRefusal(holder, () => ask(honest, other), 'LOG_FORKED')
})

test('what is merely older is no fork, and the next honest question is answered', async () => {
  const other = federation.member('platform')
  const [first, second] = [questionOf({ protocol: 'check' }), questionOf({ protocol: 'check' })]
  const [one, two] = [elements(1), elements(1)]
  const older = encode(first, await intend(other, first, one), one)
  const newer = encode(second, await intend(other, second, two), two)
  expect((await ask(newer, other)).status).toBe(200)
  expect((await ask(older, other)).status).toBe(200)
})

test('two that come at once, in one message, are no more than one', async () => {
  const other = federation.member('platform')
  const { honest, fork } = await twoOfOneSize(other)
  const body = new ByteWriter().u8(2).block(honest).block(fork).finish()
  const answer = await post(other, holder, 'oprf/checks', body)
  const refused = JSON.parse(fromUtf8(new ByteReader(answer.body).block(1024)))
  expect(refused).toEqual([null, 'LOG_FORKED'])
})
