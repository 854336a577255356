/**
 * One compute node of the benchmark, a process of its own: the product's round engine over the
 * product's channels (signed upgrade, WebSocket frames) on loopback, without TLS, store and log.
 */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { aesCtr, gmac } from '@drempel/node/internal/bulk'
import {
  createProblemMapper,
  httpProblems,
  problemHandler,
  startServer,
} from '@drempel/node/internal/http'
import {
  acceptChannel,
  type Channel,
  createChannelConnector,
  createPeerGate,
  type Directory,
  farthestRoundTrip,
  type PeerEnv,
  peerProblems,
} from '@drempel/node/internal/peers'
import { type Bytes, signerFromSeed } from '@drempel/protocol/encoding'
import type { PartyContext, PartyIndex } from '@drempel/protocol/mpc'
import {
  computeRound,
  planRound,
  type RoundInputs,
  type RoundPlan,
  type RoundRule,
  readUpload,
} from '@drempel/protocol/threshold'
import { Hono } from 'hono'
import { timed } from '../harness/turns.ts'
import { peakMiB } from './memory.ts'
import { type Answers, now, type Question, uploadFile } from './messages.ts'

const NAMES = ['alder', 'birch', 'cedar'] as const
const PATH = '/peer/v1/bench/channel'
const IDLE_MS = 300_000

const random = (length: number): Bytes => new Uint8Array(randomBytes(length))
const clock = () => Date.now()
const signerOf = (party: number) => signerFromSeed(new Uint8Array(32).fill(party + 1))

let party: PartyIndex = 0
let ports: readonly number[] = []
let arrived: (channel: Channel) => void
const previous = new Promise<Channel>((resolve) => {
  arrived = resolve
})
let links:
  | { readonly next: Channel; readonly previous: Channel; readonly roundTripMs: number }
  | undefined
let job: { plan: RoundPlan; rules: readonly RoundRule[]; inputs: RoundInputs } | undefined

const urlOf = (index: number) => `http://127.0.0.1:${ports[index] ?? 0}`
const directory: Directory = (id) => {
  const index = (NAMES as readonly string[]).indexOf(id)
  if (index < 0) return undefined
  return { id, url: urlOf(index), signingKey: signerOf(index).publicKey, tlsPin: null }
}
const self = {
  get id() {
    return NAMES[party]
  },
  get url() {
    return urlOf(party)
  },
  get signer() {
    return signerOf(party)
  },
}

async function listen(): Promise<Answers['listen']> {
  const seen = new Set<string>()
  const replay = {
    remember: async (member: string, nonce: string) => {
      const before = seen.size
      return seen.add(`${member} ${nonce}`).size > before
    },
  }
  const gate = createPeerGate({ self, directory, replay, clock })
  const app = new Hono<PeerEnv>()
  const table = { ...httpProblems, ...peerProblems }
  app.onError(problemHandler(createProblemMapper({ table, random, onInternal: console.error })))
  app.use('/peer/*', gate.sign)
  app.get(
    PATH,
    gate.verify({ maxBody: 0 }),
    acceptChannel({ accept: async () => arrived, limits: { idleMs: IDLE_MS } }),
  )
  return { port: (await startServer({ app, host: '127.0.0.1', port: 0 })).port }
}

async function connect(): Promise<Answers['connect']> {
  const limits = { idleMs: IDLE_MS }
  const dial = createChannelConnector({ self, directory, clock, random, limits })
  const both = { next: await dial(NAMES[(party + 1) % 3]!, PATH), previous: await previous }
  links = { ...both, roundTripMs: await farthestRoundTrip([both.next, both.previous]) }
  return {}
}

async function load(question: Extract<Question, { ask: 'load' }>): Promise<Answers['load']> {
  const { partners, rules, folder } = question
  const plan = planRound(partners)
  const inputs = new Map()
  const seconds = await timed(() => {
    for (const partner of partners.keys()) {
      const upload = readFileSync(uploadFile(folder, partner, party))
      inputs.set(partner, readUpload(plan, partner, party, upload))
    }
  })
  job = { plan, rules, inputs }
  return { seconds }
}

async function compute(sessionId: Bytes): Promise<Answers['compute']> {
  const { plan, rules, inputs } = job!
  const ctx: PartyContext = {
    party,
    ...links!,
    prg: aesCtr,
    mac: gmac,
    random,
    members: NAMES,
    pause: () => nextTurn(),
  }
  const before = process.cpuUsage()
  const options = { minContributors: plan.partners.length }
  const result = await computeRound(ctx, sessionId, plan, rules, inputs, options)
  const endedAt = now()
  const { user, system } = process.cpuUsage(before)
  const { stats, lists, owners, leftOut } = result
  return {
    endedAt,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: peakMiB(),
    stats,
    leftOut: leftOut.length,
    lists,
    owners,
  }
}

async function answer(question: Question): Promise<Answers[Question['ask']]> {
  switch (question.ask) {
    case 'listen':
      party = question.party as PartyIndex
      return listen()
    case 'connect':
      ports = question.ports
      return connect()
    case 'load':
      return load(question)
    case 'compute':
      return compute(question.sessionId)
  }
}

process.on('message', (question: Question) => {
  answer(question).then(
    (value) => process.send!(value),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
