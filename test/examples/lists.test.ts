import { inSample, NPM_LISTS, type NpmListName, npmList } from '@drempel/examples/lists'
import { canonicalize } from '@drempel/protocol/identifiers'
import { describe, expect, it } from 'vitest'

const lists = new Map(NPM_LISTS.map((name) => [name, npmList(name)]))

/** How many names stand on at least t of the lists, computed in the clear. */
function onAtLeast(t: number, some: Iterable<readonly string[]>): number {
  const count = new Map<string, number>()
  for (const list of some) for (const name of list) count.set(name, (count.get(name) ?? 0) + 1)
  return [...count.values()].filter((owners) => owners >= t).length
}

describe('the four lists from npm', () => {
  it.each<[NpmListName, number, number]>([
    ['fakefilter', 4552, 285],
    ['mailchecker', 56_359, 3482],
    ['burner-email-providers', 57_070, 3397],
    ['disposable-email-domains-js', 8883, 518],
  ])('%s has %i names, %i of them in the sample', (name, size, sampled) => {
    const list = lists.get(name)!
    expect(list).toHaveLength(size)
    expect(list.filter(inSample)).toHaveLength(sampled)
    expect(list).toEqual([...new Set(list)].sort())
    expect(list.every((entry) => entry === entry.toLowerCase() && entry === entry.trim())).toBe(
      true,
    )
  })

  it('overlap as known: 18,566 names on two, 2,594 on three; in the sample 1,071 and 147', () => {
    const whole = [...lists.values()]
    const sample = whole.map((list) => list.filter(inSample))
    expect([1, 2, 3].map((t) => onAtLeast(t, whole))).toEqual([105_538, 18_566, 2594])
    expect([1, 2, 3].map((t) => onAtLeast(t, sample))).toEqual([6456, 1071, 147])
  })

  it('hold host names only, and canonical forms but for four', () => {
    const changed: string[] = []
    const canonical = [...lists.values()].map((list) => {
      const forms = list.map((name) => canonicalize('host', name))
      changed.push(...list.filter((name, i) => name !== forms[i]))
      return [...new Set(forms)]
    })
    // Written in Unicode; their A-labels stand on the same list already.
    expect(changed).toEqual([
      'inst\u00e1gram.com',
      'refei\u00e7\u00e3o.online',
      's\u00e4kerhetsv\u00e4st.se',
      'thepirat\u00e9bay.org',
    ])
    expect(canonical.map((list) => list.length)).toEqual([4552, 56_359, 57_066, 8883])
    expect([1, 2, 3].map((t) => onAtLeast(t, canonical))).toEqual([105_534, 18_566, 2594])
  })
})
