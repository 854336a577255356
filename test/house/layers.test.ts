import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/**
 * Folders are layers: a file imports from its own folder or from a folder further down.
 * For each package, every folder of `src` with the folders below it that it may import.
 */
const LAYERS: Record<string, Record<string, readonly string[]>> = {
  protocol: {
    encoding: [],
    identifiers: ['encoding'],
    group: ['encoding'],
    oprf: ['group', 'encoding'],
    mpc: ['encoding'],
    log: ['encoding'],
    convenant: ['identifiers', 'encoding'],
    api: ['identifiers', 'encoding'],
    threshold: ['mpc', 'encoding'],
    psi: ['group', 'encoding'],
  },
  node: {
    config: [],
    bulk: [],
    store: ['config'],
    audit: ['store', 'bulk', 'config'],
    http: ['config'],
    peers: ['http', 'bulk', 'config'],
    workers: ['http', 'bulk'],
    sessions: ['workers', 'audit', 'peers', 'http', 'store', 'config'],
    routes: ['sessions', 'workers', 'audit', 'peers', 'http', 'store', 'config'],
    app: ['routes', 'sessions', 'workers', 'audit', 'peers', 'http', 'store', 'bulk', 'config'],
    '.': ['app', 'config'],
  },
  cli: {
    output: [],
    client: ['output'],
    audit: ['client', 'output'],
    federation: ['client', 'output'],
    // A rehearsal reads its nodes' logs as an auditor does.
    experiment: ['audit', 'federation', 'client', 'output'],
    commands: ['experiment', 'audit', 'client', 'output'],
    '.': ['commands', 'client', 'output'],
  },
}

/** What a package may import from the workspace. */
const ARROWS: Record<string, readonly string[]> = {
  protocol: [],
  node: ['@drempel/protocol'],
  cli: ['@drempel/protocol'],
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return sources(path)
    return path.endsWith('.ts') ? [path] : []
  })
}

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from|import\(|import)\s*'([^']+)'/g)].map((match) => match[1]!)
}

function layerOf(src: string, file: string): string {
  const parts = relative(src, file).split(sep)
  return parts.length === 1 ? '.' : parts[0]!
}

/** The rule that an import breaks, or undefined. */
function broken(name: string, from: string, target: string, layer: string): string | undefined {
  if (target.startsWith('.')) {
    const src = join(root, 'packages', name, 'src')
    const to = layerOf(src, resolve(dirname(from), target))
    const allowed = LAYERS[name]![layer]
    if (allowed === undefined) return `folder ${layer} has no place in the layers`
    return to === layer || allowed.includes(to) ? undefined : `${layer} may not import ${to}`
  }
  if (target.startsWith('@drempel/')) {
    const other = target.split('/').slice(0, 2).join('/')
    return ARROWS[name]!.includes(other) ? undefined : `${name} may not import ${other}`
  }
  if (name === 'protocol' && target.startsWith('node:')) return 'protocol may not import node:'
  return undefined
}

describe.each(Object.keys(LAYERS))('packages/%s', (name) => {
  const src = join(root, 'packages', name, 'src')

  it('imports only downward', () => {
    const found = sources(src).flatMap((file) =>
      imports(file).flatMap((target) => {
        const rule = broken(name, file, target, layerOf(src, file))
        return rule === undefined ? [] : [`${relative(root, file)}: ${rule} (${target})`]
      }),
    )
    expect(found).toEqual([])
  })

  it('has at least one source file', () => {
    expect(sources(src).length).toBeGreaterThan(0)
  })
})

describe('the detector', () => {
  const at = (path: string) => join(root, 'packages/protocol/src', path)

  it('sees an import that points upward, out of the package, or at node:', () => {
    expect(broken('protocol', at('encoding/a.ts'), '../oprf/index.ts', 'encoding')).toBeDefined()
    expect(broken('protocol', at('oprf/a.ts'), '@drempel/node/main', 'oprf')).toBeDefined()
    expect(broken('protocol', at('oprf/a.ts'), 'node:fs', 'oprf')).toBeDefined()
    expect(broken('protocol', at('oprf/a.ts'), '../encoding/index.ts', 'oprf')).toBeUndefined()
  })
})

describe('shipped packages', () => {
  it('import neither examples nor test', () => {
    for (const name of Object.keys(LAYERS)) {
      for (const file of sources(join(root, 'packages', name, 'src'))) {
        expect(imports(file).filter((target) => /@drempel\/(examples|test)/.test(target))).toEqual(
          [],
        )
      }
    }
  })
})
