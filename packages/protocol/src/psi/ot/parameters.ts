/**
 * Sizes of everything, from the two padded list sizes alone: what goes over the wire depends on
 * nothing else.
 *
 * Bins. With n items, each in one of three distinct bins of m, a table exists unless some t items have
 * fewer than t bins among them (Hall). In a smallest such set there are t - 1 bins, and each has at
 * least two of the items, or one could go. So by the union bound a table is missing with probability
 * at most
 *
 *   sum over t >= 4 of C(n, t) C(m, t-1) (3t)! [x^3t](e^x - 1 - x)^(t-1) / (m (m-1) (m-2))^t,
 *
 * the first-moment argument over cores of minimum degree two by which Fountoulakis and Panagiotou
 * (Sharp Load Thresholds for Cuckoo Hashing, Random Structures & Algorithms 41, 2012, section 3) and
 * Dietzfelbinger et al. (Tight Thresholds for Cuckoo Hashing via XORSAT, ICALP 2010) find the
 * threshold. For m = 1.31 n it is below 2^-49 at n = 2^12 and falls about as n^-5, down to 2^-109 at 2^24;
 * for fewer items the term of four items in three bins alone is larger than 2^-40 some time, hence
 * the smallest n. At 1.27, the figure usually given (Pinkas, Schneider, Zohner, 2018, by simulation),
 * this argument proves nothing. cuckoo.ts finds a table wherever there is one.
 *
 * Width. The output for another item differs from random only if the two codes of 448 bits differ in
 * fewer than 128 places (Kolesnikov, Kumaresan, Rosulek, Trieu, section 3.2): 2^-66 for one pair, and the sender has at
 * most 3 * 2^24 pairs of an own item and a bin, so 2^-40 in all.
 *
 * Values. An item of the receiver is compared with all that the sender sends under one hash index:
 * 40 + log2(n1 n2) bits keep all false matches together below 2^-40.
 */

import { fail } from '../errors.ts'

export const COLUMNS = 448
/** Bytes of a matrix row as sent, and as held for whole vectors. */
export const ROW = COLUMNS / 8
export const HELD_ROW = 64
/** Rows that are made, sent and taken in together; 8,192 give a column of 1 KiB. */
export const CHUNK = 8192
/** Values of so many items go together. */
export const VALUES_CHUNK = 16_384
export const HASHES = 3

const SMALLEST = 2 ** 12
/** Items of a side. */
export const LARGEST = 2 ** 24
const EXPANSION = 1.31
const FAILURE_BITS = 40
/** The kernel writes 8 to 12 bytes. */
const [NARROWEST, WIDEST] = [8, 12]

export type Sizes = { readonly receiver: number; readonly sender: number }

export type Parameters = {
  readonly bins: number
  /** Bytes of a value. */
  readonly width: number
}

/** @throws ProtocolError `BAD_SIZE` */
export function parametersFor({ receiver, sender }: Sizes): Parameters {
  for (const size of [receiver, sender]) {
    if (!Number.isInteger(size) || size < 0 || size > LARGEST) {
      fail('BAD_SIZE', { hint: `this protocol takes lists of at most ${LARGEST} items` })
    }
  }
  const bits = FAILURE_BITS + Math.log2(Math.max(1, receiver)) + Math.log2(Math.max(1, sender))
  return {
    bins: binsFor(Math.max(SMALLEST, receiver)),
    width: Math.min(WIDEST, Math.max(NARROWEST, Math.ceil(bits / 8))),
  }
}

export function binsFor(items: number): number {
  return Math.ceil(EXPANSION * items)
}
