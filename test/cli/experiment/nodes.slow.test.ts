import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '@drempel/cli/internal/experiment/model'
import { runOnNodes } from '@drempel/cli/internal/experiment/nodes'
import { parseExperiment } from '@drempel/cli/internal/experiment/parse'
import { rulesOf } from '@drempel/cli/internal/experiment/rules'
import { materialOf } from '@drempel/cli/internal/experiment/run'
import type { Text } from '@drempel/cli/internal/output/language'
import { describe, expect, it } from 'vitest'
import { drempel, folder } from '../world.ts'
import { small, smallWorld } from './samples.ts'

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('drempel-experiment-'))

describe('experiment run with nodes', () => {
  it('gives the report of --plain, agreed with by the protocol, and what it took', async () => {
    const cwd = folder()
    const before = left()
    const more = 'parameters: { campaigns: 10 }\nsensitivity: false'
    const text = smallWorld(more)
      .replace('kinds: [iban, phone]', 'kinds: iban')
      .replace('rules:', 'rules:\n  - { kinds: iban, output: aggregates, aggregates: { from: 1 } }')
    writeFileSync(join(cwd, 'proef.yaml'), text)
    const ran = await drempel(['experiment', 'run', 'proef.yaml', '--out', 'nodes'], { cwd })
    expect(ran.exit).toBe(0)
    expect(ran.err).toContain('4 of 4 nodes run')
    const plain = ['experiment', 'run', 'proef.yaml', '--out', 'plain', '--plain', '--no-sample']
    await drempel(plain, { cwd })
    const read = (file: string) => readFileSync(join(cwd, file), 'utf8')
    for (const name of ['results.json', 'results.csv']) {
      expect(read(`nodes/${name}`)).toBe(read(`plain/${name}`))
    }
    // The reports differ in who answered alone: nothing that was measured is in them.
    const agreed = /<p>The same question was answered by the real protocol[^<]*<\/p>\n/
    const computed = /<p>Computed without the protocol[^<]*<\/p>\n<p>[^<]*<\/p>\n/
    const [report, plainly] = [read('nodes/report.html'), read('plain/report.html')]
    expect([report.match(agreed), plainly.match(computed)]).not.toContain(null)
    expect(report.replace(agreed, '')).toBe(plainly.replace(computed, ''))
    expect(read('nodes/measured.html')).toContain('Measured between real nodes')
    const { answered, notInConvenant, rounds } = JSON.parse(read('nodes/measured.json'))
    const rules = rulesOf(parseExperiment(text, 'proef.yaml'))
    expect(answered).toEqual([...rules.map(({ id }) => id), 'iban-counts-both-c10-alone'])
    expect(notInConvenant).toEqual([])
    expect(rounds[0].lists.length).toBeGreaterThan(0)
    for (const { measured, computed } of rounds[0].bytesSent.slice(0, 3)) {
      expect(measured / computed).toBeGreaterThan(0.95)
      expect(measured / computed).toBeLessThan(1.05)
    }
    // Who counts has a convenant of its own, in which nothing can be asked.
    expect(JSON.parse(read('nodes/convenant-2.json')).convenant.purposes).toEqual([])
    const { convenant, signatures } = JSON.parse(read('nodes/convenant.json'))
    expect(signatures).toHaveLength(convenant.members.length)
    expect(existsSync(join(cwd, 'plain/measured.json'))).toBe(false)
    expect(left()).toEqual(before)
  })

  it('checks a sample where the rest is computed plainly', async () => {
    const cwd = folder()
    const few = smallWorld('parameters: { campaigns: 30 }\nsensitivity: false')
      .replace(/ {2}- \{ id: bank-zuid.*\n/, '')
      .replace(/rules:(.|\n)*(?=parameters)/, 'rules: [{ kinds: iban, t: 2 }]\n')
    writeFileSync(join(cwd, 'proef.yaml'), few)
    const argv = ['experiment', 'run', 'proef.yaml', '--out', 'plain', '--plain', '--lang', 'en']
    const ran = await drempel(argv, { cwd })
    expect(ran.exit).toBe(0)
    expect(ran.err).toContain('goes through the real protocol')
    const html = readFileSync(join(cwd, 'plain/report.html'), 'utf8')
    expect(html).toMatch(/a sample of \d+ identifiers at 3 partners/)
    expect(existsSync(join(cwd, 'plain/measured.json'))).toBe(false)
  })

  it('contradicts a reference that is wrong about one identifier', async () => {
    const experiment = parseExperiment(smallWorld('parameters: { campaigns: 4 }'), 'small.yaml')
    const three = {
      ...{ ...experiment, partners: experiment.partners.slice(1) },
      rules: [{ ...experiment.rules[0]!, kinds: ['iban' as const], t: [2], sectors: [1] }],
    }
    const material = await materialOf(three, 'small.yaml')
    const alone = material.items.find(({ reports }) => {
      return new Set(reports.map(({ partner }) => partner)).size === 1
    })!
    const dutch: string[] = []
    const onProgress = ({ en: step, nl }: Text) => {
      dutch.push(nl)
      // The nodes have answered: from here on the reference takes it for flagged by a second one.
      if (!step.includes('compared')) return
      const partner = (alone.reports[0]!.partner + 1) % 3
      ;(alone.reports as Report[]).push({ day: material.lastDay, partner })
    }
    await expect(runOnNodes(three, material, { clock: Date.now, onProgress })).rejects.toThrow(
      expect.objectContaining({ code: 'EXPERIMENT_DIFFERS' }),
    )
    expect(dutch).toContain('3 van de 3 nodes draaien')
    expect(dutch.at(-1)).toBe('iban: wat de nodes zeggen, wordt vergeleken')
  })

  it('are not begun for what no convenant allows', async () => {
    const experiment = small()
    const material = await materialOf(experiment, 'small.yaml')
    const options = { clock: Date.now, onProgress: () => {} }
    const two = { ...experiment, partners: experiment.partners.slice(0, 2) }
    await expect(runOnNodes(two, { ...material, partners: two.partners }, options)).rejects.toThrow(
      expect.objectContaining({ code: 'EXPERIMENT_INVALID' }),
    )
  })
})
