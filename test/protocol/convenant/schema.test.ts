import {
  ACKNOWLEDGEMENTS,
  convenantSchema,
  formatSignedConvenant,
  KINDS,
  parseConvenant,
  parseSignedConvenant,
  parseSignedConvenantText,
  readConvenant,
} from '@drempel/protocol/convenant'
import { IDENTIFIER_KINDS } from '@drempel/protocol/identifiers'
import { describe, expect, it } from 'vitest'
import { bend, draft, FOUR, type Loose, member, signedBy } from './world.ts'

const good = draft({ kinds: ['host', 'phone'] })

/** code and path of every problem, sorted */
function problems(change: (copy: Loose) => void): string[] {
  const reading = readConvenant(bend(good, change))
  return reading.ok ? [] : reading.problems.map(({ code, path }) => `${code} ${path}`).sort()
}

describe('the shape of a convenant', () => {
  it('is accepted when nothing is wrong', () => {
    expect(readConvenant(good)).toEqual({ ok: true, convenant: good })
    expect(readConvenant(JSON.parse(JSON.stringify(good)))).toEqual({ ok: true, convenant: good })
  })

  it('knows the kinds of the identifiers layer', () => {
    expect([...KINDS].sort()).toEqual([...IDENTIFIER_KINDS].sort())
  })

  it('has a sentence for every acknowledgement', () => {
    expect(Object.keys(ACKNOWLEDGEMENTS)).toEqual(
      Object.keys(convenantSchema.shape.acknowledgements.shape),
    )
  })

  it('needs every field: none may be left out, none may be added', () => {
    let fields = 0
    for (const [path, owner] of objectsIn(good)) {
      for (const field of Object.keys(owner)) {
        fields++
        const found = problems((copy) => {
          delete at(copy, path)[field]
        })
        expect(found.length, `${path.join('.')}.${field}`).toBeGreaterThan(0)
      }
      const found = problems((copy) => {
        at(copy, path).extra = 1
      })
      const prefix = pathText(path)
      // A union of forms can't say which of them the writer meant.
      if (prefix !== 'round.schedule')
        expect(found).toEqual([`UNKNOWN_FIELD ${prefix === '' ? '' : `${prefix}.`}extra`])
    }
    expect(fields).toBeGreaterThan(100)
  })

  it.each(['A-case', '-edge', 'two--hyphens', 'case-20261', 'under_score', ''])(
    'refuses %j as a name',
    (id) => {
      const found = problems((copy) => {
        copy.id = id
      })
      expect(found.length).toBeGreaterThan(0)
    },
  )

  it('refuses a field named __proto__', () => {
    const text = JSON.stringify(good).replace('{', '{"__proto__":{"id":"x"},')
    expect(readConvenant(JSON.parse(text)).ok).toBe(false)
  })

  it('collects every bad field', () => {
    const found = problems((c) => {
      c.id = 'Not A Slug'
      c.members[1].url = 'ftp://x'
      c.members[2].signingKey = 'AAAA'
      c.rules[0].t = 1
      c.surprise = true
    })
    expect(found).toEqual([
      'BAD_FIELD id',
      'BAD_FIELD members[1].url',
      'BAD_FIELD members[2].signingKey',
      'BAD_FIELD rules[0].t',
      'UNKNOWN_FIELD surprise',
    ])
  })

  it.each([
    ['a non-loopback http URL', (c: Loose) => (c.members[0].url = 'http://10.0.0.1')],
    [
      'a host that only begins like loopback',
      (c: Loose) => (c.members[0].url = 'http://127.0.0.1.example'),
    ],
    ['a URL with a path', (c: Loose) => (c.members[0].url = 'https://a.example/')],
    ['a URL with credentials', (c: Loose) => (c.members[0].url = 'https://u:p@a.example')],
    ['a URL with its default port', (c: Loose) => (c.members[0].url = 'https://a.example:443')],
    ['an upper-case host', (c: Loose) => (c.members[0].url = 'https://A.example')],
    ['a padded key', (c: Loose) => (c.members[0].signingKey += '=')],
    ['a date without time', (c: Loose) => (c.validFrom = '2027-01-01')],
    ['a date with an offset', (c: Loose) => (c.validFrom = '2027-01-01T00:00:00+01:00')],
    ['a date with milliseconds', (c: Loose) => (c.validFrom = '2027-01-01T00:00:00.000Z')],
    ['a day that does not exist', (c: Loose) => (c.validFrom = '2027-02-30T00:00:00Z')],
    ['a bidirectional override', (c: Loose) => (c.purposes[0].text.nl = 'fraude \u202e edareuf')],
    ['a zero-width space', (c: Loose) => (c.members[0].name = 'Bank\u200b')],
    ['a line feed', (c: Loose) => (c.members[0].name = 'Bank\nA')],
    ['a lone surrogate', (c: Loose) => (c.members[0].name = 'Bank \ud800')],
    ['a decomposed accent', (c: Loose) => (c.members[0].name = 'Cafe\u0301')],
    ['an empty text', (c: Loose) => (c.title.nl = '')],
    ['a fraction', (c: Loose) => (c.purposes[0].quotaPerDay = 10.5)],
    ['a number as text', (c: Loose) => (c.purposes[0].quotaPerDay = '10')],
    ['a quota beyond exact products', (c: Loose) => (c.purposes[0].quotaPerDay = 2 ** 53)],
    ['a negative cap', (c: Loose) => (c.kinds[0].newPerRound = -1)],
    ['an unknown sector', (c: Loose) => (c.members[0].sector = 'church')],
    ['an unknown law', (c: Loose) => (c.purposes[0].grondslag.law = 'avg-6-4')],
    ['two compute nodes', (c: Loose) => c.computeNodes.pop()],
    ['no askers', (c: Loose) => (c.purposes[0].askers = [])],
    ['another format', (c: Loose) => (c.format = 'drempel-convenant/2')],
  ])('refuses %s', (_name, change) => {
    expect(problems(change).some((found) => found.startsWith('BAD_FIELD'))).toBe(true)
  })
})

describe('what must hold between fields', () => {
  it.each<[string, (c: Loose) => unknown, string[]]>([
    [
      'an id twice',
      (c) => (c.members[3].id = 'telecom'),
      [
        'DUPLICATE members[3].id',
        'UNKNOWN_REFERENCE computeNodes[2]',
        'UNKNOWN_REFERENCE keyHolders.members[3]',
        'UNKNOWN_REFERENCE purposes[0].askers[3]',
      ],
    ],
    [
      'a signing key twice',
      (c) => (c.members[3].signingKey = c.members[0].signingKey),
      ['DUPLICATE members[3].signingKey'],
    ],
    ['a URL twice', (c) => (c.members[3].url = c.members[0].url), ['DUPLICATE members[3].url']],
    [
      'a compute node twice',
      (c) => (c.computeNodes[2] = c.computeNodes[0]),
      ['DUPLICATE computeNodes[2]'],
    ],
    [
      'a key holder twice',
      (c) => (c.keyHolders.members[3] = 'bank-a'),
      ['DUPLICATE keyHolders.members[3]'],
    ],
    [
      'a kind twice',
      (c) => {
        c.kinds[1] = { ...c.kinds[0] }
        c.rules = c.rules.slice(0, 2)
        for (const p of c.purposes) {
          p.kinds = ['host']
          p.rules = c.rules.map((r: Loose) => r.id)
        }
      },
      ['DUPLICATE kinds[1].kind'],
    ],
    [
      'a rule twice',
      (c) => (c.rules[1].id = c.rules[0].id),
      [
        'DUPLICATE rules[1].id',
        'UNKNOWN_REFERENCE purposes[0].rules[1]',
        'UNKNOWN_REFERENCE purposes[1].rules[1]',
      ],
    ],
    [
      'an asker twice',
      (c) => c.purposes[1].askers.push('bank-a'),
      ['DUPLICATE purposes[1].askers[2]'],
    ],
    [
      'a quorum of half of the witnesses',
      (c) => {
        c.witnesses = ['bank-a', 'bank-b', 'telecom', 'platform']
        c.witnessing = { quorum: 2, graceMinutes: 15 }
      },
      ['QUORUM_TOO_SMALL witnessing.quorum'],
    ],
    [
      'a quorum that a witness itself can never have',
      (c) => {
        c.witnesses = ['bank-a', 'bank-b', 'telecom']
        c.witnessing = { quorum: 3, graceMinutes: 15 }
      },
      ['QUORUM_TOO_LARGE witnessing.quorum'],
    ],
    ['an unknown witness', (c) => (c.witnesses = ['nobody']), ['UNKNOWN_REFERENCE witnesses[0]']],
    [
      'an unknown suspended member',
      (c) => (c.suspended = ['nobody']),
      ['UNKNOWN_REFERENCE suspended[0]'],
    ],
    [
      'a rule of a kind not covered',
      (c) => (c.rules[0].kind = 'iban'),
      [
        'RULE_OF_OTHER_KIND purposes[0].rules[0]',
        'RULE_OF_OTHER_KIND purposes[1].rules[0]',
        'UNKNOWN_REFERENCE rules[0].kind',
      ],
    ],
    ['an end before the start', (c) => (c.validUntil = c.validFrom), ['VALIDITY_EMPTY validUntil']],
    [
      'a predecessor of version 1',
      (c) => (c.previous = c.members[0].signingKey),
      ['PREVIOUS_MISMATCH previous'],
    ],
    ['no predecessor of version 2', (c) => (c.version = 2), ['PREVIOUS_MISMATCH previous']],
    [
      'https without a pin, and then no impact assessment',
      (c) => (c.members[0].url = 'https://a.example'),
      [
        'DPIA_MISSING purposes[0].dpia',
        'DPIA_MISSING purposes[1].dpia',
        'TLS_PIN_MISSING members[0].tlsPin',
        'TRANSPORT_MIXED members',
      ],
    ],
    [
      'a pin on http',
      (c) => (c.members[0].tlsPin = c.members[0].signingKey),
      ['TLS_PIN_ON_HTTP members[0].tlsPin'],
    ],
    [
      'a quorum of half',
      (c) => (c.keyHolders.quorum = 2),
      ['COMPUTE_HOLDS_KEY keyHolders', 'QUORUM_TOO_SMALL keyHolders.quorum'],
    ],
    [
      'a quorum of more than all',
      (c) => (c.keyHolders.quorum = 5),
      ['QUORUM_TOO_LARGE keyHolders.quorum'],
    ],
    [
      'two of three holders computing, at q = 2',
      (c) => {
        c.keyHolders = { members: ['bank-a', 'bank-b', 'telecom'], quorum: 2 }
      },
      ['COMPUTE_HOLDS_KEY keyHolders'],
    ],
    [
      'one holder alone who computes',
      (c) => {
        c.keyHolders = { members: ['bank-a'], quorum: 1 }
      },
      ['COMPUTE_HOLDS_KEY keyHolders'],
    ],
    [
      'a phone without a region',
      (c) => (c.kinds[1].defaultRegion = null),
      ['REGION_MISPLACED kinds[1].defaultRegion'],
    ],
    [
      'telephone numbers without a budget of questions',
      (c) => delete c.kinds[1].queryBudget,
      ['BUDGET_MISSING kinds[1].queryBudget'],
    ],
    [
      'a host with a region',
      (c) => (c.kinds[0].defaultRegion = 'NL'),
      ['REGION_MISPLACED kinds[0].defaultRegion'],
    ],
    [
      'more new flags than flags',
      (c) => (c.kinds[0].newPerRound = c.kinds[0].listCap + 1),
      ['CAP_OUT_OF_ORDER kinds[0].newPerRound'],
    ],
    [
      'a budget that no quorum can serve',
      (c) => (c.kinds[0].epochBudget = 133_333),
      ['BUDGET_BELOW_CAP kinds[0].epochBudget'],
    ],
    [
      'an exception that no quorum can serve',
      (c) => {
        const { listCap, newPerRound, withdrawnPerRound } = c.kinds[0]
        c.kinds[0].exceptions = [
          { member: 'telecom', listCap, newPerRound, withdrawnPerRound, epochBudget: 100_000 },
        ]
      },
      ['BUDGET_BELOW_CAP kinds[0].exceptions[0].epochBudget'],
    ],
    [
      'aggregates beside a list of the kind, and without terms',
      (c) => (c.rules[0].output = 'aggregates'),
      [
        'RULE_AGGREGATES rules[0]',
        'RULE_AGGREGATES rules[0].aggregates',
        'RULE_NOT_LIST purposes[0].rules[0]',
        'RULE_NOT_LIST purposes[1].rules[0]',
      ],
    ],
    [
      'terms of aggregates on a list',
      (c) => (c.rules[0].aggregates = { show: 'both', minCell: 10, everyDays: 7 }),
      ['RULE_AGGREGATES rules[0].aggregates'],
    ],
    [
      'a first class of a histogram that is not shown',
      (c) => {
        c.rules = [
          c.rules[1],
          {
            ...c.rules[2],
            t: 2,
            output: 'aggregates',
            aggregates: { show: 'overlaps', minCell: 10, everyDays: 7, from: 1 },
          },
        ]
        c.purposes = c.purposes.slice(0, 1)
        c.purposes[0].kinds = ['host']
        c.purposes[0].rules = [c.rules[0].id]
      },
      ['RULE_AGGREGATES rules[1].aggregates.from'],
    ],
    [
      'more sectors than holders',
      (c) => (c.rules[0].minSectors = 3),
      ['RULE_CONDITION rules[0].minSectors', 'RULE_CONDITION rules[0].minSectors'],
    ],
    [
      'more sectors than there are',
      (c) => {
        c.rules[1].minSectors = 3
        c.members[2].sector = 'platform'
      },
      ['RULE_CONDITION rules[1].minSectors'],
    ],
    [
      'every sector, of which one has one member',
      (c) => (c.rules[1].minSectors = 3),
      ['RULE_CONDITION rules[1].minSectors'],
    ],
    [
      'no more reports than holders',
      (c) => (c.rules[1].reports = 3),
      ['RULE_CONDITION rules[1].reports'],
    ],
    [
      'more reports than all members can have',
      (c) => (c.rules[0].reports = 13),
      ['RULE_CONDITION rules[0].reports'],
    ],
    [
      'one threshold with and without sectors that nobody acknowledged',
      (c) => {
        c.rules = [c.rules[0], { ...c.rules[0], id: 'sectors', minSectors: 2 }, c.rules[2]]
        c.purposes = c.purposes.slice(0, 1)
        c.purposes[0].rules = ['host-t2', 'sectors', 'phone-t2']
        c.acknowledgements.severalThresholds = false
      },
      ['NOT_ACKNOWLEDGED acknowledgements.severalThresholds'],
    ],
    [
      'as many contributors as the threshold',
      (c) => (c.rules[1].minContributors = 3),
      ['TOO_FEW_CONTRIBUTORS rules[1].minContributors'],
    ],
    [
      'more contributors than members',
      (c) => (c.rules[1].minContributors = 5),
      ['TOO_FEW_CONTRIBUTORS rules[1].minContributors'],
    ],
    ['plain keys in a list', (c) => (c.rules[1].keys = 'plain'), ['PLAIN_KEYS rules[1].keys']],
    [
      'a list that nobody acknowledged',
      (c) => {
        c.acknowledgements.semiHonestList = false
        c.rules = [c.rules[0]]
        c.kinds = [c.kinds[0]]
        for (const p of c.purposes) {
          p.kinds = ['host']
          p.rules = [c.rules[0].id]
        }
      },
      ['NOT_ACKNOWLEDGED acknowledgements.semiHonestList'],
    ],
    [
      'two thresholds that nobody acknowledged',
      (c) => (c.acknowledgements.severalThresholds = false),
      [
        'NOT_ACKNOWLEDGED acknowledgements.severalThresholds',
        'NOT_ACKNOWLEDGED acknowledgements.severalThresholds',
      ],
    ],
    [
      'a list without a purpose to ask it for',
      (c) => (c.purposes = []),
      ['PURPOSE_MISSING purposes'],
    ],
    [
      'a purpose that asks an owners rule',
      (c) => (c.rules[0].output = 'owners'),
      ['RULE_NOT_LIST purposes[0].rules[0]', 'RULE_NOT_LIST purposes[1].rules[0]'],
    ],
    [
      'a kind of a purpose without a rule',
      (c) => (c.purposes[1].rules = ['host-t2']),
      ['KIND_WITHOUT_RULE purposes[1].kinds[1]'],
    ],
    [
      'an asker that may not hold the list',
      (c) => (c.rules[0].consumers = ['bank-a', 'bank-b']),
      ['ASKER_NOT_CONSUMER purposes[0].askers[2]', 'ASKER_NOT_CONSUMER purposes[0].askers[3]'],
    ],
    [
      'a quota below a batch',
      (c) => (c.purposes[0].quotaPerDay = 1_333),
      ['QUOTA_BELOW_BATCH purposes[0].quotaPerDay'],
    ],
    [
      'a batch on a single check',
      (c) => (c.purposes[1].maxBatch = 2),
      ['BATCH_ON_CHECK purposes[1].maxBatch'],
    ],
    [
      'the police on legitimate interests',
      (c) => {
        c.members[2].sector = 'police'
        for (const purpose of c.purposes)
          for (const pair of purpose.crossSector) {
            for (const side of ['from', 'to'])
              if (pair[side] === 'telecom') {
                pair[side] = 'police'
                pair.grondslag.law = 'wpg'
              }
          }
      },
      ['GRONDSLAG_OF_AUTHORITY purposes[0].askers[2]'],
    ],
    [
      'flags of telecom that answer a bank without a basis of their own',
      (c) =>
        (c.purposes[1].crossSector = c.purposes[1].crossSector.filter(
          (pair: Loose) => pair.from !== 'telecom',
        )),
      ['CROSS_SECTOR purposes[1].crossSector'],
    ],
    [
      'no basis between sectors at all',
      (c) => (c.purposes[1].crossSector = []),
      ['CROSS_SECTOR purposes[1].crossSector', 'CROSS_SECTOR purposes[1].crossSector'],
    ],
    [
      'a pair of sectors twice',
      (c) => c.purposes[1].crossSector.push(c.purposes[1].crossSector[0]),
      ['DUPLICATE purposes[1].crossSector[2]'],
    ],
    [
      'a sector paired with itself',
      (c) => (c.purposes[1].crossSector[0].to = c.purposes[1].crossSector[0].from),
      ['CROSS_SECTOR purposes[1].crossSector', 'CROSS_SECTOR purposes[1].crossSector[0]'],
    ],
    [
      'the Police Data Act between a bank and a platform',
      (c) => (c.purposes[1].crossSector[0].grondslag.law = 'wpg'),
      ['GRONDSLAG_OF_AUTHORITY purposes[1].crossSector[0].grondslag'],
    ],
    [
      'a bank on the Police Data Act',
      (c) => (c.purposes[1].grondslag.law = 'wpg'),
      [
        'GRONDSLAG_OF_AUTHORITY purposes[1].askers[0]',
        'GRONDSLAG_OF_AUTHORITY purposes[1].askers[1]',
      ],
    ],
  ])('refuses %s', (_name, change, expected) => {
    expect(problems(change)).toEqual(expected)
  })

  it('allows what lies just inside the bounds', () => {
    const inside = bend(good, (c) => {
      c.kinds[0].epochBudget = 133_334
      c.kinds[0].newPerRound = c.kinds[0].listCap
      c.purposes[0].quotaPerDay = 1_334
      c.rules.push({ ...c.rules[1], id: 'own', output: 'owners', keys: 'plain' })
    })
    expect(readConvenant(inside).ok).toBe(true)
    const t2 = bend(good, (c) => {
      c.rules.push({ ...c.rules[0], id: 'own', output: 'owners', keys: 'plain' })
    })
    expect(readConvenant(t2)).toMatchObject({ problems: [{ code: 'PLAIN_KEYS' }] })
    const consumers = bend(good, (c) => {
      c.rules.push({ ...c.rules[0], id: 'own', output: 'owners', consumers: ['bank-a'] })
    })
    expect(readConvenant(consumers)).toMatchObject({ problems: [{ code: 'OWNERS_CONSUMERS' }] })
  })

  it('lets two compute nodes hold shares when two are no quorum', () => {
    const five = [...FOUR, member('helpdesk', 'helpdesk', 9005)]
    const holders = { members: five.map(({ id }) => id), quorum: 3 }
    expect(draft({ members: five, keyHolders: holders }).keyHolders.quorum).toBe(3)
  })
})

describe('parsing', () => {
  it('throws one error that names the first path and every problem', () => {
    const bad = bend(good, (c) => {
      c.keyHolders.quorum = 2
      c.witnesses = ['nobody']
    })
    expect(() => parseConvenant(bad)).toThrow(
      expect.objectContaining({
        code: 'CONVENANT_INVALID',
        at: 'witnesses[0]',
        hint: expect.stringContaining('keyHolders.quorum QUORUM_TOO_SMALL'),
      }),
    )
  })

  it.each([null, 1, 'x', [], {}])('refuses %j', (value) => {
    expect(() => parseConvenant(value)).toThrow('CONVENANT_INVALID')
    expect(() => parseSignedConvenant(value)).toThrow('CONVENANT_INVALID')
  })

  it('reads its own file form and no other', () => {
    const signed = signedBy(good, ['bank-a'])
    const text = formatSignedConvenant(signed)
    expect(parseSignedConvenantText(text)).toEqual(signed)
    const twice = text.replace('"version": 1,', '"version": 7,\n    "version": 1,')
    expect(twice).not.toBe(text)
    for (const other of [twice, ` ${text}`, text.trimEnd(), JSON.stringify(signed), '{', ''])
      expect(() => parseSignedConvenantText(other)).toThrow('CONVENANT_INVALID')
  })
})

type Path = (string | number)[]

function* objectsIn(value: unknown, path: Path = []): Generator<[Path, object]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [path, value]
  for (const [key, inner] of Object.entries(value))
    yield* objectsIn(inner, [...path, Array.isArray(value) ? Number(key) : key])
}

function at(value: Loose, path: Path): Loose {
  return path.reduce((inner, step) => inner[step], value)
}

function pathText(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1)
}
