/** A bar on standard error, for what takes over two seconds on a terminal; silent everywhere else. */

import { SingleBar } from 'cli-progress'
import { EXIT } from './exit.ts'
import type { World } from './world.ts'

export type Progress = { update(done: number): void; stop(): void }

export type ProgressOptions = {
  readonly label: string
  readonly total: number
  readonly quiet: boolean
  /** What a signal leaves behind, for whoever sent it. */
  readonly interrupted: () => string
}

const PATIENCE_MS = 2_000
// Cursor shown, lines wrapped: the bar turns both off.
const RESTORE = '\u001b[?25h\u001b[?7h'

export function startProgress({ stderr }: World, options: ProgressOptions): Progress {
  const { label, total, quiet } = options
  const visible = !quiet && stderr.isTTY === true
  let done = 0
  let bar: SingleBar | undefined
  const show = () => {
    bar = new SingleBar({
      format: `${label} {bar} {percentage}%  {duration_formatted}`,
      stream: stderr as NodeJS.WriteStream,
      hideCursor: true,
      clearOnComplete: true,
    })
    bar.start(total, done)
  }
  const patience = visible ? setTimeout(show, PATIENCE_MS).unref() : undefined
  const stop = () => {
    clearTimeout(patience)
    if (bar === undefined) return
    bar.stop()
    bar = undefined
    stderr.write(RESTORE)
  }
  const release = onSignal((exit) => {
    stop()
    if (!quiet) stderr.write(`${options.interrupted()}\n`)
    process.exit(exit)
  }, stop)
  return {
    update(count) {
      done = Math.min(count, total)
      bar?.update(done)
    },
    stop() {
      release()
      stop()
    },
  }
}

function onSignal(end: (exit: number) => void, onExit: () => void): () => void {
  const interrupt = () => end(EXIT.interrupted)
  const terminate = () => end(143)
  process.once('SIGINT', interrupt).once('SIGTERM', terminate).once('exit', onExit)
  return () => {
    process.off('SIGINT', interrupt).off('SIGTERM', terminate).off('exit', onExit)
  }
}
