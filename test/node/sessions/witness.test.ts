/** A witness against owners of logs: c2sp.org/tlog-witness, status by status. */

import { dirname } from 'node:path'
import { fsck } from '@drempel/node/internal/app'
import type { WitnessStore } from '@drempel/node/internal/store'
import { type Diagnosis, witnessing } from '@drempel/protocol/api'
import {
  type Bytes,
  fromBase64url,
  fromUtf8,
  ProtocolError,
  utf8,
} from '@drempel/protocol/encoding'
import {
  encodeAddCheckpoint,
  openCheckpoint,
  quarterOf,
  readCosignature,
  unverifiedCheckpoint,
  verifierKey,
  witnessKey,
} from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { readProblem } from '../kit/peer.ts'
import { leaves, Tree } from '../kit/tree.ts'

// A quarter in which the nodes themselves write nothing: all in it is of the tests' making.
const past = quarterOf(Date.now() - 91 * 86_400_000)

let federation: Federation
let owner: Member
let witness: Member
let relay: Member
const used = new Set<string>()

beforeAll(async () => {
  federation = await Federation.open({ witnesses: ['telecom', 'platform', 'bank-b'] })
  owner = federation.member('bank-a')
  witness = federation.member('telecom')
  relay = federation.member('bank-b')
})

afterAll(async () => {
  try {
    await witness.stop()
    const checked = await fsck(dirname(witness.live.node.home.paths.store))
    expect(checked.flatMap(({ damage }) => damage)).toEqual([])
  } finally {
    await federation.close()
  }
})

type Answer = { status: number; type: string; body: Bytes; text: string; code?: string | undefined }

async function add(text: string | Bytes, to = witness, from = owner): Promise<Answer> {
  const body = typeof text === 'string' ? utf8(text) : text
  const path = '/peer/v1/witness/add-checkpoint'
  const answer = await from.ctx.peers.post(to.id, path, body, { allowProblem: true })
  const told = fromUtf8(answer.body)
  const isProblem = answer.contentType === 'application/problem+json'
  const code = isProblem ? readProblem(told, answer.status).code : undefined
  return { status: answer.status, type: answer.contentType, body: answer.body, text: told, code }
}

const held = (origin: string, from = owner, to = witness) =>
  from.ctx.peers.get(to.id, `/peer/v1/witness/${origin}`, { allowProblem: true })

/** A log that this witness has never seen: each test takes another owner of the same past quarter. */
function freshLog(text = 'leaf', of: Member = owner): Tree {
  const origin = `drempel/proef/${of.id}/${past}`
  if (text === 'leaf') {
    if (used.has(of.id)) throw new Error(`${of.id} has a log already`)
    used.add(of.id)
  }
  return new Tree(origin, of.ctx.signer, leaves(300, text))
}

const witnessOf = (member: Member) =>
  witnessKey('proef', member.id, fromBase64url(member.descriptor.signingKey))

describe('a log that grows', () => {
  let log: Tree

  beforeAll(() => {
    log = freshLog()
  })

  test('is cosigned, at first and as it grows, with the time', async () => {
    for (const [old, size] of [
      [0, 3],
      [3, 4],
      [4, 260],
      [260, 260],
    ] as const) {
      const { status, text } = await add(await log.growth(old, size))
      expect(status).toBe(200)
      const { time } = readCosignature(await log.checkpoint(size), text, witnessOf(witness))
      expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60)
    }
  })

  test('anyone can see what was cosigned last, and any member may bring more', async () => {
    const seen = await held(log.origin, relay)
    expect(seen.status).toBe(200)
    expect(unverifiedCheckpoint(fromUtf8(seen.body)).size).toBe(260)
    expect((await add(await log.growth(260, 261), witness, relay)).status).toBe(200)
  })

  test.each([
    ['0', 0],
    ['less than was cosigned', 260],
    ['more than was cosigned', 262],
  ])('from %s is told what was cosigned last', async (_, old) => {
    const { status, type, text } = await add(await log.growth(old, 270))
    expect({ status, type, text }).toEqual({ status: 409, type: 'text/x.tlog.size', text: '261\n' })
  })

  test('never shrinks, whatever old size it claims', async () => {
    for (const old of [0, 3, 200]) {
      expect((await add(await log.growth(old, 200))).status).toBe(409)
    }
    const back = encodeAddCheckpoint({
      ...{ oldSize: 261, proof: [] },
      checkpoint: await log.checkpoint(200),
    })
    expect((await add(back)).status).toBe(400)
  })

  test('with a proof that does not hold is not cosigned, and that is entered', async () => {
    const checkpoint = await log.checkpoint(280)
    const good = await log.proof(261, 280)
    const bad = [
      [],
      good.slice(1),
      [...good, good[0]!],
      good.with(0, good[0]!.with(3, good[0]![3]! ^ 1)),
      await log.proof(260, 280),
    ]
    for (const proof of bad) {
      const added = await witness.adds(async () => {
        const answer = await add(encodeAddCheckpoint({ oldSize: 261, proof, checkpoint }))
        expect(answer).toMatchObject({ status: 422, code: 'BAD_CONSISTENCY_PROOF' })
      })
      // A refusal of an earlier request may be entered behind its answer.
      expect(added.filter(({ type }) => type === 'witness.refused')).toMatchObject([
        { parties: [owner.id], peerCheckpoints: [{ origin: log.origin, size: 280 }] },
      ])
    }
    // Whose false proof it is says who brought it: the checkpoint is as its owner signed it.
    const framing = encodeAddCheckpoint({ oldSize: 261, proof: bad[1]!, checkpoint })
    const framed = await witness.adds(async () => {
      expect(await add(framing, witness, relay)).toMatchObject({ status: 422 })
    })
    expect(framed).toMatchObject([{ type: 'witness.refused', parties: [relay.id] }])
    const first = encodeAddCheckpoint({ oldSize: 261, proof: good, checkpoint })
    expect((await add(first)).status).toBe(200)
  })

  test('with one false proof after another, ten of a minute and member are entered', async () => {
    // As a minute begins.
    federation.clock.ahead = 180_000 - (Date.now() % 60_000)
    const checkpoint = await log.checkpoint(281)
    const text = encodeAddCheckpoint({ oldSize: 280, proof: [], checkpoint })
    const refused = await witness.adds(async () => {
      for (let nth = 0; nth < 12; nth++) expect((await add(text)).status).toBe(422)
      expect((await add(text, witness, relay)).status).toBe(422)
    })
    federation.clock.ahead = 0
    expect(refused.map((one) => 'parties' in one && one.parties)).toEqual([
      ...Array(10).fill([owner.id]),
      [relay.id],
    ])
  })

  test('of requests that race, all compared with the same tree, one is cosigned', async () => {
    const growths = await Promise.all([281, 282, 283, 284].map((size) => log.growth(280, size)))
    const answers = await Promise.all(growths.map((text) => add(text)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    const won = 281 + answers.findIndex(({ status }) => status === 200)
    const { size } = unverifiedCheckpoint(fromUtf8((await held(log.origin)).body))
    expect(size).toBe(won)
    for (const { status, text } of answers) if (status === 409) expect(text).toBe(`${won}\n`)
  })

  test('is remembered over a restart', async () => {
    const { size } = unverifiedCheckpoint(fromUtf8((await held(log.origin)).body))
    await witness.restart()
    expect((await add(await log.growth(0, size))).text).toBe(`${size}\n`)
    expect((await add(await log.growth(size, 290))).status).toBe(200)
  })

  test('is cosigned by each witness for itself', async () => {
    const other = federation.member('platform')
    expect((await held(log.origin, owner, other)).status).toBe(404)
    const { status, text } = await add(await log.growth(0, 290), other)
    expect(status).toBe(200)
    const note = await log.checkpoint(290)
    expect(() => readCosignature(note, text, witnessOf(witness))).toThrow('NO_KNOWN_SIGNATURE')
    readCosignature(note, text, witnessOf(other))
  })

  test('when it changes its past, with every proof it likes, is not cosigned', async () => {
    const other = new Tree(log.origin, owner.ctx.signer, leaves(300, 'other'))
    expect((await add(await other.growth(290, 295))).status).toBe(422)
    expect((await add(await other.growth(280, 295))).status).toBe(409)
    expect((await add(await other.growth(0, 295))).status).toBe(409)
  })
})

describe('when the write fails', () => {
  const failing = (then: boolean) => {
    const store = witness.ctx.store.witness as { advance: WitnessStore['advance'] }
    const { advance } = store
    store.advance = async (...args) => {
      store.advance = advance
      if (then) await advance(...args)
      throw new ProtocolError('STORE_FAILED')
    }
  }
  const sizeHeld = async (origin: string) => {
    const { status, body } = await held(origin)
    return status === 200 ? unverifiedCheckpoint(fromUtf8(body)).size : 0
  }

  test('nothing is cosigned, whether or not it got through, and both go on from there', async () => {
    const log = freshLog('leaf', relay)
    await add(await log.growth(0, 5), witness, relay)
    failing(false)
    const lost = await add(await log.growth(5, 6), witness, relay)
    expect(lost).toMatchObject({ status: 503, code: 'STORE_FAILED' })
    expect(await sizeHeld(log.origin)).toBe(5)
    expect((await add(await log.growth(5, 6), witness, relay)).status).toBe(200)
    failing(true)
    const kept = await add(await log.growth(6, 7), witness, relay)
    expect(kept).toMatchObject({ status: 503, code: 'STORE_FAILED' })
    expect(await sizeHeld(log.origin)).toBe(7)
    expect(await add(await log.growth(6, 7), witness, relay)).toMatchObject({ text: '7\n' })
    const { status, text } = await add(await log.growth(7, 7), witness, relay)
    expect(status).toBe(200)
    readCosignature(await log.checkpoint(7), text, witnessOf(witness))
  })
})

describe('what is none of its logs', () => {
  test.each([
    ["a stranger's", 'drempel/proef/stranger/2026Q4'],
    ["another convenant's", `drempel/other/bank-a/${past}`],
    ['its own', `drempel/proef/telecom/${past}`],
    ['of long ago', 'drempel/proef/bank-a/2001Q1'],
    ["another world's", 'example.com/behind-the-sofa'],
  ])('%s is unknown', async (_, origin) => {
    const tree = new Tree(origin, owner.ctx.signer, leaves(5))
    expect(await add(await tree.growth(0, 5))).toMatchObject({ status: 404, code: 'UNKNOWN_LOG' })
  })

  test('a checkpoint that its owner did not sign is forbidden', async () => {
    const tree = new Tree(`drempel/proef/platform/${past}`, owner.ctx.signer, leaves(5))
    const code = 'UNTRUSTED_CHECKPOINT'
    expect(await add(await tree.growth(0, 5))).toMatchObject({ status: 403, code })
    const named = await tree.growth(0, 5)
    expect(await add(named.replace('\n5\n', '\n4\n'))).toMatchObject({ status: 403, code })
    expect((await held(tree.origin)).status).toBe(404)
  })

  test('who is no witness cosigns nothing', async () => {
    const tree = new Tree(`drempel/proef/telecom/${past}`, witness.ctx.signer, leaves(5))
    const answer = await add(await tree.growth(0, 5), owner, witness)
    expect(answer).toMatchObject({ status: 404, code: 'UNKNOWN_LOG' })
  })

  test('a request that is none is refused', async () => {
    const tree = new Tree(`drempel/proef/platform/${past}`, owner.ctx.signer, leaves(5))
    const good = await tree.growth(0, 5)
    for (const text of ['', 'old 0\n', good.slice(3), good.replace('old 0\n\n', 'old 00\n\n')]) {
      expect((await add(text)).status).toBe(400)
    }
    expect((await add(good.replace(/\n.{44}\n/u, '\nAAAA\n'))).status).toBe(400)
    expect(await add(Uint8Array.of(0xff, 0xfe))).toMatchObject({ status: 400 })
    expect((await add('x'.repeat(40_000))).status).toBe(413)
  })

  test('who signs no request is not heard', async () => {
    const url = `${witness.descriptor.url}/peer/v1/witness/add-checkpoint`
    const tree = new Tree(`drempel/proef/bank-a/${past}`, owner.ctx.signer, leaves(5))
    const response = await fetch(url, { method: 'POST', body: await tree.growth(0, 5) })
    expect(response.status).toBe(401)
  })

  test('an empty tree proves nothing', async () => {
    const tree = new Tree(
      `drempel/proef/platform/${past}`,
      federation.member('platform').ctx.signer,
      [],
    )
    expect((await add(await tree.growth(0, 0))).status).toBe(422)
  })
})

describe('on the first and the last day of a quarter', () => {
  // 90 days before 1 April of an ordinary year is 1 January, and 91 days before it is the year before.
  const year = [1, 2]
    .map((more) => new Date().getUTCFullYear() + more)
    .find((one) => one % 4 !== 0)!

  test.each([
    [`${year}-04-01T00:00:01Z`, `${year}Q1`],
    [`${year - 1}-12-31T23:59:59Z`, `${year}Q1`],
    [`${year}-06-30T23:59:59Z`, `${year}Q3`],
  ])('at %s the log of %s is one of its own', async (time, quarter) => {
    const tree = new Tree(`drempel/proef/platform/${quarter}`, owner.ctx.signer, leaves(1))
    federation.clock.ahead = Date.parse(time) - Date.now()
    try {
      // Known, and so held against its owner's key.
      expect(await add(await tree.growth(0, 1))).toMatchObject({ code: 'UNTRUSTED_CHECKPOINT' })
    } finally {
      federation.clock.ahead = 0
    }
  })
})

describe('two trees of one size', () => {
  test('the second is refused, both are kept and entered once, and that log is done with', async () => {
    const liar = federation.member('platform')
    const log = freshLog('leaf', liar)
    const other = freshLog('other', liar)
    expect((await add(await log.growth(0, 10))).status).toBe(200)
    const added = await witness.adds(async () => {
      expect(await add(await other.growth(0, 10))).toMatchObject({ status: 409, text: '10\n' })
      expect(await add(await other.growth(10, 10))).toMatchObject({ code: 'LOG_FORKED' })
      expect(await add(await log.growth(10, 12))).toMatchObject({ code: 'LOG_FORKED' })
    })
    expect(added).toMatchObject([
      { type: 'witness.refused', reason: 'LOG_FORKED', parties: [liar.id] },
    ])
    const evidence = (await witness.record(added[0]!)) as { first: string; second: string }
    await witness.restart()
    const [kept] = await witness.ctx.store.witness.conflicts()
    expect(kept).toMatchObject(evidence)
    const shown = witnessing.parse((await witness.api('GET', '/witnessing')).json)
    expect(shown.conflicts).toMatchObject([{ code: 'LOG_FORKED', ...evidence }])
    const { checks } = (await witness.api('GET', '/doctor')).json as Diagnosis
    expect(checks).toContainEqual(expect.objectContaining({ name: 'logs of members', ok: false }))
    const key = verifierKey(log.origin, fromBase64url(liar.descriptor.signingKey))
    const [one, two] = [kept!.first, kept!.second].map((note) => openCheckpoint(note, key))
    expect(one!.size).toBe(two!.size)
    expect(one!.root).not.toEqual(two!.root)
  })

  test('that come at once: one is cosigned, and both are kept', async () => {
    const other = federation.member('platform')
    const trees = ['one', 'another'].map((text) => freshLog(text, relay))
    const bodies = await Promise.all(trees.map((tree) => tree.growth(0, 10)))
    const adding = bodies.map((body) => other.ctx.witnessing.witness.add(relay.id, utf8(body)))
    const answers = await Promise.all(adding)
    expect(answers).toMatchObject([{ status: 200 }, { status: 409, size: 10 }])
    const notes = await Promise.all(trees.map((tree) => tree.checkpoint(10)))
    expect(await other.ctx.store.witness.conflicts()).toMatchObject([
      { code: 'LOG_FORKED', first: notes[0], second: notes[1] },
    ])
    const later = add(await trees[0]!.growth(10, 12), other, relay)
    expect(await later).toMatchObject({ code: 'LOG_FORKED' })
  })
})
