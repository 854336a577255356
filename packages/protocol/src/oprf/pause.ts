/** Long computations give way between slices, so that the event loop they run in stays alive. */

import { isProtocolError, ProtocolError } from '../encoding/index.ts'

export type Pause = () => Promise<void>

/**
 * Calls `work` on consecutive ranges of at most `size` items, pausing before each but the first.
 * A position that an error of `work` names counts from the start of the range; it is thrown again
 * counting from zero.
 */
export async function inSlices(
  count: number,
  size: number,
  pause: Pause | undefined,
  work: (from: number, to: number) => void,
): Promise<void> {
  for (let from = 0; from < count; from += size) {
    if (from > 0) await pause?.()
    try {
      work(from, Math.min(count, from + size))
    } catch (error) {
      throw isProtocolError(error) ? shifted(error, from) : error
    }
  }
}

function shifted(error: ProtocolError, by: number): ProtocolError {
  if (error.at === undefined || !/^\d+$/.test(error.at)) return error
  return new ProtocolError(error.code, { at: String(Number(error.at) + by) })
}
