/**
 * One of the two parties of the benchmark, a process of its own: the protocol over the product's
 * channel (WebSocket frames) on a loopback socket, computed on the node's worker threads, without
 * TLS, store and log.
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FrameChannel } from '@drempel/node/internal/peers'
import { createPool, pooledWork } from '@drempel/node/internal/workers'
import { type Bytes, ProtocolError, utf8 } from '@drempel/protocol/encoding'
import { canonicalize, oprfInput } from '@drempel/protocol/identifiers'
import {
  answerQuestion,
  askQuestion,
  distinctItems,
  ecdh,
  giveList,
  itemCount,
  itemOf,
  type OfferedList,
  ot,
  type PsiChannel,
  type PsiItems,
  type PsiOptions,
  type PsiProtocol,
  type PsiResult,
  type PsiRole,
  prepareList,
  type TakenList,
  takeList,
} from '@drempel/protocol/psi'
import { answerParent } from '../harness/child.ts'
import { timed } from '../harness/turns.ts'
import { forgetPeak, peakMiB } from '../round/memory.ts'
import { now } from '../round/messages.ts'
import type { Answers, Progress, Question, Ran } from './messages.ts'

const HOST = '127.0.0.1'
const LIMITS = { maxFrame: 8 << 20, maxQueued: 32 << 20, idleMs: 600_000 }
const PREFIX = utf8('drempel/v1/device:').length
const PROGRESS_STEP = 0.1

const random = (length: number): Bytes => new Uint8Array(randomBytes(length))
const pool = createPool()
const work = pooledWork(pool)

const PROTOCOLS: Record<PsiProtocol, (options: PsiOptions) => Promise<PsiResult>> = {
  ecdh: (options) => ecdh(options, work),
  ot: (options) => ot(options, () => nextTurn()),
}

let role: PsiRole = 'receiver'
let arriving: Promise<Socket> | undefined
let channel: FrameChannel | undefined
let items: PsiItems | undefined
let offered: OfferedList | undefined
let taken: TakenList | undefined
let result: PsiResult

async function listen(question: Extract<Question, { ask: 'listen' }>): Promise<Answers['listen']> {
  role = question.role
  if (role === 'receiver') return { port: 0 }
  const server = createServer({ noDelay: true })
  arriving = once(server, 'connection').then(([socket]) => socket)
  server.listen(0, HOST)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
}

async function connect({ port }: Extract<Question, { ask: 'connect' }>): Promise<object> {
  const client = role === 'receiver'
  const socket = client ? connectSocket({ host: HOST, port, noDelay: true }) : await arriving!
  if (client) await once(socket, 'connect')
  channel = new FrameChannel(socket, client ? 'sender' : 'receiver', LIMITS, client)
  return {}
}

async function load({ file }: Extract<Question, { ask: 'load' }>): Promise<Answers['load']> {
  const seconds = await timed(() => {
    items = distinctItems(identifiersIn(readFileSync(file))).items
  })
  return { seconds, items: itemCount(items!) }
}

function* identifiersIn(csv: Buffer): Generator<Bytes> {
  let from = csv.indexOf('\n') + 1
  while (from < csv.length) {
    const end = csv.indexOf('\n', from)
    yield oprfInput('device', canonicalize('device', csv.toString('latin1', from, end)))
    from = end + 1
  }
}

async function save({ file }: Extract<Question, { ask: 'save' }>): Promise<Answers['save']> {
  const seconds = await timed(() => {
    const out = openSync(file, 'w')
    const { rows, size } = result!
    let lines = rows === undefined ? `size\n${size}\n` : 'device\n'
    for (const [i, row] of rows?.entries() ?? []) {
      const bytes = itemOf(items!, row)
      lines += `${Buffer.from(bytes.buffer, bytes.byteOffset + PREFIX, bytes.length - PREFIX).toString('latin1')}\n`
      if (i % 65_536 === 65_535) {
        writeSync(out, lines)
        lines = ''
      }
    }
    writeSync(out, lines)
    closeSync(out)
  })
  return { seconds }
}

/** What every session is given beside its terms. */
function surroundings() {
  let told = 0
  const progress = (done: number, of: number) => {
    if (done < (told + PROGRESS_STEP) * of) return
    told = done / of
    process.send!({ done: told } satisfies Progress)
  }
  return { channel: framed(channel!), random, progress }
}

function framed(frames: FrameChannel): PsiChannel {
  return {
    peer: frames.peer,
    send: (step, payload) => frames.send(step, payload),
    async receive(step, { min, max }) {
      const payload = await frames.receive(step)
      if (payload.length < min || payload.length > max) {
        throw new ProtocolError('WRONG_LENGTH', { culprit: frames.peer, at: step })
      }
      return payload
    },
  }
}

async function measured(session: () => Promise<PsiResult>): Promise<Ran> {
  const sentBefore = channel!.bytesSent
  forgetPeak()
  const before = process.cpuUsage()
  result = await session()
  const endedAt = now()
  const { user, system } = process.cpuUsage(before)
  return {
    endedAt,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: peakMiB(),
    bytesSent: channel!.bytesSent - sentBefore,
    size: result?.size ?? null,
  }
}

function answer(question: Question): Promise<Answers[Question['ask']]> {
  switch (question.ask) {
    case 'listen':
      return listen(question)
    case 'connect':
      return connect(question)
    case 'load':
      return load(question)
    case 'run': {
      const options = { ...question.terms, ...surroundings(), role, items: items! }
      return measured(() => PROTOCOLS[question.protocol](options))
    }
    case 'offer': {
      const offer = { ...surroundings(), context: question.context, sizes: question.sizes }
      return measured(async () => {
        if (role === 'sender') {
          offered = await prepareList(offer, items!, work)
          await giveList(offer, offered)
        } else taken = await takeList(offer)
        return undefined
      })
    }
    case 'question': {
      const asked = { ...question.terms, ...surroundings() }
      return measured(() =>
        role === 'sender'
          ? answerQuestion(offered!, asked, work)
          : askQuestion(taken!, asked, items!, work),
      )
    }
    case 'save':
      return save(question)
  }
}

answerParent(answer)
