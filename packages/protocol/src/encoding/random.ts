/** Randomness is passed in; protocol code never reaches for a global. */

import type { Bytes } from './bytes.ts'

/** Returns `length` fresh uniform bytes; cryptographic outside tests. */
export type RandomBytes = (length: number) => Bytes

/** Milliseconds since 1970, passed in like randomness. */
export type Clock = () => number
