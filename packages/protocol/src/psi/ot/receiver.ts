/**
 * The side that learns what is in common: one item a bin, a matrix that hides them, an output for each,
 * and a look-up of the sender's values among them.
 */

import { fail } from '../errors.ts'
import type { PsiResult } from '../party.ts'
import { emptyHits, isHit, sendReport, setHit } from '../report.ts'
import type { BaseContext } from './base.ts'
import { insert } from './cuckoo.ts'
import { offerSeeds } from './extend.ts'
import { OtKernel, Streams, takeColumns, takeFrame } from './kernel.ts'
import { CHUNK, HASHES, ROW, VALUES_CHUNK } from './parameters.ts'
import { makeRecords, RECORD_WORDS } from './records.ts'
import type { OtSession } from './session.ts'
import type { Seeds } from './toss.ts'
import { ValueTable } from './values.ts'

const INSERTED_AT_ONCE = 32_768
const OUTPUT = 16

export async function receive(
  session: OtSession,
  seeds: Seeds,
  base: BaseContext,
): Promise<PsiResult> {
  const kernel = new OtKernel()
  const columnSeeds = await offerSeeds(base)
  const records = await makeRecords(session, kernel, seeds.items, session.count)
  const slots = await fillBins(session, kernel, records)
  const table = new ValueTable(session.count, session.parameters.width)
  const matrix = new Matrix(session, kernel, columnSeeds, seeds)
  for (const secret of columnSeeds) secret.fill(0)
  try {
    for (let from = 0; from < session.parameters.bins; from += CHUNK) {
      await matrix.sendChunk(from, slots, records, table)
      await session.pause()
    }
  } finally {
    matrix.close()
  }
  return conclude(session, table)
}

/** @returns the address of the slots, one a bin, to whole chunks @throws ProtocolError `NO_TABLE` */
async function fillBins(session: OtSession, kernel: OtKernel, records: number): Promise<number> {
  const { count, parameters } = session
  const length = CHUNK * Math.ceil(parameters.bins / CHUNK)
  const slots = kernel.take(4 * length)
  const slotWords = kernel.words(slots, length)
  const recordWords = kernel.words(records, RECORD_WORDS * (count + 1))
  for (let from = 1; from <= count; from += INSERTED_AT_ONCE) {
    const to = Math.min(count + 1, from + INSERTED_AT_ONCE)
    if (!insert(slotWords, recordWords, from, to)) {
      fail('NO_TABLE', { hint: 'run the session again: it will have other seeds' })
    }
    await session.pause()
  }
  return slots
}

class Matrix {
  readonly #session: OtSession
  readonly #kernel: OtKernel
  readonly #own: Streams
  readonly #other: Streams
  readonly #frame: number
  readonly #taken: number
  readonly #outputs: number
  readonly #codeKey: number
  readonly #valueKey: number
  readonly #dummy: number

  constructor(
    session: OtSession,
    kernel: OtKernel,
    [first, second]: readonly [Uint8Array, Uint8Array],
    seeds: Seeds,
  ) {
    this.#session = session
    this.#kernel = kernel
    const columns = takeColumns(kernel)
    this.#own = new Streams(kernel, first, columns)
    this.#other = new Streams(kernel, second, columns)
    this.#frame = takeFrame(kernel)
    this.#taken = kernel.take(4 * CHUNK)
    this.#outputs = kernel.take(OUTPUT * CHUNK)
    this.#codeKey = kernel.place(seeds.code)
    this.#valueKey = kernel.place(seeds.values)
    // What empty bins hold: the code of the bin and of 96 bits that nobody else knows.
    this.#dummy = kernel.place(session.options.random(16))
  }

  /** Sends the rows of a chunk; what comes out for the items in it goes to the table. */
  async sendChunk(bin: number, slots: number, records: number, table: ValueTable): Promise<void> {
    const { call } = this.#kernel
    const rows = Math.min(CHUNK, this.#session.parameters.bins - bin)
    const chunk = bin / CHUNK
    this.#own.fill(chunk, rows)
    this.#other.fill(chunk, rows)
    call.conceal(
      this.#frame,
      this.#own.rows,
      this.#other.rows,
      slots + 4 * bin,
      records,
      this.#dummy,
      this.#codeKey,
      bin,
      rows,
    )
    const sending = this.#session.send(
      `ot/matrix/${chunk}`,
      this.#kernel.bytes(this.#frame, ROW * rows),
    )
    const taken = this.#takenOf(slots + 4 * bin, rows)
    call.outputs(
      this.#outputs,
      this.#taken,
      taken.length,
      records,
      this.#own.rows,
      bin,
      this.#valueKey,
    )
    table.add(this.#kernel.words(this.#outputs, (OUTPUT / 4) * taken.length), taken)
    await sending
    this.#session.advance(rows)
  }

  /** The slots that are not free; behind them the last one again, to a multiple of four. */
  #takenOf(slots: number, rows: number): Uint32Array {
    const all = this.#kernel.words(slots, rows)
    const taken = this.#kernel.words(this.#taken, CHUNK)
    let count = 0
    for (let row = 0; row < rows; row++) {
      const slot = all[row]!
      taken[count] = slot
      count += Number(slot !== 0)
    }
    const last = taken[Math.max(0, count - 1)]!
    taken.fill(last, count, Math.ceil(count / 4) * 4)
    return taken.subarray(0, count)
  }

  close(): void {
    this.#own.close()
    this.#other.close()
  }
}

/** @throws ProtocolError `DUPLICATE_ELEMENT`, culprit = the peer */
async function conclude(session: OtSession, table: ValueTable): Promise<PsiResult> {
  const { sizes, to, channel, maxResult = Number.POSITIVE_INFINITY } = session.options
  const found = new Uint8Array(session.count)
  const hits = emptyHits(sizes.sender)
  let size = 0
  for (let from = 0; from < sizes.sender; from += VALUES_CHUNK) {
    const count = Math.min(VALUES_CHUNK, sizes.sender - from)
    const length = HASHES * session.parameters.width * count
    const step = `ot/values/${from / VALUES_CHUNK}`
    const values = await session.receive(step, length)
    table.match(values, (position, record) => {
      // An honest list has an item once, at one place, under one of its three bins.
      if (found[record - 1] !== 0 || isHit(hits, from + position)) {
        fail('DUPLICATE_ELEMENT', { culprit: channel.peer, at: step })
      }
      found[record - 1] = 1
      setHit(hits, from + position)
      size++
    })
    session.advance(count)
    await session.pause()
  }
  const told = size <= maxResult
  if (to === 'both') {
    await session.stop.race(sendReport(channel, hits.length, told ? { size, hits } : { size }))
  }
  return told ? { size, rows: rowsOf(found, size) } : { size }
}

function rowsOf(found: Uint8Array, size: number): Uint32Array {
  const rows = new Uint32Array(size)
  let at = 0
  for (let row = 0; row < found.length; row++) if (found[row] !== 0) rows[at++] = row
  return rows
}
