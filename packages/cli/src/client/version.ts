import { readFileSync } from 'node:fs'

/** Of this package, as its manifest has it. */
export function softwareVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
