/** A bar on standard error, for what takes over two seconds on a terminal; silent everywhere else. */

import { SingleBar } from 'cli-progress'
import type { World } from './world.ts'

export type Progress = { update(done: number): void; stop(): void }

const PATIENCE_MS = 2_000

export function startProgress(
  { stderr, clock }: World,
  options: { readonly label: string; readonly total: number; readonly quiet: boolean },
): Progress {
  if (options.quiet || stderr.isTTY !== true) return { update() {}, stop() {} }
  const begin = clock()
  let bar: SingleBar | undefined
  return {
    update(done) {
      if (bar === undefined) {
        if (clock() - begin < PATIENCE_MS) return
        bar = new SingleBar({
          format: `${options.label} {bar} {percentage}%  ETA {eta_formatted}`,
          stream: stderr as NodeJS.WriteStream,
          hideCursor: true,
          clearOnComplete: true,
        })
        bar.start(options.total, 0)
      }
      bar.update(Math.min(done, options.total))
    },
    stop() {
      bar?.stop()
    },
  }
}
