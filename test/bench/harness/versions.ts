/** Names of peers with their versions, as pinned for this package. */

import { readFileSync } from 'node:fs'

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly dependencies: Readonly<Record<string, string>> }

export function peerName(dependency: string): string {
  const version = manifest.dependencies[dependency]
  if (version === undefined) throw new Error(`${dependency} is no dependency`)
  return `${dependency} ${version}`
}
