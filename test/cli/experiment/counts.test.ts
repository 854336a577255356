import { cellsOf, countFinding } from '@drempel/cli/internal/experiment/counts'
import type { CountRule, Material } from '@drempel/cli/internal/experiment/model'
import { parseExperiment } from '@drempel/cli/internal/experiment/parse'
import { countRulesOf, rulesOf } from '@drempel/cli/internal/experiment/rules'
import { choiceOf, termsOf } from '@drempel/cli/internal/experiment/terms'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellsOf as expectedCells, shownOf } from '../../protocol/worlds/aggregates.ts'
import { smallWorld } from './samples.ts'

const PARTNERS = ['a', 'b', 'c', 'd'].map(
  (id) => ({ id, name: id, sector: 'bank', weight: 1 }) as const,
)

/** So many identifiers for each set of holders. */
function material(times: readonly number[]): Material {
  const items = times.flatMap((count, set) =>
    Array.from({ length: count }, (_, k) => ({
      ...{ kind: 'host' as const, value: `${set}.${k}`, holder: null, campaigns: [] },
      reports: PARTNERS.flatMap((_, partner) =>
        (set >> partner) & 1 ? [{ day: 0, partner }] : [],
      ),
    })),
  )
  return {
    ...{ partners: PARTNERS, items, victims: [], lastDay: 0, dated: false, truth: false },
    ...{ sought: 'offenders', rejected: [] },
  }
}

describe('a rule that only counts', () => {
  it('shows what the words of the rule let out', () => {
    const worlds = fc.array(fc.nat(14), { minLength: 16, maxLength: 16 })
    const terms = fc.record({
      show: fc.constantFrom('histogram' as const, 'overlaps' as const, 'both' as const),
      minCell: fc.integer({ min: 10, max: 30 }),
      from: fc.constantFrom(1 as const, 2 as const),
      upTo: fc.integer({ min: 2, max: 4 }),
    })
    fc.assert(
      fc.property(worlds, terms, (times, asked) => {
        const rule: CountRule = { id: 'x', kind: 'host', listAgeDays: 0, ...asked }
        const { shown } = countFinding(rule, material([0, ...times.slice(1)]))
        const lists = PARTNERS.map((_, partner) =>
          times.flatMap((count, set) =>
            set > 0 && (set >> partner) & 1
              ? Array.from({ length: count }, (_, k) => `${set}.${k}`)
              : [],
          ),
        )
        const { show, minCell, from } = asked
        const first = from === 1 && show !== 'overlaps' ? { from } : {}
        const cells = expectedCells(lists, asked.upTo, from)
        expect({
          histogram: shown.histogram,
          overlaps: shown.overlaps.map(({ count }) => count),
        }).toEqual(shownOf(cells, { show, minCell, ...first }))
      }),
      { numRuns: 60 },
    )
  })

  it('tells no more bits than it opens, and none where nothing can open', () => {
    const rule = { id: 'x', kind: 'host', listAgeDays: 0, show: 'histogram', upTo: 4 } as const
    const world = material([0, 12, 12, 12, 3])
    expect(countFinding({ ...rule, minCell: 100, from: 2 }, world).bits).toBe(0)
    const { exact, bits } = countFinding({ ...rule, minCell: 10, from: 1 }, world)
    expect(cellsOf(exact)).toEqual([27, 12, 0, 0])
    // Closed, 10, 20 or 30.
    expect(bits).toBe(4 * Math.log2(4))
  })

  it('is swept, and has a convenant to itself for each of a kind', () => {
    const text = smallWorld().replace(
      'rules:',
      'rules:\n  - { kinds: [iban, phone], output: aggregates, aggregates: { show: [both, overlaps], from: [1, 2] } }',
    )
    const experiment = parseExperiment(text, 'x.yaml')
    const counted = countRulesOf(experiment)
    expect(counted.map(({ id }) => id)).toEqual(
      ['iban', 'phone'].flatMap((kind) => [
        ...[`${kind}-counts-both-c10-alone`, `${kind}-counts-both-c10`],
        `${kind}-counts-overlaps-c10`,
      ]),
    )
    const rules = rulesOf(experiment).filter((rule) => choiceOf(rule, experiment) !== undefined)
    const terms = termsOf(rules, counted, experiment)
    expect(terms.map(({ choices }) => choices.map(({ output }) => output))).toEqual([
      terms[0]!.choices.map(() => 'list'),
      ...[1, 2, 3].map(() => ['aggregates', 'aggregates']),
    ])
  })

  it.each([
    ['{ kinds: iban, t: 2, output: aggregates }', 'rules.0.t'],
    ['{ kinds: iban, output: aggregates, sectors: 2 }', 'rules.0'],
    ['{ kinds: iban }', 'rules.0.t'],
    ['{ kinds: iban, t: 2, aggregates: { minCell: 10 } }', 'rules.0.aggregates'],
    ['{ kinds: iban, output: aggregates, aggregates: { minCell: 9 } }', 'minCell'],
  ])('is refused with the field: %s', (rule, field) => {
    const text = smallWorld().replace('rules:', `rules:\n  - ${rule}`)
    expect(() => parseExperiment(text, 'x.yaml')).toThrow(field)
  })
})
