/** Runs the benchmark command as a person would, for tests. */

import { type Finished, runScript } from '../script.ts'

export function bench(...args: readonly string[]): Promise<Finished> {
  return runScript(new URL('./main.ts', import.meta.url), args)
}

/** The object on the last line of standard output. */
export function lastObject({ out }: Finished) {
  return JSON.parse(out.trimEnd().split('\n').at(-1)!)
}
