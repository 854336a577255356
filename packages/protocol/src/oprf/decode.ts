/** A long batch of elements decoded, for those who compute on it several times. */

import type { Bytes } from '../encoding/index.ts'
import { countOf, type Decoded, type Group, joinDecoded } from '../group/index.ts'
import { inSlices, type Pause } from './pause.ts'

/** @throws ProtocolError `BAD_LENGTH`, `BAD_ELEMENT`, `IDENTITY_ELEMENT` with the position */
export async function decodeElements(
  group: Group,
  elements: Bytes,
  pause?: Pause,
): Promise<Decoded> {
  const parts: Decoded[] = []
  await inSlices(countOf(elements), group.strides.each, pause, (from, to) => {
    parts.push(group.decode(elements.subarray(32 * from, 32 * to)))
  })
  return joinDecoded(elements, parts)
}
