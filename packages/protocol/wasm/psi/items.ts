/**
 * items(records, places, bytes, offsets, count, key, bins, number): the keyed BLAKE3 of each item of at
 * most 64 bytes gives its digest and three distinct bins below `bins`, which is at least 3; they go to
 * the record that `places` names, with the number of the item, the first of which is `number`. Longer
 * items get a record that means nothing. Reads 64 bytes from the start of each item, and items by fours.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  i64,
  type Local,
  load,
  type ModuleBuilder,
  select,
  v128,
} from '../assembler.ts'
import { type Four, turned } from '../lanes.ts'
import { BINS, LENGTHS, MASKS, MESSAGE, NUMBER, OUTPUT, RECORD } from './scratch.ts'

type I = Local<'i32'>

const BLOCK = 64
const zero = i32const(0)

export function writeItems(module: ModuleBuilder, compress: FunctionBuilder): void {
  const f = module.function(
    Array.from({ length: 8 }, () => 'i32' as const),
    [],
    'items',
  )
  const [records, places, bytes, offsets, count, key, bins, number] = Array.from(
    { length: 8 },
    (_, i) => f.parameter('i32', i),
  ) as [I, I, I, I, I, I, I, I]
  const end = f.local('i32', i32.add(offsets, i32.shl(count, i32const(2))))
  const [starts, masks] = [0, 1].map(() => [0, 1, 2, 3].map(() => f.local('i32'))) as [I[], I[]]
  const [length, record] = [f.local('i32'), f.local('i32')]
  const spare = [0, 1, 2, 3].map(() => f.local('v128'))
  const chosen = [f.local('i32'), f.local('i32'), f.local('i32')]
  f.loopWhile(i32.ltU(offsets, end), () => {
    for (let lane = 0; lane < 4; lane++) {
      const start = load('i32', offsets, 4 * lane)
      f.set(length, i32.sub(load('i32', offsets, 4 * lane + 4), start))
      f.set(length, select(length, i32const(BLOCK), i32.ltU(length, i32const(BLOCK))))
      f.store(zero, length, LENGTHS + 4 * lane)
      f.set(starts[lane]!, i32.add(bytes, start))
      f.set(masks[lane]!, i32.sub(i32const(MASKS + BLOCK), length))
    }
    for (let part = 0; part < BLOCK; part += 16) {
      const four = starts.map((start, lane) =>
        v128.and(load('v128', start, part), load('v128', masks[lane]!, part)),
      )
      turned(f, four as unknown as Four, spare).forEach((word, i) => {
        f.store(zero, word, MESSAGE + 4 * part + 16 * i)
      })
    }
    f.call(compress, key)
    const digest = [0, 1, 2, 3].map((word) => load('v128', zero, OUTPUT + 16 * word))
    turned(f, digest as unknown as Four, spare).forEach((row, lane) => {
      const place = load('i32', places, 4 * lane)
      f.set(record, i32.add(records, i32.mul(place, i32const(RECORD))))
      f.store(record, row)
      writeBins(f, chosen, bins, lane)
      chosen.forEach((bin, i) => {
        f.store(record, bin, BINS + 4 * i)
      })
      f.store(record, i32.add(number, i32const(lane)), NUMBER)
    })
    f.set(number, i32.add(number, i32const(4)))
    f.set(places, i32.add(places, i32const(16)))
    f.set(offsets, i32.add(offsets, i32const(16)))
  })
}

// The second is drawn from all but the first, the third from all but both: each is moved up by one for
// every bin that was taken at or below it.
function writeBins(f: FunctionBuilder, bins: readonly I[], count: I32, lane: number): void {
  const [first, second, third] = bins as [I, I, I]
  f.set(first, scaled(4, lane, count))
  f.set(second, scaled(6, lane, i32.sub(count, i32const(1))))
  f.set(second, i32.add(second, i32.geU(second, first)))
  f.set(third, scaled(8, lane, i32.sub(count, i32const(2))))
  const ascending = i32.ltU(first, second)
  f.set(third, i32.add(third, i32.geU(third, select(first, second, ascending))))
  f.set(third, i32.add(third, i32.geU(third, select(second, first, ascending))))
}

/** floor(x·count / 2^64), x the output words `word` and `word + 1` of a lane: no bin is favoured by more than count/2^64. */
function scaled(word: number, lane: number, count: I32): I32 {
  const wide = (at: number) => i64.extendU(load('i32', zero, OUTPUT + 16 * at + 4 * lane))
  const factor = i64.extendU(count)
  const half = i64Const32()
  const low = i64.shrU(i64.mul(wide(word), factor), half)
  return i32.wrap(i64.shrU(i64.add(i64.mul(wide(word + 1), factor), low), half))
}

const i64Const32 = () => i64.extendU(i32const(32))
