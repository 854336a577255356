/** Key holders, or somebody on the wire, that deviate at a named step. */

import { concat, fromHex, hex, sodium } from '@drempel/protocol/encoding'
import {
  evaluatePolynomial,
  libsodiumGroup as group,
  itemAt,
  smallScalar,
} from '@drempel/protocol/group'
import {
  type DkgContext,
  type DkgRound1Broadcast,
  dkgRound1,
  encodeDkgRound1,
  encodeTranscript,
  type KeyTranscript,
  parseDkgRound1,
  parseDkgSealedShare,
  parseTranscript,
  sealShare,
  signTranscript,
  transcriptDigest,
  verifyTranscript,
  verifyTranscriptSignatures,
} from '@drempel/protocol/oprf'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { contextOf, DkgWorld, expectError, type Sent, signerOf } from './world.ts'

const context = contextOf(4, 3)
const honest = new DkgWorld(group, context).shareOutAll()
const fresh = () => honest.clone()
const random = seededRandom('adversary')
const IDENTITY = new Uint8Array(32)

/** bravo's round 1 reaches alpha in another form. */
function round1Of(change: (broadcast: DkgRound1Broadcast, world: DkgWorld) => Uint8Array) {
  const world = fresh()
  const message = change(parseDkgRound1(world.secrets.get('bravo')!.broadcast), world)
  world.round1 = world.round1.map((sent) =>
    sent.from === 'bravo' && sent.to === 'alpha' ? { ...sent, message } : sent,
  )
  return { world, message }
}

function refusesRound1(
  code: string,
  change: (broadcast: DkgRound1Broadcast, world: DkgWorld) => Uint8Array,
) {
  const { world, message } = round1Of(change)
  expectError(() => world.shareOut('alpha'), code, 'bravo', message)
}

/** A broadcast as bravo would make it with a commitment that it knows nothing about. */
function rebroadcast(from: DkgRound1Broadcast, change: Partial<DkgRound1Broadcast>): Uint8Array {
  return encodeDkgRound1({ ...from, ...change })
}

const withCommitment = (commitments: Uint8Array, j: number, element: Uint8Array) => {
  const changed = commitments.slice()
  changed.set(element, 32 * j)
  return changed
}

describe('round 1', () => {
  it('refuses a rogue key: the wish for Y minus what the others committed to', () => {
    refusesRound1('BAD_POSSESSION', (broadcast, world) => {
      const others = ['alpha', 'charlie', 'delta']
        .map((id) => parseDkgRound1(world.secrets.get(id)!.broadcast).commitments)
        .map((commitments) => itemAt(commitments, 0))
        .reduce((sum, commitment) => group.add(sum, commitment))
      const wish = group.multiplyBaseSecret(smallScalar(42))
      const rogue = group.subtract(wish, others)
      return rebroadcast(broadcast, {
        commitments: withCommitment(broadcast.commitments, 0, rogue),
      })
    })
  })

  it("refuses another holder's commitments and proof under one's own name", () => {
    refusesRound1('WRONG_CONTEXT', (_, world) => world.secrets.get('charlie')!.broadcast)
    refusesRound1('BAD_POSSESSION', (broadcast, world) =>
      rebroadcast(parseDkgRound1(world.secrets.get('charlie')!.broadcast), {
        index: broadcast.index,
      }),
    )
  })

  const contexts: [string, DkgContext][] = [
    ['session', contextOf(4, 3, 2)],
    ['kind', { ...context, kind: 'iban' }],
    ['epoch', { ...context, epoch: '2031-w08' }],
    ['convenant', { ...context, convenantDigest: new Uint8Array(32).fill(1) }],
    ['quorum', contextOf(4, 2)],
    ['set of holders', contextOf(5, 3)],
  ]
  it.each(contexts)('refuses a broadcast of another %s', (_, other) => {
    const replayed = dkgRound1(group, other, 'bravo', random).broadcast
    refusesRound1('WRONG_CONTEXT', () => replayed)
    // Relabelled, the proof still knows where it was made.
    if (other.quorum !== context.quorum) return
    refusesRound1('BAD_POSSESSION', ({ contextDigest }) =>
      rebroadcast(parseDkgRound1(replayed), { contextDigest }),
    )
  })

  it('refuses a polynomial of another degree', () => {
    for (const quorum of [2, 4]) {
      refusesRound1('BAD_COMMITMENTS', (broadcast) => {
        const other = dkgRound1(group, contextOf(4, quorum), 'bravo', random).broadcast
        return rebroadcast(parseDkgRound1(other), { contextDigest: broadcast.contextDigest })
      })
    }
    refusesRound1('BAD_COMMITMENTS', (broadcast) =>
      rebroadcast(broadcast, { commitments: new Uint8Array(0) }),
    )
  })

  it.each([
    ['identity', hex(IDENTITY)],
    ['minus one', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['odd', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['high bit', `${'00'.repeat(31)}80`],
    [
      'Edwards point of order 8',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    ],
  ])('refuses a commitment that is no element: %s', (_, element) => {
    for (const j of [0, 1, 2]) {
      refusesRound1('BAD_COMMITMENTS', (broadcast) =>
        rebroadcast(broadcast, {
          commitments: withCommitment(broadcast.commitments, j, fromHex(element)),
        }),
      )
    }
  })

  it('refuses a changed bit in any place', () => {
    const codes = new Set<string>()
    const { length } = fresh().secrets.get('bravo')!.broadcast
    for (let at = 0; at < length; at += 2) {
      const { world, message } = round1Of((broadcast) => {
        const bytes = encodeDkgRound1(broadcast)
        return bytes.with(at, bytes[at]! ^ 4)
      })
      try {
        world.shareOut('alpha')
        expect.unreachable(`byte ${at}`)
      } catch (error) {
        expect(error).toMatchObject({ culprit: 'bravo', evidence: message })
        codes.add((error as { code: string }).code)
      }
    }
    expect([...codes].toSorted()).toEqual([
      'BAD_COMMITMENTS',
      'BAD_MESSAGE',
      'BAD_POSSESSION',
      'WRONG_CONTEXT',
    ])
  })

  it('refuses what is cut, longer or of another type', () => {
    for (const change of [
      (bytes: Uint8Array) => bytes.subarray(0, -1),
      (bytes: Uint8Array) => concat(bytes, IDENTITY),
      (bytes: Uint8Array) => bytes.with(0, 2),
      () => new Uint8Array(0),
    ]) {
      refusesRound1('BAD_MESSAGE', (broadcast) => change(encodeDkgRound1(broadcast)))
    }
  })

  it('refuses an encryption key that makes everybody share one secret', () => {
    for (const key of [IDENTITY, smallScalar(1)]) {
      refusesRound1('BAD_MESSAGE', (broadcast) => rebroadcast(broadcast, { encryptionKey: key }))
    }
  })

  it('refuses an encryption key put in by somebody on the way', () => {
    const mine = sodium.crypto_box_seed_keypair(random(32)).publicKey
    refusesRound1('BAD_POSSESSION', (broadcast) => rebroadcast(broadcast, { encryptionKey: mine }))
  })

  it('wants one broadcast of each other holder', () => {
    const world = fresh()
    const all = world.round1
    const run = (round1: Sent[], code: string, culprit: string) => {
      world.round1 = round1
      expectError(() => world.shareOut('alpha'), code, culprit)
    }
    const [first] = all.filter((sent) => sent.to === 'alpha' && sent.from === 'charlie')
    run([...all, first!], 'DUPLICATE_HOLDER', 'charlie')
    run([...all, { ...first!, from: 'alpha' }], 'DUPLICATE_HOLDER', 'alpha')
    run([...all, { ...first!, from: 'zulu' }], 'UNKNOWN_HOLDER', 'zulu')
    run(
      all.filter((sent) => sent.from !== 'delta'),
      'MISSING_HOLDER',
      'delta',
    )
  })
})

/** bravo's sealed share for alpha arrives in another form. */
function refusesShare(
  code: string,
  at: string | undefined,
  change: (message: Uint8Array, world: DkgWorld) => Uint8Array,
) {
  const world = fresh()
  const original = world.round2.find((sent) => sent.from === 'bravo' && sent.to === 'alpha')!
  const message = change(original.message, world)
  world.round2 = world.round2.map((sent) => (sent === original ? { ...sent, message } : sent))
  const error = expectError(() => world.finish('alpha'), code, 'bravo', message)
  expect((error as { at?: string }).at).toBe(at)
}

const sentShare = (world: DkgWorld, from: string, to: string) =>
  world.round2.find((sent) => sent.from === from && sent.to === to)!.message

function sealed(world: DkgWorld, share: Uint8Array): Uint8Array {
  const [alpha, bravo] = ['alpha', 'bravo'].map((id) => world.secrets.get(id)!)
  return sealShare(
    share,
    bravo!.decryptionKey,
    parseDkgRound1(bravo!.broadcast),
    parseDkgRound1(alpha!.broadcast),
    random,
  )
}

describe('round 2', () => {
  it('ends well without a lie', () => {
    for (const { id, index } of context.holders) {
      expect(honest.finish(id).keyShare.index).toBe(index)
    }
  })

  it('refuses a share off the committed polynomial', () => {
    const shareAt = (world: DkgWorld, index: number) =>
      evaluatePolynomial(group, world.secrets.get('bravo')!.polynomial, index)
    const next = (share: Uint8Array) => group.scalars.add(share, smallScalar(1))
    refusesShare('BAD_SHARE', 'commitments', (_, world) => sealed(world, next(shareAt(world, 1))))
    refusesShare('BAD_SHARE', 'commitments', (_, world) => sealed(world, shareAt(world, 3)))
    refusesShare('BAD_SHARE', 'commitments', (_, world) => sealed(world, IDENTITY))
    const unreduced = new Uint8Array(32).fill(255)
    refusesShare('BAD_SHARE', 'commitments', (_, world) => sealed(world, unreduced))
  })

  it('refuses a share that was meant for another, or sent back', () => {
    refusesShare('WRONG_RECIPIENT', undefined, (_, world) => sentShare(world, 'bravo', 'charlie'))
    refusesShare('WRONG_RECIPIENT', undefined, (_, world) => sentShare(world, 'charlie', 'alpha'))
    refusesShare('WRONG_RECIPIENT', undefined, (_, world) => sentShare(world, 'alpha', 'bravo'))
    // With the label put right the box or the binding inside still tells.
    const head = (message: Uint8Array) => message.subarray(0, 37)
    const relabelled = (own: Uint8Array, other: Uint8Array) => concat(head(own), other.subarray(37))
    refusesShare('BAD_SHARE', 'box', (own, world) =>
      relabelled(own, sentShare(world, 'bravo', 'charlie')),
    )
    refusesShare('BAD_SHARE', 'binding', (own, world) =>
      relabelled(own, sentShare(world, 'alpha', 'bravo')),
    )
  })

  it('refuses a share of another session', () => {
    const other = new DkgWorld(group, contextOf(4, 3, 2)).shareOutAll()
    const replay = sentShare(other, 'bravo', 'alpha')
    refusesShare('WRONG_CONTEXT', undefined, () => replay)
    refusesShare('BAD_SHARE', 'box', (own) => concat(own.subarray(0, 37), replay.subarray(37)))
  })

  it('refuses what is cut, longer, of another type or changed', () => {
    refusesShare('BAD_MESSAGE', 'sealed share: TRUNCATED', (own) => own.subarray(0, -1))
    refusesShare('BAD_MESSAGE', 'sealed share: TRAILING_BYTES', (own) => concat(own, IDENTITY))
    refusesShare('BAD_MESSAGE', 'sealed share: BAD_MESSAGE', (own) => own.with(0, 1))
    for (const at of [37, 60, 61, 100, 140]) {
      refusesShare('BAD_SHARE', 'box', (own) => own.with(at, own[at]! ^ 1))
    }
  })

  it('opens for nobody else', () => {
    const world = fresh()
    const message = sentShare(world, 'bravo', 'alpha')
    const { box, nonce } = parseDkgSealedShare(message)
    const sender = parseDkgRound1(world.secrets.get('bravo')!.broadcast).encryptionKey
    const openBy = (id: string) =>
      sodium.crypto_box_open_easy(box, nonce, sender, world.secrets.get(id)!.decryptionKey)
    expect(openBy('alpha').length).toBe(64)
    for (const id of ['charlie', 'delta']) expect(() => openBy(id)).toThrow()
  })

  it('wants one share of each other holder', () => {
    const world = fresh()
    const all = world.round2
    const first = all.find((sent) => sent.to === 'alpha')!
    world.round2 = all.filter((sent) => sent !== first)
    expectError(() => world.finish('alpha'), 'MISSING_HOLDER', first.from)
    world.round2 = [...all, first]
    expectError(() => world.finish('alpha'), 'DUPLICATE_HOLDER', first.from)
  })
})

describe('the transcript', () => {
  const world = fresh()
  const { transcript } = world.finish('alpha')
  const verify = (changed: KeyTranscript, expected = context) =>
    verifyTranscript(group, changed, expected)

  it('is read back from its bytes and from nothing else', () => {
    const bytes = encodeTranscript(transcript)
    expect(parseTranscript(bytes)).toEqual(transcript)
    expect(verify(transcript)).toMatchObject({ quorum: 3, publicKey: transcript.publicKey })
    for (const bad of [bytes.subarray(0, -1), concat(bytes, IDENTITY), bytes.with(0, 1)]) {
      expect(() => parseTranscript(bad)).toThrow('BAD_MESSAGE')
    }
  })

  it('must lie on one polynomial: no public share or key may be exchanged', () => {
    const { publicShares, publicKey } = transcript
    const elsewhere = group.add(publicKey, group.generator)
    expectError(() => verify({ ...transcript, publicKey: elsewhere }), 'BAD_TRANSCRIPT')
    publicShares.forEach((share, i) => {
      const changed = publicShares.with(i, { ...share, element: elsewhere })
      expectError(() => verify({ ...transcript, publicShares: changed }), 'BAD_TRANSCRIPT')
    })
    const [a, b, ...rest] = publicShares
    const swapped = [{ ...a!, element: b!.element }, { ...b!, element: a!.element }, ...rest]
    expectError(() => verify({ ...transcript, publicShares: swapped }), 'BAD_TRANSCRIPT')
    expectError(() => verify({ ...transcript, publicShares: [b!, a!, ...rest] }), 'BAD_TRANSCRIPT')
    expectError(() => verify({ ...transcript, publicShares: rest }), 'BAD_TRANSCRIPT')
  })

  it('needs every broadcast, valid and in place', () => {
    const { broadcasts } = transcript
    const cut = { ...transcript, broadcasts: broadcasts.slice(1) }
    expectError(() => verify(cut), 'BAD_TRANSCRIPT')
    const [a, b, ...rest] = broadcasts
    const swapped = { ...transcript, broadcasts: [b!, a!, ...rest] }
    expectError(() => verify(swapped), 'WRONG_CONTEXT', 'alpha')
    const bytes = broadcasts[2]!
    const changed = bytes.with(bytes.length - 1, bytes[bytes.length - 1]! ^ 1)
    const forged = { ...transcript, broadcasts: broadcasts.with(2, changed) }
    expectError(() => verify(forged), 'BAD_POSSESSION', 'charlie', changed)
  })

  it('must be of the key that the client expects', () => {
    const changes: [string, Partial<DkgContext>][] = [
      ['convenantDigest', { convenantDigest: IDENTITY }],
      ['kind', { kind: 'iban' }],
      ['epoch', { epoch: '2031-w06' }],
      ['quorum', { quorum: 2 }],
      ['holders', { holders: context.holders.slice(1) }],
      ['holders.3', { holders: context.holders.with(3, { index: 4, id: 'zulu' }) }],
    ]
    for (const [at, change] of changes) {
      const run = () => verify(transcript, { ...context, ...change })
      expect(run).toThrow(`WRONG_CONTEXT at ${at}`)
    }
  })

  it('has another digest when anything differs', () => {
    const other = fresh()
    other.secrets.set('bravo', dkgRound1(group, context, 'bravo', random).secret)
    other.round1 = other.round1.map((sent) =>
      sent.from === 'bravo' ? { ...sent, message: other.secrets.get('bravo')!.broadcast } : sent,
    )
    const { transcript: second } = other.shareOutAll().finish('alpha')
    expect(transcriptDigest(second)).not.toEqual(transcriptDigest(transcript))
  })

  it('counts when all holders signed it', () => {
    const sign = (id: string, of = transcript) => signTranscript(of, id, signerOf(id))
    const keyOf = (id: string) =>
      context.holders.some((holder) => holder.id === id) ? signerOf(id).publicKey : undefined
    const all = context.holders.map(({ id }) => sign(id))
    const check = (statements: typeof all) => () =>
      verifyTranscriptSignatures(transcript, statements, keyOf)
    expect(check(all)).not.toThrow()
    expectError(check(all.slice(1)), 'MISSING_SIGNATURE', 'alpha')
    expectError(check([...all.slice(1), all[1]!]), 'MISSING_SIGNATURE', 'alpha')
    const posing = { ...sign('bravo'), member: 'alpha' }
    expectError(check([posing, ...all.slice(1)]), 'BAD_STATEMENT', 'alpha')
    expectError(check([...all, sign('zulu')]), 'BAD_STATEMENT', 'zulu')
    const other = { ...transcript, publicKey: group.generator }
    expectError(check([sign('alpha', other), ...all.slice(1)]), 'BAD_SIGNATURE', 'alpha')
  })

  it('shows a holder that told others different things', () => {
    const forked = fresh()
    const second = dkgRound1(group, context, 'bravo', random)
    forked.round1 = forked.round1.map((sent) =>
      sent.from === 'bravo' && sent.to === 'alpha' ? { ...sent, message: second.broadcast } : sent,
    )
    forked.shareOutAll()
    // bravo serves alpha a share that fits what alpha saw.
    const main = forked.secrets.get('bravo')!
    forked.secrets.set('bravo', second.secret)
    const forAlpha = forked.shareOut('bravo').find((sent) => sent.to === 'alpha')!
    forked.round2 = forked.round2.map((sent) =>
      sent.from === 'bravo' && sent.to === 'alpha' ? { ...sent, ...forAlpha } : sent,
    )
    forked.secrets.set('bravo', main)
    const seen = ['alpha', 'charlie'].map((id) => forked.finish(id).transcript)
    expect(transcriptDigest(seen[0]!)).not.toEqual(transcriptDigest(seen[1]!))
    const statements = ['alpha', 'charlie'].map((id, i) =>
      signTranscript(seen[i]!, id, signerOf(id)),
    )
    const run = () =>
      verifyTranscriptSignatures(seen[0]!, statements, (id) => signerOf(id).publicKey)
    expectError(run, 'BAD_SIGNATURE', 'charlie')
  })
})
