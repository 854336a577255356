/**
 * transpose(rows, columns, stride, blocks): 448 columns of bits, `stride` bytes apart, to rows of 64
 * bytes, of which the last 8 are left as they were; 128 rows a block. The bit of column c is bit
 * 31 - c mod 32 of word c div 32 of its row. Four squares of 32 by 32 bits are turned side by side
 * (Hacker's Delight, section 7-3).
 */

import {
  i32,
  i32const,
  i32x4,
  type Local,
  load,
  type ModuleBuilder,
  v128,
  v128const,
} from '../assembler.ts'
import { HELD, ROW } from './scratch.ts'

type I = Local<'i32'>

const SIDE = 32

export function writeTranspose(module: ModuleBuilder): void {
  const f = module.function(['i32', 'i32', 'i32', 'i32'], [], 'transpose')
  const [rows, columns, stride, blocks] = [0, 1, 2, 3].map((i) => f.parameter('i32', i)) as [
    I,
    I,
    I,
    I,
  ]
  const [source, to, end] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const square = Array.from({ length: SIDE }, () => f.local('v128'))
  const moved = f.local('v128')
  f.loopWhile(blocks, () => {
    f.set(source, columns)
    f.set(to, rows)
    f.set(end, i32.add(rows, i32const(ROW)))
    f.loopWhile(i32.ltU(to, end), () => {
      for (const row of square) {
        f.set(row, load('v128', source))
        f.set(source, i32.add(source, stride))
      }
      for (let j = SIDE / 2, mask = 0x0000ffff; j > 0; j >>= 1, mask ^= mask << j) {
        for (let i = 0; i < SIDE; i++) {
          if ((i & j) !== 0) continue
          const [upper, lower] = [square[i]!, square[i + j]!]
          const differ = v128.xor(upper, i32x4.shrU(lower, i32const(j)))
          f.set(moved, v128.and(differ, everyWord(mask)))
          f.set(upper, v128.xor(upper, moved))
          f.set(lower, v128.xor(lower, i32x4.shl(moved, i32const(j))))
        }
      }
      for (let row = 0; row < 4 * SIDE; row++) {
        f.storeLane32(to, square[SIDE - 1 - (row % SIDE)]!, Math.floor(row / SIDE), HELD * row)
      }
      f.set(to, i32.add(to, i32const(4)))
    })
    f.set(columns, i32.add(columns, i32const(16)))
    f.set(rows, i32.add(rows, i32const(4 * SIDE * HELD)))
    f.set(blocks, i32.sub(blocks, i32const(1)))
  })
}

function everyWord(word: number) {
  const one = BigInt(word >>> 0)
  const two = (one << 32n) | one
  return v128const(two, two)
}
