import { withBase } from '@drempel/cli/internal/experiment/copy'
import { parseExperiment } from '@drempel/cli/internal/experiment/parse'
import { digestOf } from '@drempel/cli/internal/experiment/results'
import { describe, expect, it } from 'vitest'
import { smallWorld } from './samples.ts'

describe('the copy of an experiment', () => {
  const plain = `# of mine\n${smallWorld('parameters: { campaigns: 3 } # few')}\n`
  const indented = `---\n${plain.replaceAll(/^(?=.)/gm, '  ')}`

  it.each([
    ['as it is written', plain],
    ['indented, after a mark', indented],
    ['with another line end', plain.replaceAll('\n', '\r\n')],
    ['in one line, as JSON', JSON.stringify(parseExperiment(plain, 'x'))],
    ['with a base already', `base: /somewhere # there\n${plain}`],
    ['with a base of several lines', `${plain}base: >-\n  some\n  where\n`],
    ['with a base in several lines, first', `base: |-\n  somewhere\n${plain}`],
    ['with a quoted base', `"base": "x"\n${plain}`],
    ['with a base in a comment alone', `# base: y\n${plain}`],
  ])('%s leads to the same data, and is the same experiment', (_, text) => {
    const copy = withBase(text, '../a "b"\\c')
    const [before, after] = [parseExperiment(text, 'x'), parseExperiment(copy, 'y')]
    expect(after).toEqual({ ...before, base: '../a "b"\\c' })
    expect(digestOf(after)).toBe(digestOf(before))
    for (const comment of text.match(/#.*$/gm) ?? []) expect(copy).toContain(comment)
    expect(withBase(copy, '.')).toBe(withBase(text, '.'))
  })
})
