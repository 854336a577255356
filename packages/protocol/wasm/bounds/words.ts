/**
 * What the bounds checker knows of a 128-bit word: one statement that holds for each of its lanes.
 * `Lanes` has a version for lanes of 32 and one for lanes of 64 bits; what they share is here.
 *
 * One object stands for one value: what is read twice from one local is the same object, and
 * different values are different objects, however alike. That is how relations that intervals
 * alone would lose are seen (`from`).
 */

/** lo <= x <= hi. */
export type Range<T extends number | bigint> = { readonly lo: T; readonly hi: T }

export class BoundsError extends Error {
  override readonly name = 'BoundsError'
}

export function outOfBounds(message: string): never {
  throw new BoundsError(message)
}

export type From<Word> =
  /** All ones where `of` is the constant `value`, which is unlike for unlike constants. */
  | { readonly kind: 'equals'; readonly of: Word; readonly value: string }
  /** The one payload whose mask is set, or 0: the masks exclude each other. */
  | { readonly kind: 'masked'; readonly masks: readonly Word[]; readonly payload: Word }
  /** x xor mask. */
  | { readonly kind: 'flipped'; readonly x: Word; readonly mask: Word }
  /** x xor y: masked, it turns x into y. */
  | { readonly kind: 'difference'; readonly x: Word; readonly y: Word }
  /** a·b + c rounded, c a constant. */
  | { readonly kind: 'high'; readonly a: Word; readonly b: Word; readonly c: bigint }
  /** A constant minus a `high`. */
  | { readonly kind: 'lessHigh'; readonly constant: bigint; readonly high: Word }

export interface Lanes<Word> {
  readonly bytes: 4 | 8
  /** A value of which nothing is known. */
  unknown(): Word
  /** Another value of which the same is known. */
  another(word: Word): Word
  /** From 16 bytes of memory. */
  constant(bytes: Uint8Array): Word
  fromScalar(range: Range<number>): Word
  join(a: Word, b: Word): Word
  shuffle(a: Word, b: Word, order: Uint8Array): Word
  /** `code` as in the binary format. @throws BoundsError where exactness is lost */
  shift(code: number, a: Word, bits: number): Word
  unary(code: number, a: Word): Word
  binary(code: number, a: Word, b: Word): Word
  ternary(code: number, a: Word, b: Word, c: Word): Word
  /** Is all that `inner` allows allowed by `outer`? */
  within(inner: Word, outer: Word): boolean
  describe(word: Word): string
}

/** Payloads under masks that exclude each other, joined: what `or` of masked words gives. */
export function orOfMasked<Word extends { readonly from?: From<Word> }>(
  a: Word,
  b: Word,
  join: (a: Word, b: Word) => Word,
): { payload: Word; masks: readonly Word[] } | undefined {
  const [left, right] = [a.from, b.from]
  if (left?.kind !== 'masked' || right?.kind !== 'masked') return undefined
  const masks = [...left.masks, ...right.masks]
  const seen = new Set<string>()
  let selector: Word | undefined
  for (const { from } of masks) {
    if (from?.kind !== 'equals' || seen.has(from.value)) return undefined
    if (selector !== undefined && selector !== from.of) return undefined
    selector = from.of
    seen.add(from.value)
  }
  return { payload: join(left.payload, right.payload), masks }
}

/** x xor (mask and (x xor y)) is x or y. */
export function exchanged<Word extends { readonly from?: From<Word> }>(
  a: Word,
  b: Word,
): readonly [Word, Word] | undefined {
  const difference = b.from?.kind === 'masked' ? b.from.payload.from : undefined
  if (difference?.kind !== 'difference') return undefined
  const { x, y } = difference
  return a === x || a === y ? [x, y] : undefined
}
