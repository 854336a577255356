/** What a reader with one minute is told, against the results that it is told from. */

import { shortly } from '@drempel/cli/internal/experiment/report/short'
import type { KindResult, Results, RuleResult } from '@drempel/cli/internal/experiment/results'
import { compute } from '@drempel/cli/internal/experiment/run'
import { beforeAll, describe, expect, it } from 'vitest'
import { small } from './samples.ts'

let results: Results
beforeAll(async () => {
  results = (await compute(small(), 'small.yaml')).results
})

/** The text under a word, of the first kind unless the word names another. */
const told = (word: string, of = results) =>
  shortly(of, 'en').find((point) => point.word.startsWith(word))?.text
const percents = (text: string) => [...text.matchAll(/(\d+)%/g)].map(([, number]) => Number(number))
const rounded = (share: number) => Math.round(100 * share)

/** The results, with the first kind and its rules otherwise. */
function changed(kind: Partial<KindResult>, rule: Partial<RuleResult> = {}): Results {
  const [first, ...rest] = results.kinds as [KindResult, ...KindResult[]]
  const rules = (kind.rules ?? first.rules).map((one) => ({ ...one, ...rule }))
  return { ...results, kinds: [{ ...first, ...kind, rules }, ...rest] }
}

describe('the yield', () => {
  it('is that of the best sector alone, and more with the rule than before', () => {
    const text = told('Yield')!
    const [, sector, share] = /by itself \((.+)\) finds (\d+)%/.exec(text)!
    const own = results.kinds[0]!.sectors.filter(({ reports }) => reports === 0)
    const shares = own.map(({ finding }) => rounded(finding.detected!.share!))
    expect(Math.min(...shares)).toBeLessThan(Number(share))
    expect(Number(share)).toBe(Math.max(...shares))
    expect(sector).toBe({ bank: 'banks', police: 'police', platform: 'platforms' }[bestOf(own)])
    const [before, after] = percents(/A partner now sees .*$/.exec(text)![0]) as [number, number]
    expect(before).toBeLessThan(after)
  })

  it('is no share of flags where a partner has none', () => {
    const { partners } = results.experiment
    const same = partners.map(() => ({ alone: 1, together: 1 }))
    const learns = (own: number, ownOver: number) =>
      partners.map(() => ({ own, ownOver, others: 0 }))
    const hears = (own: number, over: number) => {
      const rule = { knows: same, learns: learns(own, over) } as Partial<RuleResult>
      return /hears of (.+) of its own flags/.exec(told('Yield', changed({}, rule))!)![1]
    }
    expect(hears(8, 2)).toBe('25%')
    expect(hears(0, 0)).toBe('–')
  })

  it('of lists as they are is how many are over each of four rules', () => {
    const material = { ...results.material, truth: false }
    const [counts] = told('Yield', { ...results, material })!
      .split('Over the threshold: ')
      .slice(1)
    const rules = results.kinds[0]!.rules.slice(0, 4)
    expect(
      counts!.split('; ').map((one) => Number(/^[\d,]+/.exec(one)![0].replace(',', ''))),
    ).toEqual(rules.map(({ ever }) => ever))
  })
})

it('sectors that count reports by themselves are told best first', () => {
  const alone = /finds: (.*?)\. The rule/.exec(told('Counting reports')!)![1]!
  const shares = percents(alone)
  expect(shares.length).toBeGreaterThan(1)
  expect(shares).toEqual(shares.toSorted((a, b) => b - a))
})

it('a list is warned of where it seems to be copied, and no other', () => {
  const [one, other] = results.experiment.partners
  const overlap = { list: one!.id, other: other!.id, both: 9, contains: 1, containsRare: 1 }
  const warned = (suspect: boolean) =>
    told('Beware', changed({ overlaps: [{ ...overlap, suspect }] } as never))
  expect(warned(false)).toBeUndefined()
  expect(warned(true)).toContain(`(${one!.name})`)
})

it('counts are told by how many of them are opened', () => {
  const shown = { histogram: [10, null, 20], overlaps: [{ partners: [0, 1], count: null }] }
  const text = told('Counts alone', changed({ counts: [{ shown }] } as never))
  expect(text).toContain('of 4 counts, 2 are opened')
})

function bestOf(sectors: KindResult['sectors']): string {
  const share = ({ finding }: (typeof sectors)[number]) => finding.detected!.share!
  return sectors.toSorted((a, b) => share(b) - share(a))[0]!.sector
}
