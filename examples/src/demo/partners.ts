/** Who takes part in the demo, and with which list. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SECTORS } from '@drempel/protocol/convenant'
import { canonicalize } from '@drempel/protocol/identifiers'
import type { Partner } from '../federation/index.ts'
import { inSample, type NpmListName, npmList } from '../lists.ts'

export type DemoPartner = Partner & {
  /** Where the list comes from. */
  readonly source: string
  /** As its maker wrote it. */
  readonly list: readonly string[]
  /** What a node makes of it: canonical forms, each once. */
  readonly canonical: ReadonlySet<string>
}

const NPM: readonly (Partner & { readonly source: NpmListName })[] = [
  { id: 'bank-noord', name: 'Bank Noord', sector: 'bank', source: 'mailchecker' },
  { id: 'bank-zuid', name: 'Bank Zuid', sector: 'bank', source: 'burner-email-providers' },
  { id: 'telecom-oost', name: 'Telecom Oost', sector: 'telecom', source: 'fakefilter' },
  {
    id: 'platform-west',
    name: 'Platform West',
    sector: 'platform',
    source: 'disposable-email-domains-js',
  },
]

/** Four lists of disposable e-mail domains; one name in sixteen, or `full`. */
export function npmPartners(full: boolean): DemoPartner[] {
  return NPM.map((partner) =>
    withList(
      partner,
      npmList(partner.source).filter((name) => full || inSample(name)),
    ),
  )
}

/**
 * Each CSV file of a folder is the list of one partner: a header line `identifier`, then one host
 * name a line.
 * @throws Error for a folder with fewer than three of them
 */
export function folderPartners(folder: string): DemoPartner[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv'))
  if (files.length < 3) throw new Error(`${folder} has ${files.length} CSV files; at least three`)
  // A sector for each, in turn. The police may not ask for every purpose, so it stays out.
  const sectors = SECTORS.filter((sector) => sector !== 'police')
  return files.sort().map((file, i) => {
    const id = slug(basename(file, '.csv'))
    const sector = sectors[i % sectors.length]!
    const names = readCsv(join(folder, file))
    return withList({ id, name: id, sector, source: file }, names)
  })
}

function withList(partner: Partner & { source: string }, list: readonly string[]): DemoPartner {
  const canonical = new Set<string>()
  for (const name of list) {
    try {
      canonical.add(canonicalize('host', name))
    } catch {
      // The node rejects it too, and says why.
    }
  }
  return { ...partner, list, canonical }
}

function readCsv(file: string): string[] {
  const [header, ...rows] = readFileSync(file, 'utf8').split(/\r?\n/)
  if (header?.trim() !== 'identifier') throw new Error(`${file} does not begin with "identifier"`)
  return rows.filter((row) => row !== '')
}

function slug(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? []
  const text = words.join('-').slice(0, 40)
  return /^[a-z]/.test(text) ? text : `partner-${text}`
}
