/** Fixed addresses: what the functions of the module pass on, and a table. The caller's memory follows. */

/** 16 vectors each. */
export const MESSAGE = 64
export const OUTPUT = MESSAGE + 256
/** One vector. */
export const LENGTHS = OUTPUT + 256
/** 64 bytes of ones, then 64 of zeros. */
export const MASKS = LENGTHS + 16
export const HEAP = 1024

/** Bytes of a list's record: a digest of 16, three bins, and the number of its item. */
export const RECORD = 32
export const BINS = 16
export const NUMBER = 28

/** Bytes of a matrix row: 448 columns, as sent; and as held, to whole vectors. */
export const ROW = 56
export const HELD = 64
