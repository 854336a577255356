/**
 * Lists of device numbers in CSV files, one column with a header, and the check of what comes out. The
 * first items of both lists are the same, each list in an order of its own.
 */

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

const HEADER = 'device\n'
const DIGITS = 14
const COMMON = '35'
const OWN = { receiver: '86', sender: '01' } as const
const CHUNK = 65_536

/** @param common how many of them both lists have */
export function writeList(
  file: string,
  role: keyof typeof OWN,
  size: number,
  common: number,
): void {
  const out = openSync(file, 'w')
  const stride = strideOf(size, role === 'receiver' ? 0.618 : 0.414)
  writeSync(out, HEADER)
  for (let from = 0; from < size; from += CHUNK) {
    const length = Math.min(CHUNK, size - from)
    const lines = Array.from({ length }, (_, i) => {
      const item = Number((BigInt(from + i) * BigInt(stride)) % BigInt(size))
      return `${item < common ? COMMON : OWN[role]}${String(item).padStart(DIGITS - 2, '0')}\n`
    })
    writeSync(out, lines.join(''))
  }
  closeSync(out)
}

/** @throws Error unless the file has exactly the items in common, each once */
export function assertCommon(file: string, common: number): void {
  const bytes = readFileSync(file)
  const seen = new Uint8Array(common)
  let count = 0
  for (let at = HEADER.length; at < bytes.length; at += DIGITS + 1) {
    const line = bytes.toString('latin1', at, at + DIGITS)
    const item = Number(line.slice(2))
    if (!line.startsWith(COMMON) || !(item < common) || seen[item] === 1) {
      throw new Error('an item is in the result that should not be')
    }
    seen[item] = 1
    count++
  }
  if (count !== common) throw new Error(`${count} items in common instead of ${common}`)
}

/** Near a part of the size, and without a divisor in common with it: its multiples are an order. */
function strideOf(size: number, part: number): number {
  let stride = Math.max(1, Math.floor(size * part))
  while (divisor(stride, size) !== 1) stride++
  return stride
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}
