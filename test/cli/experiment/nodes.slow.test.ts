import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOnNodes } from '@drempel/cli/internal/experiment/nodes'
import { materialOf } from '@drempel/cli/internal/experiment/run'
import { describe, expect, it } from 'vitest'
import { drempel, folder } from '../world.ts'
import { small, smallWorld } from './samples.ts'

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('drempel-experiment-'))

describe('experiment run with nodes', () => {
  it('gives the report of --plain, agreed with by the protocol, and what it took', async () => {
    const cwd = folder()
    const before = left()
    const more = 'parameters: { campaigns: 10 }\nsensitivity: false'
    writeFileSync(join(cwd, 'proef.yaml'), smallWorld(more))
    const ran = await drempel(['experiment', 'run', 'proef.yaml', '--out', 'nodes'], { cwd })
    expect(ran.exit).toBe(0)
    expect(ran.err).toContain('4 of 4 nodes run')
    await drempel(['experiment', 'run', 'proef.yaml', '--out', 'plain', '--plain'], { cwd })
    const read = (file: string) => readFileSync(join(cwd, file), 'utf8')
    for (const name of ['results.json', 'results.csv']) {
      expect(read(`nodes/${name}`)).toBe(read(`plain/${name}`))
    }
    expect(read('nodes/report.html')).not.toBe(read('plain/report.html'))
    const { answered, notInConvenant, rounds } = JSON.parse(read('nodes/measured.json'))
    expect(answered).toContain('iban-t2')
    expect([...answered, ...notInConvenant]).toHaveLength(10)
    expect(rounds[0].lists.length).toBeGreaterThan(0)
    const { convenant, signatures } = JSON.parse(read('nodes/convenant.json'))
    expect(signatures).toHaveLength(convenant.members.length)
    expect(existsSync(join(cwd, 'plain/measured.json'))).toBe(false)
    expect(left()).toEqual(before)
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
