/** The program `drempel`. */

import { randomBytes } from 'node:crypto'
import { endWithLauncher } from './client/launcher.ts'
import { run } from './commands/program.ts'
import { EXIT } from './output/exit.ts'

endWithLauncher()

// A reader that has seen enough (`drempel log show | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed)
})

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: startFolder(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: () => Date.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
})

/** `npm run drempel` changes to the workspace's root; files are meant where it was typed. */
function startFolder(): string {
  const { npm_lifecycle_event: script, INIT_CWD: typed } = process.env
  return script === 'drempel' && typed ? typed : process.cwd()
}
