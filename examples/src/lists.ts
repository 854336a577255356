/**
 * Four lists of disposable e-mail domains that four organisations keep apart, as their npm packages
 * ship them: real lists with a real overlap. Versions are pinned in package.json, sources and
 * licence texts stand in THIRD-PARTY-NOTICES.md.
 */

import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'

export type NpmListName = keyof typeof load

/**
 * The whole list, lower-cased, unique and sorted; otherwise as its maker wrote it, so that the
 * node's own import decides what is an identifier.
 *
 * - `fakefilter`: 7c, BSD-3-Clause
 * - `mailchecker`: F.-G. Ribreau and contributors, MIT
 * - `burner-email-providers`: Wes Bos and contributors, MIT
 * - `disposable-email-domains-js`: the community list disposable-email-domains, CC0-1.0
 */
export function npmList(name: NpmListName): string[] {
  return [...new Set(load[name]().map((entry) => entry.toLowerCase()))].sort()
}

/** One in sixteen names, the same ones on every machine: the first byte of SHA-256 is below 16. */
export function inSample(name: string): boolean {
  return createHash('sha256').update(name).digest()[0]! < 16
}

const require = createRequire(import.meta.url)

const load = {
  fakefilter: (): string[] =>
    Object.keys((require('fakefilter/json/data.json') as { domains: object }).domains),
  mailchecker: (): string[] => [
    ...(require('mailchecker') as { blacklist(): Set<string> }).blacklist(),
  ],
  'burner-email-providers': (): string[] => [
    ...(require('burner-email-providers') as { emailBurnerList: Set<string> }).emailBurnerList,
  ],
  'disposable-email-domains-js': (): string[] =>
    (
      require('disposable-email-domains-js') as { disposableEmailBlocklist(): string[] }
    ).disposableEmailBlocklist(),
}

export const NPM_LISTS = Object.keys(load) as NpmListName[]
