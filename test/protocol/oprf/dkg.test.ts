import { concat, hex } from '@drempel/protocol/encoding'
import {
  committedValue,
  interpolateAtZero,
  itemAt,
  libsodiumGroup,
  nobleGroup,
} from '@drempel/protocol/group'
import {
  blindInputs,
  combineShares,
  dkgRound1,
  encodeDkgRound1Secret,
  encodeKeyShare,
  encodeTranscript,
  parseDkgRound1,
  parseDkgRound1Secret,
  parseKeyShare,
  parseTranscript,
  transcriptDigest,
  verifyTranscript,
} from '@drempel/protocol/oprf'
import { ristretto255_FROST as frost } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { contextOf, DkgWorld, inputsOf, subsets, verifiedAnswers } from './world.ts'

describe.each([libsodiumGroup, nobleGroup])('key generation on $backend', (group) => {
  const context = contextOf(4, 3)
  const { results, keyShares } = new DkgWorld(group, context).shareOutAll().finishAll()

  it('ends with one transcript for all and a share for each', () => {
    const digests = results.map(({ transcript }) => hex(transcriptDigest(transcript)))
    expect(new Set(digests).size).toBe(1)
    const { transcript } = results[0]!
    expect(keyShares.map(({ index }) => index)).toEqual([1, 2, 3, 4])
    for (const [i, { secret }] of keyShares.entries()) {
      expect(group.multiplyBaseSecret(secret)).toEqual(transcript.publicShares[i]!.element)
    }
  })

  it('shares one key: every quorum has it, fewer have not', () => {
    const { publicKey } = results[0]!.transcript
    const keyOf = (shares: typeof keyShares) =>
      hex(group.multiplyBaseSecret(interpolateAtZero(group, shares)))
    for (const quorum of subsets(keyShares, 3)) expect(keyOf(quorum)).toBe(hex(publicKey))
    for (const few of subsets(keyShares, 2)) expect(keyOf(few)).not.toBe(hex(publicKey))
  })

  it('agrees with the FROST of noble-curves about shares, commitments and key', () => {
    const { transcript } = results[0]!
    const signers = { min: 3, max: 4 }
    const commitments = transcript.broadcasts
      .map((broadcast) => parseDkgRound1(broadcast).commitments)
      .reduce((sum, commitment) => group.add(sum, commitment))
    const identifier = (index: number) => frost.Identifier.fromNumber(index)
    const publicPackage = {
      signers,
      commitments: [0, 1, 2].map((j) => itemAt(commitments, j)),
      verifyingShares: Object.fromEntries(
        transcript.publicShares.map((share) => [identifier(share.index), share.element]),
      ),
    }
    const secrets = keyShares.map(({ index, secret }) => ({
      identifier: identifier(index),
      signingShare: secret,
    }))
    for (const secret of secrets) {
      expect(() => frost.validateSecret(secret, publicPackage)).not.toThrow()
    }
    const combined = frost.combineSecret(secrets.slice(1), signers)
    expect(group.multiplyBaseSecret(combined)).toEqual(transcript.publicKey)
    const crossed = { ...secrets[0]!, signingShare: secrets[1]!.signingShare }
    expect(() => frost.validateSecret(crossed, publicPackage)).toThrow()
  })

  it('gives a client a key to evaluate under', async () => {
    const { transcript } = results[0]!
    const key = verifyTranscript(group, parseTranscript(encodeTranscript(transcript)), context)
    const inputs = inputsOf('+31600000000')
    const random = seededRandom('evaluate')
    const { blinded, state } = await blindInputs(group, inputs, random)
    const verified = await verifiedAnswers(group, { shares: keyShares, key }, blinded, random)
    const outputs = new Set<string>()
    for (const quorum of subsets(verified, 3)) {
      outputs.add(hex((await combineShares(group, state, inputs, quorum))[0]!))
    }
    expect(outputs.size).toBe(1)
  })
})

const group = libsodiumGroup

describe('key generation', () => {
  it('is the same bytes for the same randomness on both backends', () => {
    const [one, other] = [libsodiumGroup, nobleGroup].map((backend) =>
      new DkgWorld(backend, contextOf(3, 2)).shareOutAll(),
    )
    expect(one!.round1).toEqual(other!.round1)
    expect(one!.round2).toEqual(other!.round2)
    expect(one!.finish('alpha')).toEqual(other!.finish('alpha'))
  })

  it('makes another key for another session', () => {
    const keys = [1, 2].map((session) =>
      hex(
        new DkgWorld(group, contextOf(3, 2, session)).shareOutAll().finish('alpha').transcript
          .publicKey,
      ),
    )
    expect(keys[0]).not.toBe(keys[1])
  })

  it('works for a quorum of all, and for indices with gaps', () => {
    const base = contextOf(3, 3)
    const holders = base.holders.map(({ id }, i) => ({ id, index: [3, 700, 65_535][i]! }))
    const context = { ...base, holders }
    const { results, keyShares } = new DkgWorld(group, context).shareOutAll().finishAll()
    const secret = interpolateAtZero(group, keyShares)
    expect(group.multiplyBaseSecret(secret)).toEqual(results[2]!.transcript.publicKey)
  })

  it('goes on from stored secrets', () => {
    const world = new DkgWorld(group, contextOf(3, 2))
    const stored = encodeDkgRound1Secret(world.secrets.get('bravo')!)
    world.secrets.set('bravo', parseDkgRound1Secret(stored))
    const { keyShare, transcript } = world.shareOutAll().finish('bravo')
    expect(transcript).toEqual(world.finish('alpha').transcript)
    expect(parseKeyShare(encodeKeyShare(keyShare))).toEqual(keyShare)
    expect(() => parseDkgRound1Secret(stored.subarray(1))).toThrow('BAD_MESSAGE')
    expect(() => parseDkgRound1Secret(concat(stored, stored))).toThrow('BAD_MESSAGE')
    const zero = encodeKeyShare({ ...keyShare, secret: new Uint8Array(32) })
    expect(() => parseKeyShare(zero)).toThrow('BAD_MESSAGE')
    const unreduced = encodeKeyShare({ ...keyShare, secret: new Uint8Array(32).fill(255) })
    expect(() => parseKeyShare(unreduced)).toThrow('BAD_MESSAGE')
  })

  it('sends nothing that gives a share away', () => {
    const world = new DkgWorld(group, contextOf(4, 3)).shareOutAll()
    const { keyShares } = world.finishAll()
    const sent = [...world.round1, ...world.round2].map(({ message }) => hex(message)).join()
    for (const secret of world.secrets.values()) {
      for (const part of [
        secret.decryptionKey,
        ...[0, 1, 2].map((i) => itemAt(secret.polynomial, i)),
      ]) {
        expect(sent).not.toContain(hex(part))
      }
    }
    for (const { secret } of keyShares) expect(sent).not.toContain(hex(secret))
    expect(world.round2.map(({ message }) => message.length)).toEqual(Array(12).fill(141))
  })

  it('refuses a context that makes no sense, and names the field', () => {
    const good = contextOf(3, 2)
    const [a, b, c] = good.holders
    const bad: [string, object][] = [
      ['convenantDigest', { convenantDigest: new Uint8Array(31) }],
      ['session', { session: new Uint8Array(0) }],
      ['kind', { kind: '' }],
      ['epoch', { epoch: 'x'.repeat(65) }],
      ['quorum', { quorum: 1 }],
      ['quorum', { quorum: 4 }],
      ['quorum', { quorum: 2.5 }],
      ['holders', { holders: [a] }],
      ['holders', { holders: [a, { ...b, id: 'alpha' }, c] }],
      ['holders.1.index', { holders: [a, { ...b, index: 1 }, c] }],
      ['holders.0.index', { holders: [{ ...a, index: 0 }, b, c] }],
      ['holders.1.index', { holders: [b, a, c] }],
      ['holders.2.index', { holders: [a, b, { ...c, index: 65_536 }] }],
      ['holders.2.id', { holders: [a, b, { ...c, id: '' }] }],
    ]
    for (const [at, change] of bad) {
      const run = () => dkgRound1(group, { ...good, ...change }, 'alpha', seededRandom('x'))
      expect(run).toThrow(`BAD_CONTEXT at ${at}`)
    }
    expect(() => dkgRound1(group, good, 'zulu', seededRandom('x'))).toThrow('UNKNOWN_HOLDER')
  })

  it('commits to what it shares', () => {
    const world = new DkgWorld(group, contextOf(3, 2))
    const { polynomial, broadcast } = world.secrets.get('alpha')!
    const { commitments } = parseDkgRound1(broadcast)
    expect(group.multiplyBaseSecret(polynomial)).toEqual(commitments)
    expect(committedValue(group, commitments, 1)).not.toEqual(itemAt(commitments, 0))
  })
})
