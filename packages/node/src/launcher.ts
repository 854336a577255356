/**
 * A node that another program started for its own time ends with that program. The node's standard input
 * is a pipe that only the launcher has, and never writes to: the system closes it whatever ended the
 * launcher, SIGKILL too. A node that nobody attends looks at no standard input.
 */

/** A node that does not end by itself has nobody left who ends it. */
const CLOSE_MS = 10_000

/** Resolves when whoever started this process has ended. Keeps nothing running by itself. */
export function launcherGone(): Promise<void> {
  const { stdin, stdout, stderr } = process
  // Often it was also who read what this process writes.
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  const gone = new Promise<void>((resolve) => {
    for (const event of ['end', 'error', 'close']) stdin.once(event, () => resolve())
  })
  stdin.resume()
  // A file has no need of it: its end comes at once.
  if ('unref' in stdin) stdin.unref()
  gone.then(() => setTimeout(() => process.exit(1), CLOSE_MS).unref())
  return gone
}
