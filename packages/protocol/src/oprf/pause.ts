/** Long computations give way between slices, so that the event loop they run in stays alive. */

export type Pause = () => Promise<void>

/** About 6 to 15 ms of work with libsodium. */
export const SLICE = 32

/** Calls `work` on consecutive ranges of at most SLICE items, pausing before each but the first. */
export async function inSlices(
  count: number,
  pause: Pause | undefined,
  work: (from: number, to: number) => void,
): Promise<void> {
  for (let from = 0; from < count; from += SLICE) {
    if (from > 0) await pause?.()
    work(from, Math.min(count, from + SLICE))
  }
}
