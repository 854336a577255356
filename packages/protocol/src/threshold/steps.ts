/** Long computations in steps of a few milliseconds, so that whoever runs them may give way between. */

export type Steps<Result> = Generator<void, Result, void>

/** Without giving way. */
export function inOneGo<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** @param pause between two steps; what it throws ends the computation */
export async function givingWay<Result>(
  steps: Steps<Result>,
  pause: () => Promise<void> | undefined,
): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await pause()
  }
}
