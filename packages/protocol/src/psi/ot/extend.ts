/**
 * From 128 transfers to one for each column: Ishai, Kilian, Nissim, Petrank, "Extending Oblivious
 * Transfers Efficiently" (CRYPTO 2003, section 3), for random keys. Semi-honest.
 *
 * The chooser of the 448 keys holds both keys of each base transfer and stretches them to columns t_i
 * and v_i of 448 bits; it sends u_i = t_i ⊕ v_i ⊕ s, s its choices. The other side, which chose
 * Δ_i of each pair, has q_i = t_i ⊕ Δ_i s. By rows: q_j = t_j ⊕ s_j Δ, so that H(j, q_j) and
 * H(j, q_j ⊕ Δ) are its two keys and the chooser knows H(j, t_j), the one of s_j.
 *
 * The chooser learns one key of each pair; the other side nothing of the choices.
 */

import { blake3 } from '@noble/hashes/blake3.js'
import { type Bytes, hashParts } from '../../encoding/index.ts'
import { type BaseContext, chooseKeys, hashEach, KEY, offerKeys, TRANSFERS } from './base.ts'
import { COLUMNS, ROW } from './parameters.ts'

const STEP = 'ot/columns'
/** Bytes of a row of this small matrix, one bit for each base transfer. */
const SMALL_ROW = TRANSFERS / 8
const NOTHING = new Uint8Array(0)

/** @returns both seeds of each of the 448 columns, 32 bytes each */
export async function offerSeeds(base: BaseContext): Promise<readonly [Bytes, Bytes]> {
  const delta = base.random(SMALL_ROW)
  const choices = Uint8Array.from({ length: TRANSFERS }, (_, i) => bitOf(delta, 0, i))
  const keys = await chooseKeys(base, choices)
  const length = TRANSFERS * ROW
  const sent = await base.stop.race(base.channel.receive(STEP, { min: length, max: length }))
  const columns = stretched(keys)
  for (let i = 0; i < columns.length; i++) {
    columns[i]! ^= -choices[Math.floor(i / ROW)]! & sent[i]!
  }
  const rows = transposed(columns)
  const seeds = [
    seedsOf(base.session, rows),
    seedsOf(base.session, addedToRows(rows, delta)),
  ] as const
  for (const secret of [delta, choices, keys, columns, rows]) secret.fill(0)
  return seeds
}

/**
 * @param choices 56 bytes: bit c mod 8 of byte c div 8 is the choice of column c
 * @returns the chosen seeds
 */
export async function chooseSeeds(base: BaseContext, choices: Bytes): Promise<Bytes> {
  const [first, second] = await offerKeys(base)
  const [own, other] = [stretched(first), stretched(second)]
  const sent = own.map((byte, i) => byte ^ other[i]! ^ choices[i % ROW]!)
  await base.stop.race(base.channel.send(STEP, sent))
  const rows = transposed(own)
  const seeds = seedsOf(base.session, rows)
  for (const secret of [first, second, own, other, rows]) secret.fill(0)
  return seeds
}

/** A column of 448 bits for each key: BLAKE3, keyed, of nothing. */
function stretched(keys: Bytes): Bytes {
  const columns = new Uint8Array(TRANSFERS * ROW)
  for (let i = 0; i < TRANSFERS; i++) {
    const key = keys.subarray(KEY * i, KEY * (i + 1))
    columns.set(blake3(NOTHING, { key, dkLen: ROW }), ROW * i)
  }
  return columns
}

/** 128 columns of 448 bits to 448 rows of 128. */
function transposed(columns: Bytes): Bytes {
  const rows = new Uint8Array(COLUMNS * SMALL_ROW)
  for (let i = 0; i < TRANSFERS; i++) {
    for (let j = 0; j < COLUMNS; j++) {
      rows[SMALL_ROW * j + (i >> 3)]! |= bitOf(columns, ROW * i, j) << (i & 7)
    }
  }
  return rows
}

function addedToRows(rows: Bytes, delta: Bytes): Bytes {
  return rows.map((byte, i) => byte ^ delta[i % SMALL_ROW]!)
}

function seedsOf(session: Bytes, rows: Bytes): Bytes {
  return hashEach(hashParts('drempel/v1/psi/ot/column', session), rows, SMALL_ROW)
}

function bitOf(bytes: Bytes, from: number, index: number): number {
  return (bytes[from + (index >> 3)]! >> (index & 7)) & 1
}
