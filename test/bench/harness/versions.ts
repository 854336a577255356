/** Names of peers with their versions, as pinned for this package. */

import { readFileSync } from 'node:fs'

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>

const versions = { ...manifest.dependencies, ...manifest.devDependencies }

export function peerName(dependency: string): string {
  const version = versions[dependency]
  if (version === undefined) throw new Error(`${dependency} is no dependency`)
  return `${dependency} ${version}`
}
