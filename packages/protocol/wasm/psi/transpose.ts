/**
 * transpose(rows, columns, stride, blocks): 448 columns of bits, `stride` bytes apart, to rows of 64
 * bytes, of which the last 8 are left as they were; 128 rows a block. The bit of column c is bit
 * 31 - c mod 32 of word c div 32 of its row. Four squares are turned side by side.
 */

import { i32, i32const, type Local, load, type ModuleBuilder } from '../assembler.ts'
import { SIDE, turnSquares } from '../squares.ts'
import { HELD, ROW } from './scratch.ts'

type I = Local<'i32'>

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
      turnSquares(f, square, moved)
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
