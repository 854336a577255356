/** What meets the rows of the matrix: the code that hides in them, and the hash that comes out of them. */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  i32x4,
  i64,
  i64x2,
  type Local,
  load,
  type ModuleBuilder,
  select,
  type V128,
  v128,
} from '../assembler.ts'
import { type Four, turned, type Vector } from '../lanes.ts'
import { BINS, HELD, LENGTHS, MESSAGE, OUTPUT, RECORD, ROW } from './scratch.ts'

type I = Local<'i32'>

const DIGEST = 16
/** Words of a row, and of a block. */
const [WORDS, BLOCK] = [ROW / 4, 64]

const zero = i32const(0)
const lanes = [0, 1, 2, 3] as const
const locals = (f: FunctionBuilder) => lanes.map(() => f.local('v128'))
const splat = (word: number): V128 => i32x4.splat(i32const(word))

/** correct(rows, sent, choices, count): row ⊕= choices ∧ row as sent; `choices` is one row as held. */
export function writeCorrect(module: ModuleBuilder): void {
  const f = module.function(['i32', 'i32', 'i32', 'i32'], [], 'correct')
  const [rows, sent, choices, count] = [0, 1, 2, 3].map((i) => f.parameter('i32', i)) as [
    I,
    I,
    I,
    I,
  ]
  const masks = lanes.map((i) => f.local('v128', load('v128', choices, 16 * i)))
  f.loopWhile(count, () => {
    masks.forEach((mask, i) => {
      const change = v128.and(mask, load('v128', sent, 16 * i))
      f.store(rows, v128.xor(load('v128', rows, 16 * i), change), 16 * i)
    })
    f.set(rows, i32.add(rows, i32const(HELD)))
    f.set(sent, i32.add(sent, i32const(ROW)))
    f.set(count, i32.sub(count, i32const(1)))
  })
}

/**
 * conceal(sent, own, other, slots, records, dummy, key, bin, count): for each of `count` bins from
 * `bin` on, own ⊕ other ⊕ code, to a row as sent. The code is of the digest of the record that the
 * slot names, or of the dummy with the bin as its first word. By fours.
 */
export function writeConceal(module: ModuleBuilder, compress: FunctionBuilder): void {
  const f = module.function(
    Array.from({ length: 9 }, () => 'i32' as const),
    [],
    'conceal',
  )
  const [sent, own, other, slots, records, dummy, key, bin, count] = Array.from(
    { length: 9 },
    (_, i) => f.parameter('i32', i),
  ) as [I, I, I, I, I, I, I, I, I]
  const end = f.local('i32', i32.add(slots, i32.shl(count, i32const(2))))
  const [slot, spare] = [f.local('i32'), locals(f)]
  const digests = locals(f)
  f.loopWhile(i32.ltU(slots, end), () => {
    for (const lane of lanes) {
      f.set(slot, load('i32', slots, 4 * lane))
      const digest = load('v128', recordOf(records, slot))
      const filler = i32x4.replaceLane(load('v128', dummy), 0, i32.add(bin, i32const(lane)))
      f.set(digests[lane]!, select(digest, filler, slot))
    }
    writeCode(f, compress, key, digests, spare)
    for (let word = 0; word < WORDS; word += 4) {
      const four = lanes.map((i) => load('v128', zero, OUTPUT + 16 * (word + i)))
      turned(f, four as unknown as Four, spare).forEach((code, lane) => {
        const at = HELD * lane + 4 * word
        const masks = v128.xor(load('v128', own, at), load('v128', other, at))
        f.set(digests[0]!, v128.xor(code, masks))
        const to = ROW * lane + 4 * word
        if (word + 4 <= WORDS) f.store(sent, digests[0]!, to)
        else f.storeLane64(sent, digests[0]!, 0, to)
      })
    }
    f.set(own, i32.add(own, i32const(4 * HELD)))
    f.set(other, i32.add(other, i32const(4 * HELD)))
    f.set(sent, i32.add(sent, i32const(4 * ROW)))
    f.set(slots, i32.add(slots, i32const(16)))
    f.set(bin, i32.add(bin, i32const(4)))
  })
}

/**
 * outputs(out, slots, count, records, rows, bin, key): the hash of the row of each slot's bin, 16
 * bytes. `bin` is that of the first row. By fours.
 */
export function writeOutputs(module: ModuleBuilder, compress: FunctionBuilder): void {
  const f = module.function(
    Array.from({ length: 7 }, () => 'i32' as const),
    [],
    'outputs',
  )
  const [out, slots, count, records, rows, bin, key] = Array.from({ length: 7 }, (_, i) =>
    f.parameter('i32', i),
  ) as [I, I, I, I, I, I, I]
  const end = f.local('i32', i32.add(slots, i32.shl(count, i32const(2))))
  const entries = declareEntries(f)
  f.loopWhile(i32.ltU(slots, end), () => {
    readEntries(f, entries, slots, records, rows, bin)
    writeMessage(f, entries, () => undefined)
    f.call(compress, key)
    hashes(f, entries).forEach((hash, lane) => {
      f.store(out, hash, 16 * lane)
    })
    f.set(out, i32.add(out, i32const(64)))
    f.set(slots, i32.add(slots, i32const(16)))
  })
}

/**
 * evaluate(values, slots, count, records, rows, bin, choices, codeKey, key, width): for each slot the
 * hash of (row ⊕ choices ∧ code of the item), its first `width` bytes (8 to 12) to
 * values[record][hash index]. By fours.
 */
export function writeEvaluate(
  module: ModuleBuilder,
  compressDigest: FunctionBuilder,
  compress: FunctionBuilder,
): void {
  const f = module.function(
    Array.from({ length: 10 }, () => 'i32' as const),
    [],
    'evaluate',
  )
  const [values, slots, count, records, rows, bin, choices, codeKey, key, width] = Array.from(
    { length: 10 },
    (_, i) => f.parameter('i32', i),
  ) as [I, I, I, I, I, I, I, I, I, I]
  const end = f.local('i32', i32.add(slots, i32.shl(count, i32const(2))))
  const entries = declareEntries(f)
  const [digests, place] = [locals(f), f.local('i32')]
  const shift = f.local('i64', i64.extendU(i32.shl(i32.sub(width, i32const(8)), i32const(3))))
  f.loopWhile(i32.ltU(slots, end), () => {
    readEntries(f, entries, slots, records, rows, bin)
    for (const lane of lanes) f.set(digests[lane]!, load('v128', entries.records[lane]!))
    writeCode(f, compressDigest, codeKey, digests, entries.spare)
    writeMessage(f, entries, (word) =>
      v128.and(load('v128', zero, OUTPUT + 16 * word), v128.load32Splat(choices, 4 * word)),
    )
    f.call(compress, key)
    hashes(f, entries).forEach((hash, lane) => {
      f.set(digests[lane]!, hash)
    })
    for (const lane of lanes) {
      const record = i32.shrU(load('i32', slots, 4 * lane), i32const(2))
      f.set(place, i32.add(i32.mul(record, i32const(3)), hashIndex(slots, lane)))
      f.set(place, i32.add(values, i32.mul(place, width)))
      f.storeLane64(place, digests[lane]!, 0)
      // The last four bytes, of which the first may be in the eight already.
      const middle = v128.shuffle(digests[lane]!, digests[lane]!, MIDDLE)
      const last = i32.wrap(i64.shrU(i64x2.extractLane(middle, 0), shift))
      f.store(i32.add(place, i32.sub(width, i32const(4))), last)
    }
    f.set(slots, i32.add(slots, i32const(16)))
  })
}

/** Words 1 and 2 of a vector to its lower half. */
const MIDDLE = [4, 5, 6, 7, 8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11]

type Entries = {
  readonly records: readonly I[]
  readonly rows: readonly I[]
  readonly bins: Vector
  readonly indices: Vector
  readonly spare: readonly Vector[]
}

function declareEntries(f: FunctionBuilder): Entries {
  const addresses = () => lanes.map(() => f.local('i32'))
  return {
    records: addresses(),
    rows: addresses(),
    bins: f.local('v128'),
    indices: f.local('v128'),
    spare: locals(f),
  }
}

function readEntries(
  f: FunctionBuilder,
  entries: Entries,
  slots: I,
  records: I,
  rows: I,
  bin: I,
): void {
  f.set(entries.indices, v128.and(load('v128', slots), splat(3)))
  for (const lane of lanes) {
    const record = entries.records[lane]!
    f.set(record, recordOf(records, load('i32', slots, 4 * lane)))
    const at = i32.add(record, i32.shl(hashIndex(slots, lane), i32const(2)))
    f.set(entries.bins, i32x4.replaceLane(entries.bins, lane, load('i32', at, BINS)))
    const distance = i32.sub(i32x4.extractLane(entries.bins, lane) as I32, bin)
    f.set(entries.rows[lane]!, i32.add(rows, i32.mul(distance, i32const(HELD))))
  }
}

/** Rows, each word xored with `added`; then bin and hash index. */
function writeMessage(
  f: FunctionBuilder,
  { rows, bins, indices, spare }: Entries,
  added: (word: number) => V128 | undefined,
): void {
  for (let word = 0; word < WORDS; word += 4) {
    const four = rows.map((row) => load('v128', row, 4 * word))
    turned(f, four as unknown as Four, spare).forEach((vector, i) => {
      if (word + i >= WORDS) return
      const more = added(word + i)
      const mixed = more === undefined ? vector : v128.xor(vector, more)
      f.store(zero, mixed, MESSAGE + 16 * (word + i))
    })
  }
  f.store(zero, bins, MESSAGE + 16 * WORDS)
  f.store(zero, indices, MESSAGE + 16 * (WORDS + 1))
  f.store(zero, splat(BLOCK), LENGTHS)
}

/** The first four words of each output. */
function hashes(f: FunctionBuilder, { spare }: Entries): Four {
  const four = lanes.map((i) => load('v128', zero, OUTPUT + 16 * i))
  return turned(f, four as unknown as Four, spare)
}

/** The codes of four digests to OUTPUT. */
function writeCode(
  f: FunctionBuilder,
  compress: FunctionBuilder,
  key: I,
  digests: readonly Vector[],
  spare: readonly Vector[],
): void {
  turned(f, digests as unknown as Four, spare).forEach((word, i) => {
    f.store(zero, word, MESSAGE + 16 * i)
  })
  f.store(zero, splat(DIGEST), LENGTHS)
  f.call(compress, key)
}

/** A slot is four times the number of a record and a hash index; record 0 is nobody's. */
function recordOf(records: I, slot: I32): I32 {
  return i32.add(records, i32.shl(i32.shrU(slot, i32const(2)), i32const(Math.log2(RECORD))))
}

function hashIndex(slots: I, lane: number): I32 {
  return i32.and(load('i32', slots, 4 * lane), i32const(3))
}
