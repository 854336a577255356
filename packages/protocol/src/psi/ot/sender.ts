/**
 * The side that evaluates: for each of its items the output under all three bins, in an order that says
 * nothing. The matrix is used chunk by chunk as it comes and then forgotten.
 */

import { fail } from '../errors.ts'
import type { PsiResult } from '../party.ts'
import { isHit, receiveReport } from '../report.ts'
import type { BaseContext } from './base.ts'
import { chooseSeeds } from './extend.ts'
import { OtKernel, Streams, takeColumns, takeFrame } from './kernel.ts'
import { CHUNK, COLUMNS, HASHES, HELD_ROW, ROW, VALUES_CHUNK } from './parameters.ts'
import { RandomBlocks, randomPlaces } from './places.ts'
import { makeRecords } from './records.ts'
import type { OtSession } from './session.ts'
import { type Sorted, sortByChunk } from './sort.ts'
import type { Seeds } from './toss.ts'

/** Slots evaluated at a time, some three milliseconds; and items looked up. */
const [EVALUATED_AT_ONCE, LOOKED_UP_AT_ONCE] = [16_384, 65_536]

export async function send(
  session: OtSession,
  seeds: Seeds,
  base: BaseContext,
): Promise<PsiResult> {
  const { options, parameters } = session
  const { sender: size } = options.sizes
  const kernel = new OtKernel()
  const choices = options.random(ROW)
  const columnSeeds = await chooseSeeds(base, choices)
  const blocks = new RandomBlocks(kernel, options.random)
  // Records in a random order, and with them all that comes of them.
  const places = await randomPlaces(session, blocks, size)
  const placeOf = (item: number) => places[item]! + 1
  const records = await makeRecords(session, kernel, seeds.items, size, placeOf)
  const sorted = await sortByChunk(session, kernel, records)
  const values = await fillValues(session, kernel, blocks)
  const evaluation = new Evaluation(session, kernel, columnSeeds, choices, seeds)
  columnSeeds.fill(0)
  try {
    for (let from = 0; from < parameters.bins; from += CHUNK) {
      await evaluation.takeChunk(from, sorted, records, values)
    }
  } finally {
    evaluation.close()
    blocks.close()
    choices.fill(0)
  }
  await sendValues(session, kernel, values)
  return beTold(session, places)
}

/** Random bytes in all places: those that no item takes are dummies. */
async function fillValues(
  session: OtSession,
  kernel: OtKernel,
  blocks: RandomBlocks,
): Promise<number> {
  const { count, options, parameters } = session
  const length = HASHES * parameters.width * options.sizes.sender
  const values = kernel.take(blocks.roundedUp(length))
  if (count === options.sizes.sender) return values
  for (let at = 0; at < length; at += blocks.most) {
    blocks.fill(values + at, Math.min(blocks.most, length - at))
    await session.pause()
  }
  return values
}

class Evaluation {
  readonly #session: OtSession
  readonly #kernel: OtKernel
  readonly #streams: Streams
  readonly #frame: number
  readonly #choices: number
  readonly #codeKey: number
  readonly #valueKey: number

  constructor(
    session: OtSession,
    kernel: OtKernel,
    columnSeeds: Uint8Array,
    choices: Uint8Array,
    seeds: Seeds,
  ) {
    this.#session = session
    this.#kernel = kernel
    this.#streams = new Streams(kernel, columnSeeds, takeColumns(kernel))
    this.#frame = takeFrame(kernel)
    this.#choices = kernel.place(asRow(choices))
    this.#codeKey = kernel.place(seeds.code)
    this.#valueKey = kernel.place(seeds.values)
  }

  async takeChunk(bin: number, sorted: Sorted, records: number, values: number): Promise<void> {
    const { call } = this.#kernel
    const { bins, width } = this.#session.parameters
    const rows = Math.min(CHUNK, bins - bin)
    const chunk = bin / CHUNK
    const frame = await this.#session.receive(`ot/matrix/${chunk}`, ROW * rows)
    this.#kernel.bytes(this.#frame, frame.length).set(frame)
    this.#streams.fill(chunk, rows)
    call.correct(this.#streams.rows, this.#frame, this.#choices, rows)
    for (let from = sorted.starts[chunk]!; from < sorted.ends[chunk]!; from += EVALUATED_AT_ONCE) {
      const count = Math.min(EVALUATED_AT_ONCE, sorted.ends[chunk]! - from)
      call.evaluate(
        values - HASHES * width,
        sorted.slots + 4 * from,
        count,
        records,
        this.#streams.rows,
        bin,
        this.#choices,
        this.#codeKey,
        this.#valueKey,
        width,
      )
      await this.#session.pause()
    }
    this.#session.advance(rows)
  }

  close(): void {
    this.#streams.close()
    this.#kernel.bytes(this.#choices, HELD_ROW).fill(0)
  }
}

/** Choices as the transposition orders bits: column c is bit 31 - c mod 32 of word c div 32. */
export function asRow(choices: Uint8Array): Uint8Array {
  const row = new Uint32Array(HELD_ROW / 4)
  for (let column = 0; column < COLUMNS; column++) {
    const bit = (choices[column >> 3]! >> (column & 7)) & 1
    row[column >> 5]! |= bit << (31 - (column & 31))
  }
  return new Uint8Array(row.buffer)
}

async function sendValues(session: OtSession, kernel: OtKernel, values: number): Promise<void> {
  const each = HASHES * session.parameters.width
  const { sender } = session.options.sizes
  for (let from = 0; from < sender; from += VALUES_CHUNK) {
    const count = Math.min(VALUES_CHUNK, sender - from)
    const frame = kernel.bytes(values + each * from, each * count)
    await session.send(`ot/values/${from / VALUES_CHUNK}`, frame)
    session.advance(count)
  }
}

/** @throws ProtocolError `BAD_MESSAGE`, culprit = the peer */
async function beTold(session: OtSession, places: Uint32Array): Promise<PsiResult> {
  const { to, sizes, channel } = session.options
  if (to === 'receiver') return undefined
  const { count } = session
  const most = Math.min(count, sizes.receiver)
  const length = Math.ceil(sizes.sender / 8)
  const { size, hits } = await session.stop.race(receiveReport(channel, length, most))
  if (hits === undefined) return { size }
  const rows = new Uint32Array(size)
  let found = 0
  for (let from = 0; from < count; from += LOOKED_UP_AT_ONCE) {
    const to = Math.min(count, from + LOOKED_UP_AT_ONCE)
    for (let item = from; item < to; item++) if (isHit(hits, places[item]!)) rows[found++] = item
    await session.pause()
  }
  // Places of dummies, and beyond all, are in common with nobody.
  if (found !== size) fail('BAD_MESSAGE', { culprit: channel.peer, at: 'psi/report' })
  return { size, rows }
}
