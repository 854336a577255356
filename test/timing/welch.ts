/**
 * Do two classes of measurements have the same mean? Welch's t-test, as dudect uses it (Reparaz,
 * Balasch, Verbauwhede, "Dude, is my code constant time?", DATE 2017): on all measurements, and on
 * those below thresholds that crop the long tail which interrupts and garbage collection leave.
 */

/** Above this, dudect calls a difference certain; above 4.5, probable. */
export const CERTAIN = 10
export const PROBABLE = 4.5

const CROPS = 40
/** A class needs so many measurements below a threshold for its mean to say something. */
const LEAST = 50

/**
 * The largest |t| over all thresholds.
 * @param nanoseconds one measurement each
 * @param classes 0 or 1 for each
 */
export function largestT(nanoseconds: Float64Array, classes: Uint8Array): number {
  const sorted = nanoseconds.toSorted()
  let largest = 0
  for (let crop = 0; crop <= CROPS; crop++) {
    const kept = crop === 0 ? 1 : 1 - 0.5 ** (10 * (crop / CROPS))
    const threshold = sorted[Math.ceil(kept * sorted.length) - 1]!
    largest = Math.max(largest, Math.abs(welch(nanoseconds, classes, threshold)))
  }
  return largest
}

/** t of the measurements up to a threshold; 0 when there are too few. */
function welch(nanoseconds: Float64Array, classes: Uint8Array, threshold: number): number {
  const [a, b] = [new Moments(), new Moments()]
  nanoseconds.forEach((value, i) => {
    if (value <= threshold) (classes[i] === 0 ? a : b).add(value)
  })
  if (a.count < LEAST || b.count < LEAST) return 0
  const error = Math.sqrt(a.variance / a.count + b.variance / b.count)
  return error === 0 ? 0 : (a.mean - b.mean) / error
}

/** Mean and variance in one pass (Welford 1962). */
class Moments {
  count = 0
  mean = 0
  #squares = 0

  add(value: number): void {
    this.count++
    const before = value - this.mean
    this.mean += before / this.count
    this.#squares += before * (value - this.mean)
  }

  get variance(): number {
    return this.#squares / (this.count - 1)
  }
}
