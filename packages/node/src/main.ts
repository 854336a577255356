/**
 * drempel-node init: makes a home. drempel-node up: runs the node until SIGTERM or SIGINT.
 * drempel-node fsck: checks every row of the logs of a node that does not run.
 * Standard output carries one line of JSON; log lines go to standard error.
 * With --attended up and fsck end with the program that started them (launcher.ts).
 */

import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { isProtocolError } from '@drempel/protocol/encoding'
import { type InitOptions, initHome } from './config/index.ts'
import { launcherGone } from './launcher.ts'

const USAGE = `drempel-node init --home DIR --id ID --name NAME --sector SECTOR --listen HOST:PORT
                  [--transport tls|plain-loopback] [--url URL] [--contact MAIL] [--fg MAIL]
drempel-node up --home DIR [--attended]
drempel-node fsck --home DIR [--attended]

--attended: ends when standard input does, which the program that starts it keeps open.
Most people use the command drempel, which runs these.`

const RUN_OPTIONS = { home: { type: 'string' }, attended: { type: 'boolean' } } as const

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  if (command === 'init') return init(rest)
  if (command === 'up') return up(rest)
  if (command === 'fsck') return check(rest)
  console.error(USAGE)
  return command === '--help' ? 0 : 2
}

async function init(args: string[]): Promise<number> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args,
    options: {
      home: text,
      id: text,
      name: text,
      sector: text,
      listen: text,
      transport: text,
      url: text,
      contact: text,
      fg: text,
    },
  })
  const listen = /^(.+):(\d+)$/.exec(values.listen ?? '')
  if (!values.home || !values.id || !listen) {
    console.error(USAGE)
    return 2
  }
  const transport = (values.transport ?? 'tls') as NonNullable<InitOptions['transport']>
  const scheme = transport === 'tls' ? 'https' : 'http'
  const mailbox = `beheer@${values.id}.example`
  const member = await initHome(
    values.home,
    {
      member: {
        id: values.id,
        name: values.name ?? values.id,
        sector: (values.sector ?? '') as InitOptions['member']['sector'],
        contact: values.contact ?? mailbox,
        fg: values.fg ?? values.contact ?? mailbox,
      },
      listen: { host: listen[1]!, port: Number(listen[2]) },
      publicUrl: values.url ?? `${scheme}://${values.listen}`,
      transport,
    },
    (length) => new Uint8Array(randomBytes(length)),
    Date.now(),
  )
  console.log(JSON.stringify(member))
  return 0
}

async function up(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: RUN_OPTIONS })
  if (!values.home) {
    console.error(USAGE)
    return 2
  }
  const gone = values.attended ? launcherGone() : undefined
  // Here, since making a home needs a small part of what it takes to run a node.
  const { startNode } = await import('./app/index.ts')
  const node = await startNode({ home: values.home })
  const { id } = node.node.home.member
  console.log(
    process.stdout.isTTY
      ? `${id}: ${node.url}  (Ctrl-C: stop)`
      : JSON.stringify({ listening: node.url }),
  )
  await new Promise<void>((resolve) => {
    // A service manager tells each process of a service, and one of them tells this one again.
    process.on('SIGTERM', resolve)
    process.once('SIGINT', resolve)
    gone?.then(resolve)
  })
  await node.close()
  return 0
}

async function check(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: RUN_OPTIONS })
  if (!values.home) {
    console.error(USAGE)
    return 2
  }
  // It only reads, and may be ended at any moment.
  if (values.attended) launcherGone().then(() => process.exit(1))
  const { fsck } = await import('./app/index.ts')
  const logs = await fsck(values.home, (done) => console.error(JSON.stringify({ done })))
  console.log(JSON.stringify({ logs }))
  return logs.every(({ damage }) => damage.length === 0) ? 0 : 1
}

// A fault that nothing caught still ends the node, but its text, which may hold anything, stays here.
process.on('uncaughtException', (error) => {
  console.error(JSON.stringify({ error: error instanceof Error ? error.name : 'Error' }))
  process.exit(1)
})

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(JSON.stringify(describe(error)))
    process.exitCode = 1
  },
)

/** A code and a hint of our own; of the system its code; of anything else its class, since a text may hold anything. */
function describe(error: unknown): object {
  if (isProtocolError(error)) return { error: error.code, at: error.at, hint: error.hint }
  const { code, address, port } = error as { code?: unknown; address?: unknown; port?: unknown }
  if (code === 'EADDRINUSE') {
    const hint = 'stop what listens there, or change listen.port in config.yaml'
    return { error: 'PORT_TAKEN', at: `${address}:${port}`, hint }
  }
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return { error: code }
  return { error: error instanceof Error ? error.name : 'Error' }
}
