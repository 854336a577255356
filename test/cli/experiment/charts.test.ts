/** Charts and tables of a report by what is drawn: marks where the axis says, names that can be read. */

import { COLOURS, GREY } from '@drempel/cli/internal/experiment/report/axis'
import { decimal, interval, tableOf } from '@drempel/cli/internal/experiment/report/markup'
import { type ChartRow, rowsChart } from '@drempel/cli/internal/experiment/report/rows'
import { type Point, scatter } from '@drempel/cli/internal/experiment/report/scatter'
import { describe, expect, it } from 'vitest'

type Drawn = Readonly<Record<string, string>> & { readonly text: string }

/** Each element of this name with its attributes and, where it has any, its text. */
function drawn(svg: string, name: string): Drawn[] {
  return [...svg.matchAll(new RegExp(`<${name}((?: [\\w-]+="[^"]*")*)/?>([^<]*)`, 'g'))].map(
    ([, given = '', text = '']) => {
      const attributes = [...given.matchAll(/([\w-]+)="([^"]*)"/g)]
      return { ...Object.fromEntries(attributes.map(([, key, value]) => [key, value])), text }
    },
  )
}

/** Where a label stands. */
const placeOf = (svg: string, label: string) => {
  const { x, y } = drawn(svg, 'text').find(({ text }) => text === label)!
  return { x: Number(x), y: Number(y) }
}

describe('a chart of rows', () => {
  const rows: readonly ChartRow[] = [
    { label: 'dot', marks: [{ shape: 'dot', value: 50, low: 40, high: 60, series: 0 }] },
    {
      label: 'bars',
      marks: [
        { shape: 'bar', from: -20, to: 20, series: 1 },
        { shape: 'bar', from: 100, to: 20, series: 2 },
      ],
      note: 'noted',
    },
    { label: 'diamond', marks: [{ shape: 'diamond', value: 80, series: 0 }], quiet: true },
  ]
  const chart = { rows, axis: 'share', format: String, label: 'What it shows' }
  const svg = rowsChart({ ...chart, series: ['measured', 'part', 'rest', 'unused'] })
  const [zero, hundred] = [placeOf(svg, '0').x, placeOf(svg, '100').x]
  const at = (value: number) => zero + (value / 100) * (hundred - zero)
  const row = (label: string) => svg.match(/<g>.*?<\/g>/g)!.find((g) => g.includes(`>${label}<`))!

  it('has its marks where the axis says, each in its row', () => {
    const [dot] = drawn(row('dot'), 'circle')
    const [whisker] = drawn(row('dot'), 'line')
    const bars = drawn(row('bars'), 'rect').flatMap(({ x, width }) => [+x!, +x! + +width!])
    const placed = [+dot!.cx!, +whisker!.x1!, +whisker!.x2!, ...bars]
    expect(placed).toEqual(
      [50, 40, 60, -20, 20, 20, 100].map((value) => expect.closeTo(at(value), 0)),
    )
    const middles = drawn(row('bars'), 'rect').map(
      ({ y, height }) => Number(y) + Number(height) / 2,
    )
    expect(new Set(middles)).toEqual(new Set([placeOf(svg, 'bars').y - 4]))
  })

  it('shows zero among its other lines', () => {
    const lines = drawn(svg, 'line').filter(({ class: kind }) => kind !== undefined)
    expect(lines.filter(({ class: kind }) => kind === 'zero')).toMatchObject([{ x1: `${zero}` }])
    expect(lines.length).toBeGreaterThan(3)
  })

  it('says a note behind its last mark, and the numbers of every other row', () => {
    expect(placeOf(svg, 'noted').x).toBeGreaterThan(at(100))
    const titles = drawn(svg, 'title').map(({ text }) => text)
    expect(titles).toEqual(['dot: 50, 40, 60', 'bars: noted', 'diamond: 80'])
  })

  it('draws a reference in grey, and others in the colour of their series', () => {
    expect(drawn(row('diamond'), 'path')).toMatchObject([{ stroke: GREY }])
    expect(drawn(row('dot'), 'circle')).toMatchObject([{ fill: COLOURS[0] }])
    const fills = drawn(row('bars'), 'rect').map(({ fill }) => fill)
    expect(fills).toEqual([COLOURS[1], COLOURS[2]])
  })

  it('names its series where there are several, each with its mark', () => {
    const legend = svg.slice(0, svg.indexOf('<line'))
    const names = ['measured', 'part', 'rest', 'unused']
    expect(drawn(legend, 'text').map(({ text }) => text)).toEqual(names)
    expect(drawn(legend, 'circle')).toHaveLength(1)
    expect(drawn(legend, 'rect').map(({ fill }) => fill)).toEqual(COLOURS.slice(1, 4))
    const places = names.map((name) => placeOf(svg, name).x)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    const two = rowsChart({ ...chart, rows: rows.slice(0, 1), series: ['measured', 'part'] })
    expect(two).toContain('>part<')
    expect(rowsChart({ ...chart, rows: rows.slice(0, 1), series: ['measured'] })).not.toContain(
      'measured',
    )
  })
})

describe('a scatter', () => {
  const draw = (points: readonly Point[]) =>
    scatter({
      ...{ points, xAxis: 'cost', yAxis: 'yield', label: 'Cost against yield' },
      ...{ formatX: String, formatY: (value: number) => `${value}%` },
    })
  const dots = (svg: string) =>
    drawn(svg, 'circle').map(({ cx, cy }) => [Number(cx), Number(cy)] as const)
  /** Lines from a name to its dot: those of the grid have a class. */
  const leaders = (svg: string) => drawn(svg, 'line').filter(({ class: kind }) => !kind)

  it('has more to the right and above, and names only those worth it', () => {
    const svg = draw([
      { label: 'least', x: 0, y: 0, named: true },
      { label: 'most', x: 100, y: 50, named: true },
      { label: 'dull', x: 40, y: 20, named: false },
    ])
    const [least, most, dull] = dots(svg)
    const crossing = (x: string, y: string) => [
      expect.closeTo(placeOf(svg, x).x, 1),
      expect.closeTo(placeOf(svg, y).y - 4, 1),
    ]
    expect(least).toEqual(crossing('0', '0%'))
    expect(most).toEqual(crossing('100', '50%'))
    expect(most![0]).toBeGreaterThan(least![0])
    expect(most![1]).toBeLessThan(least![1])
    expect(dull).toEqual(crossing('40', '20%'))
    const texts = drawn(svg, 'text').map(({ text }) => text)
    expect(texts).toEqual(expect.arrayContaining(['least', 'most', 'cost', 'yield']))
    expect(texts).not.toContain('dull')
    expect(svg).toContain('<title>dull: 40; 20%</title>')
  })

  it('writes no name over another, and leads from one that stands apart to its dot', () => {
    const points = Array.from({ length: 9 }, (_, i) => {
      return { label: `number ${i}`, x: 50 + i / 10, y: 20, named: true }
    })
    const svg = draw([...points, { label: 'far', x: 100, y: 40, named: false }])
    const boxes = points.map(({ label }) => {
      const { x, y } = placeOf(svg, label)
      return { y, left: x, right: x + 6.7 * label.length }
    })
    for (const [i, one] of boxes.entries()) {
      for (const other of boxes.slice(i + 1)) {
        const apart = Math.abs(one.y - other.y) >= 14
        expect(apart || one.right <= other.left || other.right <= one.left).toBe(true)
      }
    }
    const [, level] = dots(svg)[0]!
    const moved = boxes.filter(({ y }) => Math.abs(y - level - 4) > 0.1)
    expect(moved.length).toBeGreaterThan(4)
    const starts = leaders(svg).map(({ x1, y1 }) => [Number(x1), Number(y1)])
    expect(starts).toHaveLength(moved.length)
    for (const start of starts) expect(dots(svg)).toContainEqual(start)
  })
})

describe('a table', () => {
  it('has figures to the right, also those that were formatted, and names to the left', () => {
    const rows = [
      ['first', 1234, '3 → 4', 'a name', null],
      ['second', 5, '−1.234,5%', 'another', 7],
    ]
    const html = tableOf(['what', 'count', 'change', 'who', 'some'], rows, 'nl')
    const right = drawn(html, 't[hd]').map(({ class: kind, text }) => [text, kind === 'n'])
    expect(right).toEqual([
      ...[['what', false] as const, ['count', true] as const, ['change', true] as const],
      ...[['who', false] as const, ['some', true] as const],
      ...[['first', false] as const, ['1.234', true] as const, ['3 → 4', true] as const],
      ...[['a name', false] as const, ['–', true] as const],
      ...[['second', false] as const, ['5', true] as const, ['−1.234,5%', true] as const],
      ...[['another', false] as const, ['7', true] as const],
    ])
    expect(drawn(html, 'th').map(({ scope }) => scope)).toEqual([
      ...Array(5).fill('col'),
      ...Array(2).fill('row'),
    ])
  })

  it('has signs and shares as the language writes them', () => {
    expect([decimal(-1.25, 1, 'nl'), decimal(-1234.5, 1, 'en')]).toEqual(['−1,3', '−1,234.5'])
    const share = { share: 0.5, low: 0.25, high: 1 }
    expect(interval(share, 'nl')).toBe('50,0% (25,0% – 100,0%)')
    expect(interval({ ...share, low: null }, 'en')).toBe('–')
  })
})
