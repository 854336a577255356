/**
 * The field modulo p = 2^255 - 19 as the curve layer sees it: code that works on `lanes`
 * independent elements at once. A build writes WebAssembly for its own representation of limbs;
 * the curve layer decides which formulas become functions, and never looks inside a word.
 *
 * Magnitudes. A **reduced** element is what `combine`, `fromBytes` and `constant` write: the build
 * states the bounds of its limbs (they do not mean 0 <= x < p). A **loose** element is the sum or
 * the difference of two reduced ones, from `add` or `sub`. A product takes at most one loose
 * factor, terms without a product none, squares where `squaresLoose` says so. The bounds checker
 * holds the builds and the formulas to this.
 */

import type { FunctionBuilder, I32, Local, V128 } from '../assembler.ts'

export const P = 2n ** 255n - 19n

/** Where something stands in memory. Elements are aligned to 16 bytes. */
export type Addr = { readonly base: I32; readonly offset: number }

/** a·b; a² when `b` is the very object `a`; a alone without `b`. */
export type Term = { readonly a: Addr; readonly b?: Addr }

/**
 * `out` becomes the sum of coefficient times term, for as many of the terms as there are
 * coefficients, reduced. Coefficients are whole numbers, the last one not 0. Their magnitudes add up
 * to 4 at most where all factors are reduced. Where one is loose, they add up to 6, with a product of
 * a loose factor counted twice and the square of one four times: no more fits the baseline's columns.
 */
export type Combination = { readonly out: Addr; readonly of: readonly number[] }

export interface FieldBuild {
  readonly name: 'relaxed' | 'baseline'
  /** Elements side by side; the lane of a word is 16 / lanes bytes wide. */
  readonly lanes: 2 | 4
  /** 16-byte words of a group of `lanes` elements. */
  readonly words: number

  /** Whether one loose element may be squared. */
  readonly squaresLoose: boolean
  /** Whether a product is better written where it is used than called: a matter of its length. */
  readonly inline: boolean

  /** A public number in every lane, as it stands in memory; reduced. */
  constant(value: bigint): Uint8Array

  /**
   * Products, then sums of them, each output reduced once. An output may be written as soon as its
   * last term is known: it may overwrite what no later term reads.
   */
  combine(f: FunctionBuilder, terms: readonly Term[], outputs: readonly Combination[]): void

  /** Of reduced elements; loose. */
  add(f: FunctionBuilder, out: Addr, a: Addr, b: Addr): void
  sub(f: FunctionBuilder, out: Addr, a: Addr, b: Addr): void

  /** -a in the lanes where the mask is set, a elsewhere; reduced stays reduced. */
  negateIf(f: FunctionBuilder, out: Addr, a: Addr, mask: V128): void

  /** x = 0 (modulo p), and: the lowest bit of x's canonical form is 1. Of reduced elements. */
  isZero(f: FunctionBuilder, a: Addr): Local<'v128'>
  isNegative(f: FunctionBuilder, a: Addr): Local<'v128'>

  /**
   * The low 255 bits of 32 bytes, little-endian, reduced; lane i reads at `from` + i · `stride`.
   * `isCanonical` tells where all 256 bits are a number below p.
   */
  fromBytes(f: FunctionBuilder, out: Addr, from: Addr, stride: number): void
  isCanonical(f: FunctionBuilder, from: Addr, stride: number): Local<'v128'>

  /** 32 bytes of the canonical form for each lane, one after the other. Of a reduced element. */
  toBytes(f: FunctionBuilder, to: Addr, a: Addr): void

  /** One small number for each lane. */
  fromLanes(values: readonly I32[]): V128
  /** One number for each lane, as i32. */
  toLanes(word: V128): I32[]
  /** A mask: all ones in the lanes that are equal. */
  equalLanes(a: V128, b: V128): V128
}

export function at(base: I32, offset = 0): Addr {
  return { base, offset }
}

/** `bytes` further on. */
export function after(address: Addr, bytes: number): Addr {
  return { base: address.base, offset: address.offset + bytes }
}
