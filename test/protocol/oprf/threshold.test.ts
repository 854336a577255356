import { concat, hex, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import {
  countOf,
  defaultGroup,
  type Group,
  itemAt,
  libsodiumGroup,
  nobleGroup,
  smallScalar,
} from '@drempel/protocol/group'
import {
  blind,
  blindEvaluate,
  blindInputs,
  combineShares,
  evaluateOwnShare,
  evaluateShare,
  finalize,
  isBadEvaluation,
  joinShares,
  MAX_BATCH,
  padBlinded,
  paddedBatch,
  parseEvaluationEvidence,
  partOfShare,
  randomBlinded,
  type ShareEvaluation,
  type ThresholdKey,
  tagOf,
  verifyShare,
} from '@drempel/protocol/oprf'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { dealKey, inputsOf, subsets, verifiedAnswers } from './world.ts'

const inputs = inputsOf('+31612345678', '+31687654321', '')

const singleKeyOutput = (group: Group, secretKey: Uint8Array, input: Uint8Array) => {
  const r = smallScalar(77)
  return finalize(group, input, r, blindEvaluate(group, secretKey, blind(group, 'voprf', input, r)))
}

describe.each([defaultGroup(), libsodiumGroup, nobleGroup])(
  'q-of-n evaluation on $backend',
  (group) => {
    it('gives every quorum the output of RFC 9497 under the interpolated key', async () => {
      const { secretKey, shares, key, random } = dealKey(group, 3, [2, 5, 9, 40_000], 'quorums')
      const { blinded, state } = await blindInputs(group, inputs, random)
      const answers = await verifiedAnswers(group, { shares, key }, blinded, random)
      const expected = inputs.map((input) => hex(singleKeyOutput(group, secretKey, input)))
      const choices = subsets(answers, 3)
      expect(choices.length).toBe(4)
      for (const choice of choices) {
        const outputs = await combineShares(group, state, inputs, choice.toReversed())
        expect(outputs.map(hex)).toEqual(expected)
      }
      expect((await combineShares(group, state, inputs, answers)).map(hex)).toEqual(expected)
    })
  },
)

describe('questions of one key', () => {
  const group = defaultGroup()

  it('are answered together as they are alone, and apart again', async () => {
    const { shares, key, random } = dealKey(group, 2, [1, 2, 3], 'together')
    const apart = await Promise.all(inputs.map((input) => blindInputs(group, [input], random)))
    const blinded = concat(...apart.map((one) => one.blinded))
    const quorum = await Promise.all(
      shares.slice(1).map(async (share) => {
        const answer = await evaluateShare(group, share, blinded, random)
        return verifyShare(group, key, share.index, blinded, answer)
      }),
    )
    const outputs: Uint8Array[] = []
    for (const [i, { state }] of apart.entries()) {
      const parts = quorum.map((share) => partOfShare(share, i, i + 1))
      outputs.push(...(await combineShares(group, state, [inputs[i]!], parts)))
    }
    const joined = quorum.map((share) =>
      joinShares(inputs.map((_, i) => partOfShare(share, i, i + 1))),
    )
    const blinds = concat(...apart.map(({ state }) => state.blinds))
    expect(await combineShares(group, { blinds, blinded }, inputs, joined)).toEqual(outputs)
    const own = await evaluateOwnShare(group, key, shares[0]!, blinded)
    expect(await combineShares(group, { blinds, blinded }, inputs, [own, joined[0]!])).toEqual(
      outputs,
    )
  })

  it('of two holders or two keys do not become one', async () => {
    const one = dealKey(group, 2, [1, 2], 'one')
    const two = dealKey(group, 2, [1, 2], 'two')
    const { blinded } = await blindInputs(group, inputs, one.random)
    const share = await evaluateOwnShare(group, one.key, one.shares[0]!, blinded)
    const holder = await evaluateOwnShare(group, one.key, one.shares[1]!, blinded)
    const other = await evaluateOwnShare(group, two.key, two.shares[0]!, blinded)
    for (const mixed of [[share, holder], [share, other], []]) {
      expect(() => joinShares(mixed)).toThrow(expect.objectContaining({ code: 'MIXED_SHARES' }))
    }
    // A part counts for its own question only.
    const { state } = await blindInputs(group, [inputs[0]!], one.random)
    const parts = [share, holder].map((whole) => partOfShare(whole, 0, 1))
    await expect(combineShares(group, state, [inputs[0]!], parts)).rejects.toMatchObject({
      code: 'MIXED_SHARES',
    })
  })
})

describe('backends', () => {
  it('answer each other', async () => {
    const { shares, key, random } = dealKey(libsodiumGroup, 2, [1, 2, 3], 'mixed')
    const { blinded, state } = await blindInputs(nobleGroup, inputs, random)
    const one = await evaluateShare(libsodiumGroup, shares[0]!, blinded, random)
    const three = await evaluateShare(nobleGroup, shares[2]!, blinded, random)
    const verified = [
      await verifyShare(nobleGroup, key, 1, blinded, one),
      await verifyShare(libsodiumGroup, key, 3, blinded, three),
    ]
    expect(await combineShares(libsodiumGroup, state, inputs, verified)).toEqual(
      await combineShares(nobleGroup, state, inputs, verified),
    )
  })
})

const group = libsodiumGroup

async function question(seed: string) {
  const dealt = dealKey(group, 2, [1, 2, 3], seed)
  const { blinded, state } = await blindInputs(group, inputs, dealt.random)
  const answers = await Promise.all(
    dealt.shares.map((share) => evaluateShare(group, share, blinded, dealt.random)),
  )
  const verify = (index: number, answer: ShareEvaluation, by: ThresholdKey = dealt.key) =>
    verifyShare(group, by, index, blinded, answer)
  return { ...dealt, blinded, state, answers, verify }
}

async function errorOf(work: Promise<unknown>): Promise<ProtocolError> {
  try {
    await work
  } catch (error) {
    if (isProtocolError(error)) return error
    throw error
  }
  return new ProtocolError('NO_ERROR')
}

describe('blinding', () => {
  it('hides the input: another blind, unrelated bytes, the same output', async () => {
    const { shares, key, random } = dealKey(group, 2, [1, 2], 'hide')
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const { blinded, state } = await blindInputs(group, inputs, random)
        const verified = await verifiedAnswers(group, { shares, key }, blinded, random)
        return { blinded, outputs: await combineShares(group, state, inputs, verified) }
      }),
    )
    const [first, second] = runs
    for (let i = 0; i < inputs.length; i++) {
      expect(itemAt(first!.blinded, i)).not.toEqual(itemAt(second!.blinded, i))
    }
    expect(first!.outputs).toEqual(second!.outputs)
    expect(tagOf(first!.outputs[0]!)).toEqual(first!.outputs[0]!.subarray(0, 16))
  })

  it('refuses no input, too many and too long ones', async () => {
    const random = seededRandom('refuse')
    expect(await errorOf(blindInputs(group, [], random))).toMatchObject({ code: 'EMPTY_BATCH' })
    const many = Array.from({ length: MAX_BATCH + 1 }, () => inputs[0]!)
    expect(await errorOf(blindInputs(group, many, random))).toMatchObject({
      code: 'BATCH_TOO_LARGE',
    })
    const long = [...Array.from({ length: 40 }, () => inputs[0]!), new Uint8Array(65_536)]
    expect(await errorOf(blindInputs(group, long, random))).toMatchObject({
      code: 'BAD_INPUT',
      at: '40',
    })
  })
})

describe('additive blinding', () => {
  it('gives outputs that change with the blind when the public key is not the key', async () => {
    const { shares, key, random } = dealKey(group, 2, [1, 2], 'false key')
    const lie = { ...key, publicKey: group.add(key.publicKey, group.generator) }
    const tags = new Set<string>()
    for (const believed of [key, key, lie, lie]) {
      const { blinded, state } = await blindInputs(group, inputs, random)
      const verified = await verifiedAnswers(group, { shares, key: believed }, blinded, random)
      tags.add(hex((await combineShares(group, state, inputs, verified))[0]!))
    }
    expect(tags.size).toBe(3)
  })

  it('refuses an input that hashes to the identity when it is unblinded', async () => {
    // No such input is known, so the hash is replaced.
    const hashesToIdentity = {
      ...group,
      hashPlusBaseSecret: (_: readonly Uint8Array[], __: Uint8Array, scalars: Uint8Array) =>
        group.multiplyBaseSecret(scalars),
    }
    const { shares, key, random } = dealKey(group, 1, [1], 'identity')
    const { blinded, state } = await blindInputs(hashesToIdentity, inputs, random)
    const own = await evaluateOwnShare(group, key, shares[0]!, blinded)
    expect(await errorOf(combineShares(group, state, inputs, [own]))).toMatchObject({
      code: 'BAD_INPUT',
      at: '0',
    })
  })
})

describe('a holder', () => {
  const share = { index: 1, secret: smallScalar(9) }

  it('refuses what is no element, and says where', async () => {
    const random = seededRandom('elements')
    const good = randomBlinded(group, 40, random)
    const evaluate = (blinded: Uint8Array) => errorOf(evaluateShare(group, share, blinded, random))
    const identity = good.slice().fill(0, 32 * 37, 32 * 38)
    expect(await evaluate(identity)).toMatchObject({ code: 'IDENTITY_ELEMENT', at: '37' })
    const odd = good.slice()
    odd.set([1], 32 * 33)
    odd.fill(0, 32 * 33 + 1, 32 * 34)
    expect(await evaluate(odd)).toMatchObject({ code: 'BAD_ELEMENT', at: '33' })
    expect(await evaluate(good.subarray(1))).toMatchObject({ code: 'BAD_LENGTH' })
    expect(await evaluate(new Uint8Array(0))).toMatchObject({ code: 'EMPTY_BATCH' })
    expect(await evaluate(new Uint8Array(32 * (MAX_BATCH + 1)))).toMatchObject({
      code: 'BATCH_TOO_LARGE',
    })
  })

  it('gives way to others while it works', async () => {
    const random = seededRandom('pause')
    const blinded = randomBlinded(group, 100, random)
    let pauses = 0
    const pause = async () => {
      pauses++
    }
    const answer = await evaluateShare(group, share, blinded, random, pause)
    const { each, sum } = group.strides
    const slices = (size: number) => Math.ceil(blinded.length / 32 / size)
    // Evaluation, weights and their sum.
    expect(pauses).toBe(slices(each) - 1 + 2 * (slices(sum) - 1))
    expect(pauses).toBeGreaterThan(0)
    expect(await evaluateShare(group, share, blinded, random)).toMatchObject({
      evaluated: answer.evaluated,
    })
  })
})

describe('an asker names the holder', () => {
  it('whose answer was changed anywhere, with evidence that a third party can check', async () => {
    const { verify, answers, key, blinded } = await question('tamper')
    const { evaluated, proof } = answers[1]!
    const longer = (bytes: Uint8Array) => concat(bytes, bytes.subarray(0, 32))
    const swapped = concat(itemAt(evaluated, 1), itemAt(evaluated, 0), itemAt(evaluated, 2))
    const changed = evaluated.slice()
    changed.set(group.add(itemAt(evaluated, 2), group.generator), 64)
    const identity = evaluated.slice().fill(0, 32, 64)
    const lies: [string, ShareEvaluation][] = [
      ['evaluated', { evaluated: identity, proof }],
      ['evaluated', { evaluated: evaluated.with(0, evaluated[0]! ^ 1), proof }],
      ['proof', { evaluated: swapped, proof }],
      ['proof', { evaluated: changed, proof }],
      ['proof', { evaluated: blinded, proof }],
      ['proof', { evaluated, proof: proof.with(31, 0xff) }],
      ['proof', { evaluated, proof: proof.with(63, 0xff) }],
      ['proof', { evaluated, proof: new Uint8Array(64) }],
      ['proof', { evaluated, proof: proof.subarray(0, 63) }],
      ['proof', { evaluated, proof: longer(proof) }],
      ['proof', answers[0]!],
      ['count', { evaluated: longer(evaluated), proof }],
      ['count', { evaluated: evaluated.subarray(0, 64), proof }],
      ['count', { evaluated: new Uint8Array(0), proof }],
    ]
    for (const [at, lie] of lies) {
      const error = await errorOf(verify(2, lie))
      expect(error).toMatchObject({ code: 'BAD_PROOF', culprit: 'bravo', at })
      const evidence = parseEvaluationEvidence(error.evidence!)
      expect(evidence.publicShare).toEqual(key.publicShares[1]!.element)
      expect(await isBadEvaluation(group, evidence)).toBe(true)
    }
    const honest = {
      publicShare: key.publicShares[1]!.element,
      blinded,
      answer: answers[1]!,
    }
    expect(await isBadEvaluation(group, honest)).toBe(false)
    expect(await isBadEvaluation(nobleGroup, honest)).toBe(false)
  })

  it('who answers another question or with another share', async () => {
    const { verify, answers, shares, key, random } = await question('other')
    const other = await blindInputs(group, inputs, random)
    const replay = await evaluateShare(group, shares[0]!, other.blinded, random)
    expect(await errorOf(verify(1, replay))).toMatchObject({ code: 'BAD_PROOF', culprit: 'alpha' })
    expect(await errorOf(verify(1, answers[2]!))).toMatchObject({ culprit: 'alpha' })
    expect(await errorOf(verify(4, answers[0]!))).toMatchObject({ code: 'UNKNOWN_HOLDER' })
    expect(key.publicShares.map((share) => share.index)).toEqual([1, 2, 3])
  })
})

describe('combining', () => {
  it('refuses too few, doubled and mixed shares, and inputs that do not fit', async () => {
    const { verify, answers, state, key, shares, random } = await question('combine')
    const [one, two] = [await verify(1, answers[0]!), await verify(2, answers[1]!)]
    const combine = (used: (typeof one)[], from = state, of = inputs) =>
      errorOf(combineShares(group, from, of, used))
    expect((await combine([one, two])).code).toBe('NO_ERROR')
    expect((await combine([])).code).toBe('NOT_ENOUGH_SHARES')
    expect((await combine([one])).code).toBe('NOT_ENOUGH_SHARES')
    expect((await combine([one, one])).code).toBe('DUPLICATE_INDEX')
    expect((await combine([one, two], state, inputs.slice(1))).code).toBe('BAD_COUNT')

    const other = await blindInputs(group, inputs, random)
    expect((await combine([one, two], other.state)).code).toBe('MIXED_SHARES')
    const answer = await evaluateShare(group, shares[1]!, other.blinded, random)
    const elsewhere = await verifyShare(group, key, 2, other.blinded, answer)
    expect((await combine([one, elsewhere])).code).toBe('MIXED_SHARES')

    const foreign = await question('another key')
    const theirs = await foreign.verify(2, foreign.answers[1]!)
    expect((await combine([one, theirs])).code).toBe('MIXED_SHARES')
  })

  it('ignores the padding', async () => {
    const { shares, key, random, secretKey } = dealKey(group, 2, [1, 2], 'padding')
    const { blinded, state } = await blindInputs(group, inputs, random)
    const padded = padBlinded(group, blinded, random)
    expect(countOf(padded)).toBe(64)
    expect(padded.subarray(0, blinded.length)).toEqual(blinded)
    const verified = await Promise.all(
      shares.map(async (share) =>
        verifyShare(
          group,
          key,
          share.index,
          padded,
          await evaluateShare(group, share, padded, random),
        ),
      ),
    )
    const outputs = await combineShares(group, state, inputs, verified)
    expect(outputs).toEqual(inputs.map((input) => singleKeyOutput(group, secretKey, input)))
  })
})

describe('a holder that asks', () => {
  it('uses its own share without a proof, but only the one of this key', async () => {
    const { key, shares, answers, blinded, state, verify, secretKey } = await question('own')
    const own = await evaluateOwnShare(group, key, shares[0]!, blinded)
    const outputs = await combineShares(group, state, inputs, [own, await verify(2, answers[1]!)])
    expect(outputs).toEqual(inputs.map((input) => singleKeyOutput(group, secretKey, input)))
    const old = { index: 1, secret: shares[1]!.secret }
    expect(await errorOf(evaluateOwnShare(group, key, old, blinded))).toMatchObject({
      code: 'BAD_SHARE',
      culprit: 'self',
    })
    const unknown = { index: 4, secret: shares[1]!.secret }
    expect(await errorOf(evaluateOwnShare(group, key, unknown, blinded))).toMatchObject({
      code: 'UNKNOWN_HOLDER',
    })
  })
})

describe('padded sizes', () => {
  it('grow, cover, waste at most a fourth above 64, and are few', () => {
    const sizes = new Set<number>()
    let last = 0
    for (let count = 0; count <= MAX_BATCH; count++) {
      const size = paddedBatch(count)
      if (size < count || size < last || size > MAX_BATCH) expect.unreachable(`count ${count}`)
      if (count > 64 && size > 1.25 * count) expect.unreachable(`count ${count}`)
      sizes.add(size)
      last = size
    }
    expect([...sizes].slice(0, 7)).toEqual([64, 80, 96, 112, 128, 160, 192])
    expect(sizes.size).toBe(41)
    for (const size of sizes) expect(paddedBatch(size)).toBe(size)
  })

  it('refuse what no proof covers', () => {
    expect(() => paddedBatch(MAX_BATCH + 1)).toThrow('BATCH_TOO_LARGE')
    for (const count of [-1, 1.5, Number.NaN]) expect(() => paddedBatch(count)).toThrow('BAD_COUNT')
  })
})
