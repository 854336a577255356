/**
 * Starts every npm script on a fresh machine: finds or fetches a fitting Node and pnpm from the
 * npm registry, installs the workspace when the lock file changed, then runs the task.
 * Plain Node >= 20, no dependencies, no install scripts.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tasks } from './tasks.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const windows = process.platform === 'win32'
const parent = process.ppid
const npm = npmBehind(parent)

// npm starts a shell, which may stay between and passes no signal on: a new parent, of this process or of
// that shell, says that one of them ended.
function orphaned() {
  if (process.env.npm_lifecycle_event === undefined) return false
  return process.ppid !== parent || (npm !== undefined && parentOf(parent) !== npm)
}

// Where there is no /proc, shells are not known to stay.
function npmBehind(shell) {
  const node = process.env.npm_node_execpath
  if (node === undefined || !existsSync('/proc/self/exe')) return undefined
  try {
    const runsNode = (pid) => readlinkSync(`/proc/${pid}/exe`) === realpathSync(node)
    const behind = parentOf(shell)
    return !runsNode(shell) && runsNode(behind) ? behind : undefined
  } catch {
    return undefined
  }
}

function parentOf(pid) {
  try {
    // Counted behind the name, which may hold spaces.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]
  } catch {
    return undefined
  }
}

// The first releases that strip types without a flag and that better-sqlite3's binaries fit.
function fits(version) {
  const [major, minor] = version.split('.').map(Number)
  return (major === 22 && minor >= 18) || major === 24 || major >= 26
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
  if (done.error) throw done.error
  if (done.status !== 0) {
    console.error(
      `drempel: "${command} ${args.join(' ')}" ended with ${done.status ?? done.signal}`,
    )
    console.error('drempel: is the npm registry in reach? Run the same command again to retry.')
    process.exit(done.status || 1)
  }
}

function digest(...files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function stamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

// mkdir is atomic: of two first runs at once, one installs and the other waits.
async function locked(stamp, wanted, install) {
  if (stamped(stamp, wanted)) return
  const lock = join(root, '.tools-lock')
  for (let waited = 0; ; waited += 200) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
      if (age > 600_000) rmSync(lock, { recursive: true, force: true })
      if (waited === 2000) console.error('drempel: another run is installing; waiting for it')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const unlock = () => rmSync(lock, { recursive: true, force: true })
  process.once('exit', unlock)
  try {
    if (!stamped(stamp, wanted)) {
      install()
      writeFileSync(stamp, wanted)
    }
  } finally {
    unlock()
    process.off('exit', unlock)
  }
}

async function fetchTool(name) {
  const folder = join(root, 'tools', name)
  const wanted = digest(`tools/${name}/package-lock.json`)
  await locked(join(folder, 'node_modules', '.stamp'), wanted, () => {
    const why = name === 'node' ? `Node ${process.versions.node} can't run this; ` : ''
    console.error(`drempel: ${why}fetching ${name} into tools/ from the npm registry (once)`)
    const npm = windows ? 'npm.cmd' : 'npm'
    run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      shell: windows,
    })
  })
  return join(folder, 'node_modules')
}

async function findNode() {
  if (fits(process.versions.node)) return process.execPath
  const modules = await fetchTool('node')
  const name = `${windows ? 'win' : process.platform}-${process.arch}`
  for (const candidate of [`node-${name}`, `node-bin-${name}`]) {
    const file = join(modules, candidate, 'bin', windows ? 'node.exe' : 'node')
    if (existsSync(file)) return file
  }
  console.error(`drempel: no Node for ${name} in the registry; install Node 22.18, 24 or 26`)
  process.exit(1)
}

const [task, ...rest] = process.argv.slice(2)
const wantedTask = tasks[task]
if (!wantedTask) {
  console.error(`drempel: unknown task "${task}"; one of: ${Object.keys(tasks).join(', ')}`)
  process.exit(2)
}

const node = await findNode()
const pnpm = join(await fetchTool('pnpm'), 'pnpm', 'bin', 'pnpm.cjs')
const env = {
  ...process.env,
  npm_config_verify_deps_before_run: 'false',
  npm_config_update_notifier: 'false',
  NO_UPDATE_NOTIFIER: '1',
  // Processes and threads that run from source share what one of them compiled.
  NODE_COMPILE_CACHE:
    process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled'),
  PATH: [join(root, 'node_modules', '.bin'), dirname(node), process.env.PATH].join(delimiter),
}
if (!wantedTask.noInstall) {
  const wanted = digest('pnpm-lock.yaml', 'pnpm-workspace.yaml')
  await locked(join(root, 'node_modules', '.drempel-stamp'), wanted, () => {
    console.error('drempel: installing the workspace (once)')
    run(node, [pnpm, 'install', '--frozen-lockfile', '--reporter=append-only'], { env })
  })
}

// Once: who is asked to end twice ends at once, and leaves undone what it does at its end.
function onOrphaned(end) {
  const look = setInterval(() => {
    if (!orphaned()) return
    clearInterval(look)
    end()
  }, 250).unref()
}

for (const step of wantedTask.steps(rest)) {
  if (orphaned()) process.exit(143)
  const args = step[0] === 'pnpm' ? [pnpm, ...step.slice(1)] : step
  const inherited = ['inherit', 'inherit', 'inherit']
  // The channel closes whatever ends this process.
  const attended = wantedTask.attended
    ? { stdio: [...inherited, 'ipc'], env: { ...env, DREMPEL_LAUNCHED: '1' } }
    : { stdio: inherited, env }
  const child = spawn(node, args, { cwd: root, ...attended })
  // The child shares the terminal's process group and gets Ctrl-C itself; stay to report its end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal === 'SIGTERM' && child.kill(signal))
  }
  onOrphaned(() => child.kill('SIGTERM'))
  const status = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
  if (status !== 0) process.exit(typeof status === 'number' ? status : 1)
}
