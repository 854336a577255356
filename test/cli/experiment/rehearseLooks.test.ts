/** A member's part against a node that changes between two looks at it: what is found stays true. */

import { askAll } from '@drempel/cli/internal/experiment/rehearse/ask'
import { compareLogs } from '@drempel/cli/internal/experiment/rehearse/compare'
import { findings } from '@drempel/cli/internal/experiment/rehearse/findings'
import { intersectAll } from '@drempel/cli/internal/experiment/rehearse/intersect'
import { readLog } from '@drempel/cli/internal/experiment/rehearse/log'
import { meetAll } from '@drempel/cli/internal/experiment/rehearse/meet'
import { expectedOver, planOf } from '@drempel/cli/internal/experiment/rehearse/plan'
import { checkRegister } from '@drempel/cli/internal/experiment/rehearse/register'
import { runRounds } from '@drempel/cli/internal/experiment/rehearse/rounds'
import { endRehearsal, rehearse } from '@drempel/cli/internal/experiment/rehearse/run'
import { NodeProblem } from '@drempel/cli/internal/output/explain'
import type { Text } from '@drempel/cli/internal/output/language'
import {
  type Convenant,
  convenantDigest,
  type DraftOptions,
  rehearsalDigest,
} from '@drempel/protocol/convenant'
import { base64url, hex } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import { draft, FOUR, signedBy } from '../../protocol/convenant/world.ts'

const never = () => new AbortController().signal
const IDS = FOUR.map(({ id }) => id)
const [ASKER] = IDS as [string]
const refusal = (code: string) =>
  new NodeProblem({ type: 'about:blank', title: code, status: 403, code })
const at = (seconds: number) => new Date(1_000 * seconds).toISOString()

type Get = (path: string) => unknown
type Send = (path: string, body: { readonly [name: string]: unknown }) => unknown

function partOf(get: Get, send: Send = () => ({}), options: Partial<DraftOptions> = {}) {
  let time = 0
  const convenant = withoutFourEyes(draft(options))
  return {
    node: {
      get: async (path: string) => get(path),
      send: async (_: string, path: string, [, body]: [unknown, never]) => send(path, body),
    },
    setting: {
      ...{ clock: () => (time += 1_000), pollMs: 1, signal: never(), alone: never() },
      lang: 'en' as const,
    },
    ...{ self: ASKER, convenant, plan: planOf(convenant, 'proef'), since: 0, step: 'begun' },
    ...{ found: findings(), deadline: 60_000, tell: () => {} },
  }
}

function withoutFourEyes(convenant: Convenant): Convenant {
  const purposes = convenant.purposes.map((purpose) => ({ ...purpose, fourEyes: false }))
  return { ...convenant, purposes }
}

const lines = ({ found }: ReturnType<typeof partOf>, check: string) =>
  found
    .sorted()
    .filter((item) => item.check === check)
    .map(({ about, state, code }) =>
      [about, state, ...(code === undefined ? [] : [code])].join(' '),
    )

describe('who is waited for', () => {
  it('is named with what its node lacks', async () => {
    const told: Text[] = []
    const peers = IDS.slice(1).map((member, i) => ({
      ...{ member, pinned: true, clockSeconds: null, convenant: null, rehearsal: null },
      code: ['NO_CONVENANT', 'PEER_UNREACHABLE', 'UNKNOWN_PEER'][i],
    }))
    const part = { ...partOf(() => ({ peers })), tell: (text: Text) => void told.push(text) }
    expect(await meetAll(part as never)).toBe('late')
    expect(told).toHaveLength(1)
    const [first, second, third] = IDS.slice(1)
    expect(told[0]!.nl).toBe(
      `wacht op ${first} (die node heeft geen convenant; daar: drempel convenant install BESTAND), ${second}, ${third} (die node kent deze niet; daar: drempel convenant install BESTAND)`,
    )
  })
})

describe('the witnesses', () => {
  it('have cosigned what there was at the first look, however fast it grows', async () => {
    let looks = 0
    const part = partOf((path) => {
      if (path === 'log') return { origins: [] }
      if (path === 'rehearsal') return { witnesses: [{ witness: 'platform', code: null }] }
      const size = 10 + looks++
      return { quorum: 1, logs: [{ size, cosigned: { size: size - 1 } }] }
    })
    await readLog(part as never)
    expect(lines(part, 'witness')).toEqual([' passed', 'platform passed'])
  })

  it('are waited for as long as they have not', async () => {
    const part = partOf((path) => {
      if (path === 'log') return { origins: [] }
      if (path === 'rehearsal') return { witnesses: [] }
      return { quorum: 1, logs: [{ size: 10, cosigned: { size: 9 } }] }
    })
    await readLog(part as never)
    expect(lines(part, 'witness')).toEqual([' failed NOT_WITNESSED'])
  })
})

describe('questions', () => {
  it('are asked again when the second round comes in between', async () => {
    let asked = 0
    const round = { kind: 'host', state: 'published', createdAt: at(1) }
    const published = () => (asked > 0 ? [round, round] : [round])
    const part = partOf(
      () => ({ rounds: published() }),
      (path, { rule, purpose, value }) => {
        expect(path).toBe('checks')
        asked++
        const terms = part.convenant.purposes.find(({ id }) => id === purpose)
        if (!terms?.askers.includes(ASKER)) throw refusal('UNKNOWN_PURPOSE')
        const of = part.convenant.rules.find(({ id }) => id === rule)!
        const over = expectedOver(part.convenant, part.plan.kinds[0]!, of, true)
        return { answer: over.has(value as string) ? 'over' : 'not-over' }
      },
    )
    await askAll(part as never)
    const found = [...lines(part, 'yes'), ...lines(part, 'no')]
    expect(found.length).toBeGreaterThan(2)
    for (const line of found) expect(line).toMatch(/passed$|absent$/)
  })
})

describe('a key for one round', () => {
  it('is waited for by who starts the second, where another makes it', async () => {
    const convenant = draft({ keyEpochDays: 'round' })
    const [leader] = convenant.computeNodes
    const others = IDS.filter((id) => id !== leader)
    const kind = 'host'
    let [looks, started] = [0, 0]
    const fresh = () => looks > 3
    const part = partOf(
      (path) => {
        if (path === 'keys') {
          looks++
          const used = { kind, createdAt: at(10) }
          return { epochs: fresh() ? [{ kind, createdAt: at(30) }, used] : [used] }
        }
        const first = { kind, state: 'published', createdAt: at(20) }
        const second = { kind, state: 'published', createdAt: at(40) }
        return { rounds: started > 0 ? [second, first] : [first] }
      },
      () => {
        if (!fresh()) throw refusal('KEY_EXPIRED')
        return started++
      },
    )
    Object.assign(part, {
      self: leader,
      convenant: { ...convenant, keyHolders: { ...convenant.keyHolders, members: others } },
    })
    expect(await runRounds(part as never, 2)).toBe(true)
    expect(started).toBe(1)
    expect(lines(part, 'key')).toEqual(['host passed'])
  })
})

describe('who makes a key or starts a round for all', () => {
  const kind = 'host'
  const leading = (failures: number) => {
    let [keys, rounds] = [failures, failures]
    const part = partOf(
      (path) => {
        if (path === 'keys') return { epochs: [] }
        const one = { kind, state: 'published', createdAt: at(20) }
        return { rounds: rounds < 0 ? [one] : [] }
      },
      (path) => {
        if ((path === 'keys' ? keys-- : rounds--) > 0) throw refusal('PEER_TIMEOUT')
      },
    )
    return Object.assign(part, { self: part.convenant.computeNodes[0] })
  }

  it('tries again after a hiccup of one of them', async () => {
    const part = leading(1)
    expect(await runRounds(part as never, 1)).toBe(true)
    expect(lines(part, 'key')).toEqual(['host passed'])
  })

  it('does not try for ever', async () => {
    const part = leading(9)
    expect(await runRounds(part as never, 1)).toBe(false)
    expect(lines(part, 'key')).toEqual(['host failed PEER_TIMEOUT'])
  })

  it('is waited for by nobody once it ended short of that', async () => {
    const part = partOf(() => ({ rounds: [], epochs: [] }))
    const alone = AbortSignal.abort()
    const far = { deadline: Number.POSITIVE_INFINITY, self: 'bank-b' }
    Object.assign(part, { ...far, setting: { ...part.setting, alone } })
    expect(await runRounds(part as never, 1)).toBe(false)
    expect(lines(part, 'key')).toEqual(['host waiting NO_KEY'])
  })
})

describe('the version of the convenant', () => {
  it('is the one that was in force when it began', async () => {
    const first = draft()
    const second = { ...first, version: 2, previous: base64url(convenantDigest(first)) }
    let began = false
    const view = { member: ASKER, inUse: false, flags: 0, convenant: '', rehearsal: null }
    const away = { convenant: null, rehearsal: null, clockSeconds: null, pinned: false }
    const node = {
      get: async (path: string) => {
        if (path === 'convenant') return { convenant: signedBy(began ? second : first, IDS) }
        if (path === 'status') return { member: ASKER, software: 'drempel/1' }
        const peers = IDS.slice(1).map((member) => ({ member, code: 'PEER_UNREACHABLE', ...away }))
        return { ...view, peers, witnesses: [] }
      },
      send: async () => {
        began = true
        return { word: 'proef', since: at(1), step: 'begun' }
      },
    }
    const told = await rehearse(node as never, {
      ...{ word: 'proef', waitMs: 0, pollMs: 1, clock: () => 1, lang: 'en' },
      ...{ signal: never(), alone: never(), onStep: () => {} },
    })
    expect(told.convenant.version).toBe(2)
    expect(told.digest).toBe(hex(rehearsalDigest(convenantDigest(second), 'proef')))
  })
})

describe('the end', () => {
  it.each([
    [true, undefined],
    [false, 'NODE_IN_USE'],
  ])('is what the node says of that moment: %s', async (clean, code) => {
    const { node } = partOf(
      () => expect.unreachable('what is real may be there by now'),
      () => ({ clean }),
    )
    expect(await endRehearsal(node as never)).toBe(code)
  })
})

describe('an intersection', () => {
  // None is ever proposed, or one that is done at the other side runs here for some time.
  it.each([
    ['no', 'LATE'],
    ['a running', 'PSI_ENDED'],
  ])('is not waited for when the other member went on: %s session', async (name, code) => {
    let looks = 0
    const sessionWith = (peer: string) => ({
      ...{ purpose: part.convenant.intersections![0]!.id, peer, kind: 'host', people: [] },
      state: looks > 30 ? 'failed' : 'running',
    })
    const part = partOf(
      (path) => {
        if (path === 'psi') return { sessions: name === 'no' ? [] : IDS.map(sessionWith) }
        const step = ++looks > 6 ? 'withdrawn' : 'asked'
        return { peers: IDS.map((member) => ({ member, rehearsal: { step } })) }
      },
      () => {
        throw refusal('PEER_TIMEOUT')
      },
      { intersections: true },
    )
    Object.assign(part, { self: IDS.toSorted().at(-1), deadline: Number.POSITIVE_INFINITY })
    const terms = part.convenant.intersections!.map((one) => ({ ...one, fourEyes: false }))
    Object.assign(part.convenant, { intersections: terms })
    await intersectAll(part as never)
    const told = lines(part, 'intersection')
    expect(told.length).toBeGreaterThan(0)
    for (const line of told) expect(line.endsWith(`failed ${code}`)).toBe(true)
  })

  // A node that was killed while it ran; the second time it fails for good.
  it.each([
    ['is proposed once more', true, 1, 'passed'],
    ['is found after that', true, Number.POSITIVE_INFINITY, 'failed NODE_RESTARTED'],
    ['is waited for by who accepts it', false, 1, 'passed'],
  ])('that failed %s', async (_, proposes, failures, told) => {
    const sessions: { readonly id: string; readonly peer: string; state: string }[] = []
    let proposals = 0
    const begin = (peer: string) => {
      const fails = sessions.filter((one) => one.peer === peer).length < failures
      const purpose = part.convenant.intersections![0]!.id
      const about = { id: `${sessions.length}`, purpose, peer, kind: 'host', people: [] }
      const state = fails ? 'failed' : proposes ? 'done' : 'proposed'
      sessions.unshift({ ...about, state, ...(fails ? { reason: 'NODE_RESTARTED' } : {}) })
    }
    const part = partOf(
      (path) => {
        if (path !== 'psi') {
          return { peers: IDS.map((member) => ({ member, rehearsal: { step: 'asked' } })) }
        }
        const seen = sessions.map((one) => ({ ...one }))
        // The other side proposes again a moment later.
        if (!proposes && seen.every(({ state }) => state === 'failed')) IDS.forEach(begin)
        return { sessions: seen }
      },
      (path, { partner }) => {
        const accepted = sessions.find(({ id }) => path === `psi/${id}/acceptance`)
        if (accepted !== undefined) accepted.state = 'done'
        else {
          proposals++
          begin(partner as string)
        }
        return { id: '' }
      },
      { intersections: true },
    )
    const terms = part.convenant.intersections!.map((one) => ({ ...one, fourEyes: false }))
    Object.assign(part.convenant, { intersections: terms })
    if (!proposes) Object.assign(part, { self: IDS.toSorted().at(-1) })
    IDS.forEach(begin)
    await intersectAll(part as never)
    const found = lines(part, 'intersection')
    expect(found.length).toBeGreaterThan(0)
    for (const line of found) expect(line.endsWith(told)).toBe(true)
    expect(proposals).toBe(proposes ? found.length * Math.min(failures, 2) : 0)
  })
})

describe('compared logs', () => {
  const entry = { code: null, compared: 3, found: [] as string[] }
  const compare = async (...answers: readonly object[][]) => {
    let looks = 0
    const part = partOf(() => ({ members: answers[Math.min(looks++, answers.length - 1)] }))
    await compareLogs(part as never)
    return { looks, told: lines(part, 'compared') }
  }

  it.each([
    ['passed', {}],
    ['absent', { compared: 0 }],
    ['failed ONE_SIDED', { found: ['late', 'one-sided'] }],
    ['failed FIELD_MISMATCH', { found: ['mismatch', 'one-sided'] }],
    ['failed LOGGED_LATE', { found: ['late'] }],
    ['failed LOG_ROLLED_BACK', { compared: 0, code: 'LOG_ROLLED_BACK' }],
  ])('are %s', async (state, change) => {
    const { looks, told } = await compare([{ member: 'bank-b', ...entry, ...change }])
    expect({ looks, told }).toEqual({ looks: 1, told: [`bank-b ${state}`] })
  })

  it('are looked at again while a member is busy, and not for ever', async () => {
    const busy = [{ ...entry, member: 'bank-b', code: 'BUSY' }]
    const done = [{ ...entry, member: 'bank-b' }]
    expect(await compare(busy, busy, done)).toEqual({ looks: 3, told: ['bank-b passed'] })
    expect((await compare(busy)).told).toEqual(['bank-b waiting BUSY'])
  })
})

describe('the record of processing', () => {
  const part = () => partOf(() => ({}))
  const logOf = (digest: string, purposes: readonly string[]) => [
    {
      ...{ origin: 'o', member: ASKER, checkpoint: '', size: 0 },
      entries: purposes.map((purpose, index) => ({
        ...{ index, hash: new Uint8Array(32) },
        event: { type: 'query.intent', purpose, convenant: { version: 1, digest } },
      })),
    },
  ]

  it('names each purpose of this member, with what was just asked', async () => {
    const one = part()
    const asked = one.convenant.purposes.filter(({ askers }) => askers.includes(ASKER))
    const names = asked.map(({ id }) => id)
    await checkRegister(one as never, Promise.resolve(logOf(one.plan.digest, names) as never))
    const told = lines(one, 'register')
    expect(told.filter((line) => line.endsWith('passed'))).toEqual(
      names.sort().map((id) => `${id} passed`),
    )
    expect(told).toHaveLength(one.convenant.purposes.length)
    expect(told.every((line) => /passed$|absent$/.test(line))).toBe(true)
  })

  it.each(['nothing', 'another rehearsal'])('is not made of %s', async (name) => {
    const one = part()
    const names = name === 'nothing' ? [] : one.convenant.purposes.map(({ id }) => id)
    await checkRegister(one as never, Promise.resolve(logOf('f'.repeat(64), names) as never))
    expect(lines(one, 'register').some((line) => line.endsWith('passed'))).toBe(false)
    expect(lines(one, 'register').join()).toContain('failed NOT_IN_REGISTER')
  })

  it('says why it could not be made', async () => {
    const one = part()
    await checkRegister(one as never, Promise.reject(refusal('FORBIDDEN')))
    expect(lines(one, 'register').join()).toContain('waiting FORBIDDEN')
  })
})
