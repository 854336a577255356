import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { overlaps } from '@drempel/cli/internal/experiment/copies'
import { evaluateRule } from '@drempel/cli/internal/experiment/evaluate'
import { readLists } from '@drempel/cli/internal/experiment/lists'
import type { Material } from '@drempel/cli/internal/experiment/model'
import { parameterValues } from '@drempel/cli/internal/experiment/parameters'
import { parseExperiment } from '@drempel/cli/internal/experiment/parse'
import { rulesOf } from '@drempel/cli/internal/experiment/rules'
import { materialOf } from '@drempel/cli/internal/experiment/run'
import type { FileData } from '@drempel/cli/internal/experiment/schema'
import { describe, expect, it } from 'vitest'

/** Whole lists, where they lie beside this repository. */
const DATA = resolve(import.meta.dirname, '../../../../shared/data')
const PROEFTUIN = resolve(import.meta.dirname, '../../../examples/proeftuin')
const VALUES = parameterValues({})

async function found(text: string, folder: string) {
  const experiment = parseExperiment(text, 'proef.yaml')
  const whole = await readLists(experiment, experiment.data as FileData, folder)
  const said = (material: Material) => ({
    listed: material.items.length,
    counts: rulesOf(experiment).map((rule) => evaluateRule(rule, material, VALUES).final),
    pairs: overlaps('host', material),
  })
  return { ...said(whole), withoutLast: () => said(withoutLast(whole)) }
}

/** As if the last partner had not come. */
function withoutLast(material: Material): Material {
  const partners = material.partners.slice(0, -1)
  const items = material.items.flatMap((item) => {
    const reports = item.reports.filter(({ partner }) => partner < partners.length)
    return reports.length === 0 ? [] : [{ ...item, reports }]
  })
  return { ...material, partners, items }
}

type Said = Pick<Awaited<ReturnType<typeof found>>, 'listed' | 'counts' | 'pairs'>

const suspects = (pairs: Said['pairs']) =>
  pairs.flatMap(({ list, other, suspect }) => (suspect ? [`${list} has ${other}`] : []))

function onLists(paths: readonly string[]): string {
  const ids = paths.map((path) => /(\w+)\.csv$/.exec(path)![1]!)
  return `format: drempel-experiment/1
id: bekend
title: { nl: Bekend, en: Known }
question: { nl: Klopt het?, en: Is it right? }
seed: 1
partners:
${ids.map((id) => `  - { id: ${id}, name: ${id}, sector: bank }`).join('\n')}
data:
  files:
${paths.map((file, i) => `    - { partner: ${ids[i]}, kind: host, file: ${file} }`).join('\n')}
rules: [{ kinds: host, t: [2, 3, 4, 5] }]
`
}

describe.skipIf(!existsSync(join(DATA, 'TRUTH.json')))('the known lists', () => {
  const truth = existsSync(join(DATA, 'TRUTH.json'))
    ? JSON.parse(readFileSync(join(DATA, 'TRUTH.json'), 'utf8'))
    : {}

  const isKnown = (name: string, { listed, counts, pairs }: Said) => {
    const known = truth[name].host_exact_string
    expect(listed).toBe(known.distinct_identifiers)
    expect(counts).toEqual([2, 3, 4, 5].map((n) => known.on_at_least_n[n]))
    for (const { list, other, both } of pairs) {
      expect(both).toBe(known.pairwise_intersection[list][other])
    }
    expect(suspects(pairs)).toEqual([])
  }

  it.each(['demo', 'phish-open7'])('give the known figures of %s', async (name) => {
    isKnown(name, await found(onLists(truth[name].files), DATA))
  })

  it('give those of email5, and show an aggregator for what it is', async () => {
    const paths = [...truth.email5.files, 'email/not-independent/ffraud.csv']
    const { pairs, withoutLast: independent } = await found(onLists(paths), DATA)
    expect(suspects(pairs).sort()).toEqual(
      ['castle', 'dedorg', 'fakefilter', 'mailchecker', 'wesbos'].map((id) => `ffraud has ${id}`),
    )
    isKnown('email5', independent())
  })
})

describe('the lists from npm', () => {
  it('give wegwerpmail and gekopieerde-lijsten their figures, and the latter its warning', async () => {
    const text = readFileSync(join(PROEFTUIN, 'gekopieerde-lijsten.yaml'), 'utf8')
    const { listed, counts, pairs, withoutLast: four } = await found(text, PROEFTUIN)
    expect([listed, counts[0]]).toEqual([155_221, 79_442])
    expect(suspects(pairs).sort()).toEqual([
      'verzamelaar has burner',
      'verzamelaar has mailchecker',
    ])
    expect(four()).toMatchObject({ listed: 105_534, counts: [18_566, 2_594, 166] })
    expect(suspects(four().pairs)).toEqual([])
    // As they are written: twelve names stand there in two spellings.
    const load = createRequire(join(PROEFTUIN, 'x.js'))
    const written: string[][] = [
      [...load('mailchecker').blacklist()],
      [...load('burner-email-providers').emailBurnerList],
      Object.keys(load('fakefilter/json/data.json').domains),
      load('disposable-email-domains-js').disposableEmailBlocklist(),
      load('disposable-email-domains'),
    ]
    const lists = new Map<string, number>()
    for (const list of written) {
      for (const name of new Set(list)) lists.set(name, (lists.get(name) ?? 0) + 1)
    }
    const twice = [...lists.values()].filter((count) => count >= 2).length
    expect([lists.size, twice]).toEqual([155_233, 79_446])
  })
})

describe('drie-meldingen', () => {
  it('has as many reports to the police as the national desk had in 2018', async () => {
    const file = join(PROEFTUIN, 'drie-meldingen.yaml')
    const experiment = parseExperiment(readFileSync(file, 'utf8'), file)
    const reports = async (parameters: object) => {
      const all = { ...experiment, parameters: { ...experiment.parameters, ...parameters } }
      const { items } = await materialOf(all, file)
      return items.reduce((sum, item) => {
        return sum + item.reports.filter(({ partner }) => partner === 0).length
      }, 0)
    }
    // Each report names the account, is on the list at once, and nothing else is.
    const plainly = { mentioned: 1, ownDetection: 0, wrongFlags: 0, delayPolice: 0 }
    const received = await reports({ ...plainly, reportWithdrawn: 0, reportUnusable: 0 })
    expect(Math.abs(received / 43_779 - 1)).toBeLessThan(0.005)
    const left = await reports(plainly)
    expect(Math.abs(left / (43_779 - 7_190 - 13_174) - 1)).toBeLessThan(0.02)
  })
})
