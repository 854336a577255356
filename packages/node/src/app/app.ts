/** A node, wired from its home: store, vault, log, peers, sessions, routes, server. */

import { readFile } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { memberOf } from '@drempel/protocol/convenant'
import { type Clock, fromBase64url, type RandomBytes } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import { createAudit } from '../audit/index.ts'
import { aesCtr, gmac } from '../bulk/index.ts'
import { type Home, openHome, systemRandom } from '../config/index.ts'
import {
  createOperators,
  createProblemMapper,
  type Operators,
  problemHandler,
  problemNotFound,
  type RunningServer,
  roles,
  startServer,
  type TokenWork,
} from '../http/index.ts'
import {
  createChannelConnector,
  createOutsideClient,
  createPeerClient,
  createPeerGate,
  type Directory,
  type PeerEnv,
  Traffic,
} from '../peers/index.ts'
import {
  adminRoutes,
  alertRoutes,
  auditorLogRoutes,
  flagRoutes,
  outcomeRoutes,
  peerRoutes,
  problems,
  psiRoutes,
  queryRoutes,
  questionRoutes,
  type RunningNode,
  recordRoutes,
  rehearsalRoutes,
  subjectRoutes,
} from '../routes/index.ts'
import {
  ConvenantInForce,
  createSessions,
  enterRest,
  failOpenRounds,
  finishActs,
  finishBegun,
  finishCases,
  goOnTurning,
  type Log,
  storeInModes,
} from '../sessions/index.ts'
import { checkMasterKey, createVault, openSqliteStore, type Store } from '../store/index.ts'
import { createPool, type PoolOptions } from '../workers/index.ts'
import { createRefusalJournal } from './guard.ts'
import { createLog } from './log.ts'
import { faultOf, startTasks } from './tasks.ts'

export const SOFTWARE = 'drempel/0.1.0'

const CHANNEL_IDLE_MS = 5 * 60_000

export type NodeOptions = {
  readonly home: string
  readonly clock?: Clock
  readonly random?: RandomBytes
  /** Instead of the number of threads in the node's configuration. */
  readonly workers?: number
  /** Gates that make a part of a round worth a thread, equal on all nodes. For tests with short lists. */
  readonly partAnds?: number
  /** False: nothing runs by itself, such as rounds that are due. For tests that go step by step. */
  readonly background?: boolean
  /** What Argon2id takes for the token of an operator; libsodium's interactive limits by default. */
  readonly tokenWork?: TokenWork
  /** Where log lines go; standard error by default. */
  readonly output?: { write(line: string): void }
}

export type LiveNode = {
  readonly url: string
  readonly node: RunningNode
  close(): Promise<void>
}

/** Starts a node and listens. @throws ProtocolError of config, store and audit: nothing is running then */
export async function startNode(options: NodeOptions): Promise<LiveNode> {
  const clock = options.clock ?? Date.now
  const random: RandomBytes = options.random ?? systemRandom
  const home = await openHome(options.home)
  const log = createLog(home.member.id, options.output ?? process.stderr)
  const store = await openSqliteStore({ path: home.paths.store, clock })
  try {
    const size = options.workers ?? home.config.workers
    const workers = {
      ...(size === undefined ? {} : { size }),
      ...(options.random === undefined ? {} : { random: options.random }),
    }
    const operators = operatorsOf(store, clock, random, options.tokenWork)
    const { partAnds } = options
    const live = await run(home, store, operators, clock, random, log, { ...workers, partAnds })
    return options.background === false ? live : withTasks(live, store, clock, log)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function run(
  home: Home,
  store: Store,
  operators: Operators,
  clock: Clock,
  random: RandomBytes,
  log: Log,
  { partAnds, ...workers }: PoolOptions & { readonly partAnds: number | undefined },
): Promise<LiveNode> {
  const vault = createVault(home.masterKey)
  await checkMasterKey(store, vault)
  await adoptToken(home, store, operators)
  const convenant = new ConvenantInForce()
  await convenant.load(store, home)
  const audit = createAudit({
    store,
    vault,
    signer: home.signer,
    periodKeys: home.periodKeys,
    purposeKeys: home.purposeKeys,
    knownLogs: home.knownLogs,
    member: home.member.id,
    convenant: () => {
      const inForce = convenant.peek()
      if (inForce === null) return null
      const { id, version } = inForce.convenant
      return { id, version, digest: inForce.digest }
    },
    clock,
    random,
    software: SOFTWARE,
  })
  await audit.verifySelf()
  await audit.remember()

  const directory: Directory = (id) => {
    const document = convenant.peek()?.convenant
    const member = document === undefined ? undefined : memberOf(document, id)
    if (member === undefined) return undefined
    const { url, signingKey, tlsPin } = member
    return { id, url, signingKey: fromBase64url(signingKey), tlsPin }
  }
  const self = {
    id: home.member.id,
    url: home.member.url,
    signer: home.signer,
    ...(home.tls === undefined ? {} : { tls: home.tls }),
    traffic: new Traffic(),
  }
  const peers = createPeerClient({ self, directory, clock, random })
  const connectChannel = createChannelConnector({
    self,
    directory,
    clock,
    random,
    limits: { idleMs: CHANNEL_IDLE_MS },
  })
  const world = {
    self: home.member.id,
    signer: home.signer,
    store: storeInModes(store, convenant.modes),
    vault,
    audit,
    periodKeys: home.periodKeys,
    purposeKeys: home.purposeKeys,
    peers,
    outside: createOutsideClient(),
    connectChannel,
    prg: aesCtr,
    mac: gmac,
    random,
    clock,
    workers: createPool(workers),
    ...(partAnds === undefined ? {} : { partAnds }),
    pause: () => nextTurn(),
    log,
    inForce: () => convenant.get(),
  }
  const { workHours: hours, intersections: policy } = home.config
  const sessions = createSessions(world, {
    ...(hours === undefined ? {} : { hours }),
    ...(policy === undefined ? {} : { policy }),
  })
  const node: RunningNode = {
    ...{ home, convenant, sessions, operators },
    traffic: self.traffic,
    software: SOFTWARE,
  }
  await recall(node)
  const failed = (step: string) => (error: unknown) =>
    log('error', 'task.failed', { step, code: faultOf(error) })
  // What can't be entered now is tried again while it runs.
  await enterRest(sessions.ctx).catch(failed('entries'))
  await finishCases(sessions.ctx).catch(failed('cases'))
  await finishActs(sessions.ctx, sessions.intersections).catch(failed('acts'))
  await failOpenRounds(sessions.ctx, sessions.rounds)
  await sessions.intersections.failRunning()
  await goOnTurning(sessions.ctx, convenant, sessions)

  const gate = createPeerGate({ self, directory, replay: store.replay, clock })
  const server = await startServer({
    app: routes(node, gate, random, log),
    host: home.config.listen.host,
    port: home.config.listen.port,
    ...(home.tls === undefined ? {} : { tls: home.tls }),
  })
  if (convenant.peek() !== null) {
    await audit.append({ type: 'node.started' }, null)
    await finishBegun(sessions.ctx)
  }
  log('info', 'node.started', { url: home.member.url, software: SOFTWARE })
  return { url: home.member.url, node, close: () => close(node, server) }
}

/** Before the first entry: a store that was set back is not written to, and may still be exchanged. */
async function recall({ convenant, sessions: { ctx } }: RunningNode): Promise<void> {
  if (convenant.peek() === null) return
  try {
    await ctx.witnessing.cosigning.recall()
  } catch (error) {
    ctx.peers.close()
    await ctx.workers.close()
    throw error
  }
}

function routes(
  node: RunningNode,
  gate: ReturnType<typeof createPeerGate>,
  random: RandomBytes,
  log: Log,
): Hono<PeerEnv> {
  const refused = createRefusalJournal(node)
  const mapper = createProblemMapper({
    table: problems,
    random,
    onInternal: (error, reference) =>
      log('error', 'internal', {
        reference,
        code: faultOf(error),
      }),
  })
  const answer = problemHandler(mapper)
  const app = new Hono<PeerEnv>()
  app.onError((error, c) => {
    if (c.req.path.startsWith('/peer/')) refused(error, c.get('peer'))
    return answer(error, c)
  })
  app.notFound(problemNotFound())
  app.use((_, next) => node.convenant.modes.flow(next))
  app.get('/health', (c) => c.text('ok'))
  app.use('/peer/*', gate.sign)
  app.route('/peer/v1', peerRoutes(node, gate))
  app.route('/api/v1', adminRoutes(node))
  app.route('/api/v1', flagRoutes(node))
  app.route('/api/v1', queryRoutes(node))
  app.route('/api/v1', auditorLogRoutes(node))
  app.route('/api/v1', subjectRoutes(node))
  app.route('/api/v1', recordRoutes(node))
  app.route('/api/v1', rehearsalRoutes(node))
  app.route('/api/v1', alertRoutes(node))
  app.route('/api/v1', questionRoutes(node))
  app.route('/api/v1', outcomeRoutes(node))
  app.route('/api/v1', psiRoutes(node))
  return app
}

function operatorsOf(
  store: Store,
  clock: Clock,
  random: RandomBytes,
  work: TokenWork | undefined,
): Operators {
  const tokens = {
    async get(id: string) {
      const row = await store.tokens.get(id)
      return row === null
        ? undefined
        : { ...row, roles: roles.filter((role) => row.roles.includes(role)) }
    },
  }
  return createOperators({ store: tokens, random, clock, ...(work === undefined ? {} : { work }) })
}

/** The first administrator's token, made by init, is known from the first start on. */
async function adoptToken(home: Home, store: Store, operators: Operators): Promise<void> {
  if ((await store.tokens.list()).length > 0) return
  const token = (await readFile(home.paths.token, 'utf8')).trim()
  await store.tokens.create(operators.adopt(token, { name: 'first-admin', roles: [...roles] }))
}

function withTasks(live: LiveNode, store: Store, clock: Clock, log: Log): LiveNode {
  const stopTasks = startTasks(live.node, store, clock, log)
  const close = () => {
    stopTasks()
    return live.close()
  }
  return { ...live, close }
}

async function close(node: RunningNode, server: RunningServer): Promise<void> {
  const { ctx } = node.sessions
  await server.close(2_000)
  await node.convenant.modes.stopping(async () => {
    await failOpenRounds(ctx, node.sessions.rounds)
    await node.sessions.intersections.failRunning()
  })
  await ctx.workers.close()
  if (node.convenant.peek() !== null) await ctx.audit.append({ type: 'node.stopped' }, null)
  await ctx.audit.close()
  ctx.peers.close()
  await ctx.store.close()
}
