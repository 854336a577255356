/** Long computations give way between slices, so that the event loop they run in stays alive. */

import { isProtocolError, ProtocolError } from '../encoding/index.ts'

export type Pause = () => Promise<void>

/** About 6 to 15 ms of work with libsodium. */
export const SLICE = 32

/**
 * Calls `work` on consecutive ranges of at most SLICE items, pausing before each but the first.
 * A position that an error of `work` names counts from the start of the range; it is thrown again
 * counting from zero.
 */
export async function inSlices(
  count: number,
  pause: Pause | undefined,
  work: (from: number, to: number) => void,
): Promise<void> {
  for (let from = 0; from < count; from += SLICE) {
    if (from > 0) await pause?.()
    try {
      work(from, Math.min(count, from + SLICE))
    } catch (error) {
      throw isProtocolError(error) ? shifted(error, from) : error
    }
  }
}

function shifted(error: ProtocolError, by: number): ProtocolError {
  if (error.at === undefined || !/^\d+$/.test(error.at)) return error
  return new ProtocolError(error.code, { at: String(Number(error.at) + by) })
}
