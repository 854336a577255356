/**
 * Leaves written again. Most events differ from one before them in random digits alone: then the leaf is
 * that one's, with the digits written over. Only what is said of the event is compared; what stands
 * around it in all leaves of a while is the same object.
 */

import type { Bytes } from '../encoding/index.ts'

export type Value = { readonly [name: string]: unknown }

/** What many leaves have in common. Nobody changes it while it is used. */
export type LeafFrame = {
  /** Where an event does not say it. */
  readonly defaults: Value
  /** Whatever the event says. */
  readonly fixed: Value
}

/** An event but for its random digits. */
export type Shape = {
  readonly frame: LeafFrame
  /** What is said of it, in that order. */
  readonly names: readonly string[]
  /** `ANY_DIGITS` where nothing counts but that they are digits, and as many. */
  readonly values: readonly unknown[]
  readonly leaf: Bytes
  readonly digits: readonly Digits[]
  /** Undefined where it is among what is said. */
  readonly commit: Digits | undefined
}

/** Where a member's digits stand in the leaf. */
export type Digits = { readonly name: string; readonly at: number; readonly length: number }

/** More than there are quorums of a handful of holders. */
const SHAPES = 16
const ANY_DIGITS = Symbol('digits')

/** Undefined for an event that is not like one before. @param shapes of its type */
export function writeAgain(
  shapes: readonly Shape[],
  said: Value,
  frame: LeafFrame,
  commit?: Bytes,
): Bytes | undefined {
  const names = Object.keys(said)
  for (const shape of shapes) {
    if (shape.frame !== frame || !isOf(shape, names, said)) continue
    if (shape.commit?.length !== (commit && 2 * commit.length)) continue
    const leaf = copyOf(shape.leaf)
    if (commit !== undefined) writeHex(leaf, shape.commit!.at, commit)
    return shape.digits.every((one) => writeDigits(leaf, one, said)) ? leaf : undefined
  }
  return undefined
}

/** Keeps an event that was written anew. @param copies of its values, which nobody changes */
export function remember(
  shapes: Shape[],
  written: {
    readonly said: Value
    readonly frame: LeafFrame
    readonly commit: Bytes | undefined
    readonly copies: ReadonlyMap<string, unknown>
    readonly leaf: Bytes
    readonly digits: readonly Digits[]
  },
): void {
  const { said, frame, commit, copies, leaf } = written
  const names = Object.keys(said)
  // What is said of it does not count then.
  if (names.some((name) => name in frame.fixed || (name === 'commit' && commit))) return
  const digits = written.digits.filter(({ name }) => names.includes(name))
  const values = names.map((name) =>
    digits.some((one) => one.name === name) ? ANY_DIGITS : copies.get(name),
  )
  const given = commit && written.digits.find(({ name }) => name === 'commit')
  shapes.unshift({ frame, names, values, leaf: leaf.slice(), digits, commit: given })
  shapes.length = Math.min(shapes.length, SHAPES)
}

/** @param copy strings and numbers, in lists and objects */
export function isSame(value: unknown, copy: unknown): boolean {
  if (value === copy) return true
  if (typeof value !== 'object' || value === null) return false
  if (typeof copy !== 'object' || copy === null || Array.isArray(value) !== Array.isArray(copy)) {
    return false
  }
  if (Array.isArray(value) && Array.isArray(copy)) {
    if (value.length !== copy.length) return false
    for (let i = 0; i < copy.length; i++) if (!isSame(value[i], copy[i])) return false
    return true
  }
  const names = Object.keys(copy)
  if (Object.keys(value).length !== names.length) return false
  return names.every((name) => isSame((value as Value)[name], (copy as Value)[name]))
}

function isOf({ names, values }: Shape, said: readonly string[], event: Value): boolean {
  if (said.length !== names.length) return false
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    if (said[i] !== name) return false
    const before = values[i]
    if (before !== ANY_DIGITS && !isSame(event[name], before)) return false
  }
  return true
}

/** A buffer of its own for each leaf would take longer than all the rest of it. */
const SHARED = 32_768
let shared = new Uint8Array(SHARED)
let used = 0

function copyOf(leaf: Bytes): Bytes {
  if (used + leaf.length > SHARED) {
    shared = new Uint8Array(SHARED)
    used = 0
  }
  const copy = shared.subarray(used, used + leaf.length)
  used += leaf.length
  copy.set(leaf)
  return copy
}

/** @returns whether they are digits, and as many */
function writeDigits(leaf: Bytes, { name, at, length }: Digits, event: Value): boolean {
  const text = event[name]
  if (typeof text !== 'string' || text.length !== length) return false
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false
    leaf[at + i] = code
  }
  return true
}

const DIGITS = '0123456789abcdef'

function writeHex(leaf: Bytes, at: number, bytes: Bytes): void {
  for (let i = 0; i < bytes.length; i++) {
    leaf[at + 2 * i] = DIGITS.charCodeAt(bytes[i]! >> 4)
    leaf[at + 2 * i + 1] = DIGITS.charCodeAt(bytes[i]! & 15)
  }
}
