/**
 * One compute node of the benchmark, a process of its own: the product's round engine over the
 * product's channels (signed upgrade, WebSocket frames) on loopback, without TLS, store and log.
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net'
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
import {
  createPool,
  type PartLinks,
  partsOnThreads,
  type WorkerPool,
} from '@drempel/node/internal/workers'
import { type Bytes, signerFromSeed } from '@drempel/protocol/encoding'
import type { PartyContext, PartyIndex } from '@drempel/protocol/mpc'
import {
  computeRound,
  planRound,
  type RoundInputs,
  type RoundPlan,
  readUpload,
} from '@drempel/protocol/threshold'
import { Hono } from 'hono'
import { answerParent } from '../harness/child.ts'
import { timed } from '../harness/turns.ts'
import { sectorOf } from './beyond.ts'
import { BusiestThread } from './busiest.ts'
import { type Ends, flood } from './flood.ts'
import { forgetPeak, peakMiB } from './memory.ts'
import { type Answers, now, type Progress, type Question, uploadFile } from './messages.ts'
import { LongestTurn } from './turns.ts'

const NAMES = ['alder', 'birch', 'cedar'] as const
const PATH = '/peer/v1/bench/channel'
const IDLE_MS = 300_000
const PROGRESS_STEP = 0.1
const MOST_LINKS = 33

const random = (length: number): Bytes => new Uint8Array(randomBytes(length))
const clock = () => Date.now()
const signerOf = (party: number) => signerFromSeed(new Uint8Array(32).fill(party + 1))

let party: PartyIndex = 0
let ports: readonly number[] = []
const arrived: { plain?: (socket: Socket) => void } = {}
/** From the previous node, by link. */
const previous = Array.from({ length: MOST_LINKS }, () => Promise.withResolvers<Channel>())
const previousPlain = new Promise<Socket>((resolve) => {
  arrived.plain = resolve
})
let links:
  | (Ends & { readonly parts: readonly PartLinks[]; readonly roundTripMs: number })
  | undefined
let pool: WorkerPool | undefined
let job: { plan: RoundPlan; inputs: RoundInputs } | undefined

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
    claim: async (member: string, nonce: string) => {
      const before = seen.size
      const outcome = seen.add(`${member} ${nonce}`).size > before
      return { outcome, durable: Promise.resolve() }
    },
  }
  const gate = createPeerGate({ self, directory, replay, clock })
  const app = new Hono<PeerEnv>()
  const table = { ...httpProblems, ...peerProblems }
  app.onError(problemHandler(createProblemMapper({ table, random, onInternal: console.error })))
  app.use('/peer/*', gate.sign)
  app.get(
    `${PATH}/:link`,
    gate.verify({ maxBody: 0 }),
    acceptChannel({
      accept: async (c) => previous[Number(c.req.param('link'))]!.resolve,
      limits: { idleMs: IDLE_MS },
    }),
  )
  const { port } = await startServer({ app, host: '127.0.0.1', port: 0 })
  const yardstick = createServer({ noDelay: true, pauseOnConnect: true }, arrived.plain!).listen(
    0,
    '127.0.0.1',
  )
  await once(yardstick, 'listening')
  return { port, plainPort: (yardstick.address() as AddressInfo).port }
}

async function connect(
  question: Extract<Question, { ask: 'connect' }>,
): Promise<Answers['connect']> {
  ports = question.ports
  const after = (party + 1) % 3
  const limits = { idleMs: IDLE_MS }
  const dial = createChannelConnector({ self, directory, clock, random, limits })
  const open = async (link: number) => ({
    next: await dial(NAMES[after]!, `${PATH}/${link}`),
    previous: await previous[link]!.promise,
  })
  const channels = await open(0)
  const parts = await Promise.all(Array.from({ length: question.parts }, (_, i) => open(i + 1)))
  const port = question.plainPorts[after]!
  const next = connectPlain({ host: '127.0.0.1', port, noDelay: true })
  const roundTripMs = await farthestRoundTrip([channels.next, channels.previous])
  links = { channel: channels, parts, plain: { next, previous: await previousPlain }, roundTripMs }
  return { roundTripMs }
}

async function load(question: Extract<Question, { ask: 'load' }>): Promise<Answers['load']> {
  const { partners, reportBits, folder } = question
  const plan = planRound(partners, reportBits)
  const inputs = new Map()
  const seconds = await timed(() => {
    for (const partner of partners.keys()) {
      const upload = readFileSync(uploadFile(folder, partner, party))
      inputs.set(partner, readUpload(plan, partner, party, upload))
    }
  })
  job = { plan, inputs }
  return { seconds }
}

async function compute(
  question: Extract<Question, { ask: 'compute' }>,
): Promise<Answers['compute']> {
  const { sessionId, rules, parts, roundTripMs = links!.roundTripMs } = question
  const { plan, inputs } = job!
  let told = 0
  const ctx: PartyContext = {
    party,
    ...links!.channel,
    roundTripMs,
    prg: aesCtr,
    mac: gmac,
    random,
    members: NAMES,
    pause: () => nextTurn(),
    onProgress: (done) => {
      if (done < told + PROGRESS_STEP) return
      told = done
      process.send!({ done } satisfies Progress)
    },
  }
  // The main thread has the channels. Threads stay from round to round.
  if (parts > 1) pool ??= createPool({ size: parts + 1 })
  const ended = new AbortController()
  const place = { party, members: NAMES }
  const open = async () =>
    partsOnThreads(pool!, links!.parts, place, () => nextTurn(), ended.signal)
  forgetPeak()
  const turn = new LongestTurn()
  const busiest = new BusiestThread()
  const before = process.cpuUsage()
  const sectors = plan.partners.map((_, partner) => sectorOf(partner))
  const threads = { most: parts, open }
  const options = { minContributors: plan.partners.length, sectors, threads, partAnds: 1 }
  const result = await computeRound(ctx, sessionId, plan, rules, inputs, options)
  const endedAt = now()
  const heldUpMs = turn.stop()
  const { user, system } = process.cpuUsage(before)
  const busiestSeconds = busiest.stop()
  ended.abort()
  const { stats, lists, owners, aggregates, leftOut } = result
  return {
    endedAt,
    cpuSeconds: (user + system) / 1e6,
    busiestSeconds,
    peakMiB: peakMiB(),
    heldUpMs,
    stats,
    leftOut: leftOut.length,
    lists,
    owners,
    aggregates,
  }
}

async function answer(question: Question): Promise<Answers[Question['ask']]> {
  switch (question.ask) {
    case 'listen':
      party = question.party as PartyIndex
      return listen()
    case 'connect':
      return connect(question)
    case 'flood':
      return { cpuSeconds: await flood(question, party, links!) }
    case 'load':
      return load(question)
    case 'compute':
      return compute(question)
  }
}

answerParent(answer)
