/**
 * `npm run drempel` and `npm run demo` start their program through scripts/launch.mjs, which holds a
 * channel to it: the system closes that whatever ends the launcher, SIGKILL too. The program then ends as
 * if it had been asked to, with all that it started.
 */

const LAUNCHED = 'DREMPEL_LAUNCHED'

/** Changes nothing for a program that was started otherwise. */
export function endWithLauncher(): void {
  const launched = process.env[LAUNCHED] !== undefined
  // What this program starts has another launcher.
  delete process.env[LAUNCHED]
  if (!launched) return
  const end = () => process.kill(process.pid, 'SIGTERM')
  // It may have ended before this program began.
  if (process.connected === false) end()
  process.once('disconnect', end)
  process.channel?.unref()
}
