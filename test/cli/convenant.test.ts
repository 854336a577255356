import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { convenantDraft } from '@drempel/cli/internal/commands/convenant-draft'
import {
  ACKNOWLEDGEMENTS,
  convenantDigest,
  formatSignedConvenant,
  parseSignedConvenantText,
  type SignedConvenant,
  signConvenant,
} from '@drempel/protocol/convenant'
import { base64url, hex } from '@drempel/protocol/encoding'
import { describe, expect, it } from 'vitest'
import { draft, FOUR, NOW, signedBy, signerOf } from '../protocol/convenant/world.ts'
import { drempel, fakeNode, folder } from './world.ts'

const ALL = FOUR.map(({ id }) => id)

function save(signed: SignedConvenant, name = 'c.json'): string {
  const path = join(folder(), name)
  writeFileSync(path, formatSignedConvenant(signed))
  return path
}

const read = (path: string) => parseSignedConvenantText(readFileSync(path, 'utf8'))

describe('convenant draft', () => {
  const members = () =>
    FOUR.map((member) => {
      const path = join(folder(), `${member.id}.json`)
      writeFileSync(path, JSON.stringify(member))
      return path
    })

  it('writes a valid unsigned convenant by the choices given', async () => {
    const path = join(folder(), 'c.json')
    const { exit, json } = await drempel(
      [
        ...['convenant', 'draft', '--member', ...members(), '--id', 'test', '-o', path, '--json'],
        '--cross-sector',
        ...['--rule', 'host:2', 'phone:3:owners:plain', '--rule', 'host:3', '--list-cap', '500'],
        ...['--quorum', '4', '--key-epoch-days', 'round', '--every-hours', '24', '--min-list', '0'],
        ...['--compute', 'bank-b', 'telecom', 'platform', '--valid-until', '2029-01-01T00:00:00Z'],
      ],
      { now: NOW },
    )
    expect(exit).toBe(0)
    expect(json()).toEqual({ file: path, id: 'test', version: 1 })
    const { convenant, signatures } = read(path)
    expect(signatures).toEqual([])
    expect(convenant).toMatchObject({
      validFrom: '2027-06-15T00:00:00Z',
      validUntil: '2029-01-01T00:00:00Z',
      computeNodes: ['bank-b', 'telecom', 'platform'],
      keyHolders: { quorum: 4 },
      round: { keyEpochDays: 'round', schedule: { everyHours: 24 } },
      witnesses: FOUR.map(({ id }) => id),
    })
    expect(convenant.kinds.map(({ kind, listCap }) => [kind, listCap])).toEqual([
      ['host', 500],
      ['phone', 500],
    ])
    expect(convenant.rules.map(({ id, output, keys }) => [id, output, keys])).toEqual([
      ['host-t2', 'list', 'tag'],
      ['phone-t3-owners', 'owners', 'plain'],
      ['host-t3', 'list', 'tag'],
    ])
  })

  it('writes rules on sectors, reports and counts, and shows them to who signs', async () => {
    const path = join(folder(), 'c.json')
    const rules = [
      'host:2:s2',
      'phone:2:r3:owners',
      'email:2:aggregates',
      'iban:2:aggregates:alone',
    ]
    const argv = ['convenant', 'draft', '--member', ...members(), '--cross-sector', '-o', path]
    expect((await drempel([...argv, '--rule', ...rules], { now: NOW })).exit).toBe(0)
    expect(read(path).convenant.rules).toMatchObject([
      { id: 'host-t2-s2', t: 2, minSectors: 2, output: 'list' },
      { id: 'phone-t2-r3-owners', t: 2, reports: 3, output: 'owners' },
      {
        id: 'email-t2-aggregates',
        aggregates: { show: 'both', minCell: 10, everyDays: 28 },
      },
      { id: 'iban-t2-aggregates', aggregates: { from: 1 } },
    ])
    const { out } = await drempel(['convenant', 'show', path, '--lang', 'en'])
    expect(out).toContain('aggregates: both, from 10, once in 28 d at most')
    expect(out).toContain('aggregates: both 1.., from 10, once in 28 d at most')
  })

  it('has no purposes where no rule makes a list', async () => {
    const path = join(folder(), 'c.json')
    const rules = ['host:2:aggregates', 'phone:3:owners']
    const argv = ['convenant', 'draft', '--member', ...members(), '--rule', ...rules, '-o', path]
    expect((await drempel(argv, { now: NOW })).exit).toBe(0)
    expect(read(path).convenant.purposes).toEqual([])
    const { out } = await drempel(['convenant', 'show', path, '--lang', 'en'])
    expect(out).toContain('No purposes: no identifier can be asked about.')
  })

  it('lets no flags of one sector answer another until that is asked for', async () => {
    const argv = ['convenant', 'draft', '--member', ...members(), '--json']
    const refused = await drempel(argv)
    expect(refused.exit).toBe(2)
    expect(refused.json().error.code).toBe('CONVENANT_INVALID')
    expect(refused.out).toContain('crossSector')
    expect(refused.json().error.next).toMatch(/^there are several sectors: --cross-sector/)
    const asked = await drempel([...argv, '--cross-sector'])
    const pairs = asked.json().convenant.purposes[0].crossSector
    expect(pairs).toContainEqual({
      ...{ from: 'telecom', to: 'bank' },
      grondslag: { law: 'avg-6-1-f', explanation: expect.anything() },
    })
  })

  it('says what a rule lacks that more members are needed for', async () => {
    const argv = ['convenant', 'draft', '--member', ...members().slice(0, 3), '--cross-sector']
    const { err, exit } = await drempel([...argv, '--rule', 'host:3', '--lang', 'nl'])
    expect(exit).toBe(2)
    expect(err).toContain('minstens één meer: --member, of een kleinere t')
  })

  it.each(convenantDraft.examples)('does what its example says: %s', async (example) => {
    const cwd = folder()
    const files = ['a.json', 'b.json', 'c.json', 'd.json']
    for (const [i, file] of files.entries()) {
      writeFileSync(join(cwd, file), JSON.stringify(FOUR[i]))
    }
    // What a shell makes of the pattern.
    const argv = String(example).replace('*/member.json', files.join(' ')).split(' ')
    expect(await drempel(argv, { cwd, now: NOW })).toMatchObject({ exit: 0, err: '' })
    expect(read(join(cwd, argv.at(-1)!)).convenant.members).toHaveLength(4)
  })

  it('names the witnesses that were chosen', async () => {
    const argv = ['convenant', 'draft', '--member', ...members(), '--cross-sector', '--json']
    const { json } = await drempel([...argv, '--witness', 'bank-b', 'telecom', 'platform'])
    expect(json()).toMatchObject({ convenant: { witnesses: ['bank-b', 'telecom', 'platform'] } })
    const unknown = await drempel([...argv, '--witness', 'nobody'])
    expect(unknown.exit).toBe(2)
    expect(unknown.out).toContain('CONVENANT_INVALID')
  })

  it.each([
    [['--rule', 'host'], 2, '--rule'],
    [['--rule', 'host:2:everyone'], 2, '--rule'],
    [['--rule', 'bitcoin:2'], 2, '--rule'],
    [['--rule', 'host:2:s'], 2, '--rule'],
    [['--rule', 'host:2:r2'], 2, 'CONVENANT_INVALID'],
    [['--rule', 'host:2', 'host:2:aggregates'], 2, 'RULE_AGGREGATES'],
    [['--rule', 'host:2:alone'], 2, '--rule'],
    [['--rule', 'host:1'], 2, 'CONVENANT_INVALID'],
    [['--quorum', '2'], 2, 'CONVENANT_INVALID'],
    [['--key-epoch-days', 'soon'], 2, '--key-epoch-days'],
    [['--dpia', 'nowhere.pdf'], 2, 'FILE_UNREADABLE'],
    [['--member', 'nobody.json'], 2, 'FILE_UNREADABLE'],
  ])('refuses %j', async (options, wanted, part) => {
    const argv = ['convenant', 'draft', '--member', ...members(), '--cross-sector', ...options]
    const { exit, out, err } = await drempel(argv)
    expect({ exit, out }).toEqual({ exit: wanted, out: '' })
    expect(err).toContain(part)
  })

  it('overwrites a signed convenant with --force alone, and says who signed it', async () => {
    const path = save(signedBy(draft(), ALL.slice(0, 2)))
    const argv = ['convenant', 'draft', '--member', ...members(), '--cross-sector', '-o', path]
    const kept = await drempel(argv)
    expect(kept.exit).toBe(2)
    expect(kept.err).toContain('FILE_EXISTS')
    expect(kept.err).toContain(ALL.slice(0, 2).join(', '))
    expect(read(path).signatures).toHaveLength(2)
    const forced = await drempel([...argv, '--force'])
    expect(forced.out).toContain(`drempel convenant show ${path}`)
    expect(read(path).signatures).toEqual([])
    expect((await drempel(argv)).exit).toBe(0)
  })

  it('refuses a file that describes no member', async () => {
    const path = join(folder(), 'x.json')
    writeFileSync(path, JSON.stringify({ ...FOUR[0], extra: 1 }))
    expect((await drempel(['convenant', 'draft', '--member', path])).err).toContain('MEMBER_FILE')
  })
})

describe('convenant sign', () => {
  const convenant = draft()
  const signer = (id: string, by = id, change: object = {}) =>
    fakeNode(({ path, body }) => {
      if (path !== 'convenant/sign') return undefined
      const { signature } = signConvenant(body.convenant.convenant, id, signerOf(by))
      const digest = hex(convenantDigest(body.convenant.convenant))
      return { json: { member: id, digest, signature, ...change } }
    }, id)

  it('puts each signature into the file, and shows first what is signed', async () => {
    const path = save({ convenant, signatures: [] })
    for (const [i, id] of ALL.entries()) {
      const node = await signer(id)
      const argv = ['convenant', 'sign', path, '--home', node.home, '--yes', '--lang', 'nl']
      const { exit, err } = await drempel(argv)
      expect(exit).toBe(0)
      expect(err).toContain(ACKNOWLEDGEMENTS.semiHonestList.nl)
      expect(err).toContain(hex(convenantDigest(convenant)))
      expect(read(path).signatures).toHaveLength(i + 1)
    }
    const again = await signer('bank-a')
    await drempel(['convenant', 'sign', path, '--home', again.home, '--yes'])
    expect(read(path).signatures).toHaveLength(4)
    expect((await drempel(['convenant', 'verify', path])).exit).toBe(0)
  })

  it('says whose signature is of another text than the one to sign', async () => {
    const { signatures } = signedBy(draft({ quotaPerDay: 20_000 }), ['bank-b'])
    const path = save({ convenant, signatures })
    const node = await signer('bank-a')
    const sign = ['convenant', 'sign', path, '--home', node.home, '--yes']
    const { err, out } = await drempel(sign)
    expect(err).toMatch(/^of another text +bank-b$/m)
    expect(out).toContain('The signature of bank-b is not of this text')
    expect((await drempel([...sign, '--json'])).json()).toMatchObject({ unfitting: ['bank-b'] })
    const install = await drempel(['convenant', 'install', path, '--home', node.home])
    expect(install.err).toContain('The signature of bank-b is not of this text')
    // Of who signs it after all, the other one is no longer spoken of.
    const theirs = await signer('bank-b')
    const mended = await drempel(['convenant', 'sign', path, '--home', theirs.home, '--yes'])
    expect(mended.out).not.toContain('not of this text')
  })

  it('signs nothing without a yes', async () => {
    const path = save({ convenant, signatures: [] })
    const node = await signer('bank-a')
    const { exit, err } = await drempel(['convenant', 'sign', path, '--home', node.home])
    expect(exit).toBe(1)
    expect(err).toContain('NOT_CONFIRMED')
    expect(node.calls).toEqual([])
  })

  it.each([
    ['by another key', 'bank-a', 'bank-b', {}],
    ['of a stranger', 'stranger', 'stranger', {}],
    ['of another convenant', 'bank-a', 'bank-a', { digest: '0'.repeat(64) }],
  ])('saves no signature %s', async (_name, id, by, change) => {
    const path = save({ convenant, signatures: [] })
    const node = await signer(id, by, change)
    const { exit, err } = await drempel(['convenant', 'sign', path, '--home', node.home, '--yes'])
    expect(exit).toBe(1)
    expect(err).toContain('SIGNATURE_WRONG')
    expect(read(path).signatures).toEqual([])
  })
})

describe('convenant install', () => {
  it('names all whose signature is missing, and asks nothing of the node', async () => {
    const node = await fakeNode(() => undefined)
    const path = save(signedBy(draft(), ['bank-a']))
    const { exit, err } = await drempel(['convenant', 'install', path, '--home', node.home])
    expect(exit).toBe(1)
    expect(err).toContain(`CONVENANT_SIGNATURE_MISSING`)
    expect(err).toContain(`at: ${ALL.slice(1).join(', ')}`)
    expect(err).toContain(`drempel convenant sign ${path}`)
    expect(node.calls).toEqual([])
  })
})

describe('convenant verify, show, diff', () => {
  const v1 = draft()
  const v2 = draft({ quotaPerDay: 20_000 })
  const next = { ...v2, version: 2, previous: base64url(convenantDigest(v1)) }

  it('names whose signature is missing or false', async () => {
    const half = await drempel(['convenant', 'verify', save(signedBy(v1, ['bank-a'])), '--json'])
    expect(half.exit).toBe(1)
    expect(half.json()).toMatchObject({
      verified: false,
      signed: ['bank-a'],
      missing: ALL.slice(1),
    })
    const forged = { ...signConvenant(v1, 'bank-a', signerOf('bank-b')) }
    const signatures = [forged, ...signedBy(v1, ALL.slice(1)).signatures]
    const bad = await drempel([
      'convenant',
      'verify',
      save({ convenant: v1, signatures }),
      '--json',
    ])
    expect(bad.json()).toMatchObject({ verified: false, missing: ['bank-a'] })
  })

  it('follows a history, and no gap in it', async () => {
    const files = [save(signedBy(v1, ALL)), save(signedBy(next, ALL))]
    expect((await drempel(['convenant', 'verify', ...files, '--json'])).json()).toMatchObject({
      verified: true,
      version: 2,
    })
    const gap = await drempel(['convenant', 'verify', ...files.reverse()])
    expect(gap.err).toContain('CONVENANT_NOT_SUCCESSOR')
    const unsigned = await drempel([
      'convenant',
      'verify',
      save(signedBy(v1, ALL)),
      save(signedBy(next, ALL.slice(2))),
    ])
    expect(unsigned.exit).toBe(1)
  })

  it('refuses a file with a repeated member name, or rewritten by hand', async () => {
    const path = save(signedBy(v1, ALL))
    const text = readFileSync(path, 'utf8')
    for (const bent of [
      text.replace('"version": 1,', '"version": 2,\n    "version": 1,'),
      JSON.stringify(JSON.parse(text)),
    ]) {
      writeFileSync(path, bent)
      expect((await drempel(['convenant', 'verify', path])).err).toContain('CONVENANT_INVALID')
    }
  })

  it('shows what changes with a mark where a signer must look', async () => {
    const { out } = await drempel([
      'convenant',
      'diff',
      save(signedBy(v1, ALL)),
      save(signedBy(next, ALL)),
    ])
    expect(out).toMatch(/!\s+purposes\[[a-z-]+\]\.quotaPerDay\s+10000\s+20000/)
    expect(out).toMatch(/^\s+version\s+1\s+2/m)
  })

  it("shows the node's own, and the same as JSON", async () => {
    const signed = signedBy(v1, ALL)
    const node = await fakeNode(() => ({ json: { convenant: signed } }))
    const shown = await drempel(['convenant', 'show', '--home', node.home])
    for (const id of ALL) expect(shown.out).toContain(id)
    const { json } = await drempel(['convenant', 'show', '--home', node.home, '--json'])
    expect(json()).toEqual({ digest: hex(convenantDigest(v1)), missing: [], ...signed })
  })
})
