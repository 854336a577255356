/**
 * Elements that are decoded once and worked on several times: a decoding is a square root, half of what
 * an addition into a sum takes. Beside the encodings stand the points as one backend keeps them; every
 * other backend, and a part that begins in the middle of a group of lanes, goes by the encodings.
 * Points are as public as their encodings: only `decode` makes them, never a computation on secrets.
 */

import { type Bytes, concatAll } from '../encoding/index.ts'
import { countOf } from './flat.ts'
import { ELEMENT_BYTES } from './group.ts'

export type Decoded = {
  readonly encodings: Bytes
  /** Groups of `lanes` elements, the last one filled up; empty where the backend keeps no points. */
  readonly points: Bytes
  readonly lanes: number
  readonly backend: string
}

export type Elements = Bytes | Decoded

export function encodingsOf(elements: Elements): Bytes {
  return elements instanceof Uint8Array ? elements : elements.encodings
}

/** Elements `from` to `to`, views of the same bytes. */
export function elementsBetween(elements: Elements, from: number, to: number): Elements {
  const all = encodingsOf(elements)
  const encodings = all.subarray(ELEMENT_BYTES * from, ELEMENT_BYTES * to)
  if (elements instanceof Uint8Array) return encodings
  const { points, lanes } = elements
  const count = countOf(all)
  const whole = from % lanes === 0 && (to % lanes === 0 || to === count)
  if (!whole) return encodings
  const groupBytes = points.length / Math.max(1, Math.ceil(count / lanes))
  const end = Math.ceil(to / lanes)
  return {
    ...elements,
    encodings,
    points: points.subarray((from / lanes) * groupBytes, end * groupBytes),
  }
}

/** Where a backend keeps no points of its own. */
export function decodedAlone(backend: string, encodings: Bytes): Decoded {
  return { encodings, points: new Uint8Array(), lanes: 1, backend }
}

/** Parts of one batch that one backend decoded, all but the last of whole groups. */
export function joinDecoded(encodings: Bytes, parts: readonly Decoded[]): Decoded {
  const [first = decodedAlone('', encodings)] = parts
  return { ...first, encodings, points: concatAll(parts.map(({ points }) => points)) }
}
