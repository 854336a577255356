/**
 * Every number that an experiment rests on: unit, default, where it comes from, and the range over
 * which the report varies it. What has no source is an assumption and says so.
 */

import type { Text } from '../output/language.ts'

/** What a number is about: offenders' campaigns, victims who seek help, or any made-up world. */
type Group = 'campaigns' | 'people' | 'world' | 'intervention' | 'cost'

export type Parameter = {
  readonly group: Group
  readonly about: Text
  readonly unit: Text
  readonly value: number
  /** The range of the sensitivity; null for what is a choice and no guess. */
  readonly range: readonly [low: number, high: number] | null
  /** A publication, or null: an assumption. */
  readonly source: Text | null
  /** What an experiment may set. */
  readonly least: number
  readonly most: number
  readonly integer?: true
}

const UNIT = {
  share: { nl: 'deel', en: 'share' },
  days: { nl: 'dagen', en: 'days' },
  euro: { nl: 'euro', en: 'euro' },
  count: { nl: 'aantal', en: 'number' },
} as const satisfies Record<string, Text>

const REPORT =
  'Junger, Veldkamp, Koning: Fraudevictimisatie in Nederland, Universiteit Twente, 2022'
const twente = (nl = '', en = ''): Text => ({ nl: REPORT + nl, en: REPORT + en })
const MELDPUNT: Text = {
  nl: 'Kamerbrief over internetoplichting, 2019: van 43.779 meldingen in 2018 waren er 7.190 ingetrokken en 13.174 onbruikbaar',
  en: 'Kamerbrief (letter to parliament) on internet fraud, 2019: of 43,779 reports in 2018, 7,190 were withdrawn and 13,174 unusable',
}

const share = (
  group: Group,
  about: Text,
  value: number,
  range: Parameter['range'],
  source: Text | null = null,
): Parameter => ({ group, about, unit: UNIT.share, value, range, source, least: 0, most: 1 })

const days = (
  group: Group,
  about: Text,
  value: number,
  range: Parameter['range'],
  least = 0,
): Parameter => ({ group, about, unit: UNIT.days, value, range, source: null, least, most: 3_660 })

const number = (
  group: Group,
  about: Text,
  unit: Text,
  value: number,
  range: Parameter['range'],
  source: Text | null = null,
): Parameter => ({ group, about, unit, value, range, source, least: 0, most: 1e9 })

export const PARAMETERS = {
  days: {
    ...days('world', { nl: 'duur van de proef', en: 'length of the experiment' }, 365, null, 1),
    integer: true,
  },
  campaigns: {
    ...number(
      'campaigns',
      {
        nl: 'campagnes: reeksen misdrijven van dezelfde daders',
        en: 'campaigns: series of crimes of the same offenders',
      },
      UNIT.count,
      200,
      null,
    ),
    most: 100_000,
    integer: true,
  },
  campaignDays: days(
    'campaigns',
    { nl: 'gemiddelde duur van een campagne', en: 'mean length of a campaign' },
    30,
    [10, 90],
    1,
  ),
  victims: {
    ...number(
      'campaigns',
      { nl: 'slachtoffers van een campagne, mediaan', en: 'victims of a campaign, median' },
      UNIT.count,
      20,
      [10, 40],
    ),
    most: 100_000,
  },
  victimsSpread: {
    ...number(
      'campaigns',
      {
        nl: 'hoe ongelijk campagnes zijn (standaardafwijking van de logaritme)',
        en: 'how unequal campaigns are (standard deviation of the logarithm)',
      },
      UNIT.count,
      1,
      [0.5, 1.5],
    ),
    most: 3,
  },
  identifiers: {
    ...number(
      'campaigns',
      {
        nl: 'identificatoren per soort in een campagne, gemiddeld',
        en: 'identifiers of each kind in a campaign, mean',
      },
      UNIT.count,
      3,
      [2, 6],
    ),
    least: 1,
    most: 100,
  },
  reuse: share(
    'campaigns',
    {
      nl: 'identificatoren die uit een eerdere campagne komen',
      en: 'identifiers that come from an earlier campaign',
    },
    0.1,
    [0, 0.3],
  ),
  muleShare: share(
    'campaigns',
    { nl: 'rekeningen die van een katvanger zijn', en: "accounts that are a money mule's" },
    0.8,
    [0.6, 0.95],
  ),
  identityFraudShare: share(
    'campaigns',
    {
      nl: 'identificatoren die van een slachtoffer van identiteitsfraude zijn (rekening op andermans naam, nagebootst nummer, gekraakte site)',
      en: "identifiers that are an identity-fraud victim's (account in another's name, spoofed number, hacked site)",
    },
    0.05,
    [0, 0.15],
  ),
  reportPolice: share(
    'campaigns',
    {
      nl: 'slachtoffers die melding of aangifte doen bij de politie',
      en: 'victims who report to the police',
    },
    0.118,
    [0.08, 0.16],
    twente(),
  ),
  reportWithdrawn: share(
    'campaigns',
    {
      nl: 'meldingen bij de politie die worden ingetrokken',
      en: 'reports to the police that are withdrawn',
    },
    0.164,
    [0.1, 0.25],
    MELDPUNT,
  ),
  reportUnusable: share(
    'campaigns',
    {
      nl: 'meldingen bij de politie die onbruikbaar zijn',
      en: 'reports to the police that are unusable',
    },
    0.301,
    [0.2, 0.4],
    MELDPUNT,
  ),
  reportBank: share(
    'campaigns',
    { nl: 'slachtoffers die het hun bank melden', en: 'victims who tell their bank' },
    0.3,
    [0.15, 0.55],
  ),
  reportBankHelpdesk: share(
    'campaigns',
    {
      nl: 'slachtoffers van bankhelpdeskfraude die het hun bank melden',
      en: 'victims of bank helpdesk fraud who tell their bank',
    },
    0.55,
    [0.5, 0.9],
    twente(': ruim de helft bij spoofing', ': over half of the victims of spoofing'),
  ),
  reportPlatform: share(
    'campaigns',
    { nl: 'slachtoffers die het een platform melden', en: 'victims who tell a platform' },
    0.2,
    [0.1, 0.4],
  ),
  reportTelecom: share(
    'campaigns',
    {
      nl: 'slachtoffers die het hun telecomaanbieder melden',
      en: 'victims who tell their telecom operator',
    },
    0.05,
    [0.02, 0.15],
  ),
  reportHelpdesk: share(
    'campaigns',
    { nl: 'slachtoffers die het een helpdesk melden', en: 'victims who tell a helpdesk' },
    0.08,
    [0.03, 0.2],
  ),
  mentioned: share(
    'campaigns',
    {
      nl: 'kans dat een melding een identificator noemt die het slachtoffer zag',
      en: 'chance that a report names an identifier that the victim saw',
    },
    0.8,
    [0.5, 1],
  ),
  delayPolice: days(
    'campaigns',
    {
      nl: 'van schade tot melding op een lijst van de politie, gemiddeld',
      en: "from the loss to a flag on the police's list, mean",
    },
    10,
    [3, 30],
  ),
  delayOthers: days(
    'world',
    {
      nl: 'van schade tot melding op een lijst van een ander, gemiddeld',
      en: "from the loss to a flag on another partner's list, mean",
    },
    3,
    [1, 10],
  ),
  ownDetection: share(
    'campaigns',
    {
      nl: 'kans dat een partner een identificator zelf ontdekt, zonder melding',
      en: 'chance that a partner finds an identifier by itself, without a report',
    },
    0.08,
    [0, 0.2],
  ),
  wrongFlags: {
    ...share(
      'campaigns',
      {
        nl: 'meldingen op een lijst die een onschuldige treffen',
        en: 'flags on a list that hit an innocent holder',
      },
      0.03,
      [0.01, 0.1],
    ),
    most: 0.9,
  },
  wrongBusy: share(
    'campaigns',
    {
      nl: 'vergissingen die een druk, bekend nummer treffen, zodat meer partners dezelfde fout maken',
      en: 'mistakes that hit a busy, well-known number, so that several partners err alike',
    },
    0.2,
    [0, 0.5],
  ),
  busyHolders: {
    ...number(
      'campaigns',
      {
        nl: 'drukke, bekende nummers van onschuldigen, per soort',
        en: 'busy, well-known numbers of innocent holders, of each kind',
      },
      UNIT.count,
      50,
      [20, 200],
    ),
    least: 1,
    most: 10_000,
    integer: true,
  },
  loss: number(
    'campaigns',
    { nl: 'schade per slachtoffer, mediaan', en: 'loss of a victim, median' },
    UNIT.euro,
    50,
    [25, 400],
    twente(': de meesten verliezen 50 euro of minder', ': most victims lose 50 euro or less'),
  ),
  lossSpread: {
    ...number(
      'campaigns',
      {
        nl: 'hoe ongelijk de schade is (standaardafwijking van de logaritme)',
        en: 'how unequal losses are (standard deviation of the logarithm)',
      },
      UNIT.count,
      1.2,
      [0.8, 1.6],
    ),
    most: 3,
  },
  lossBankhelpdesk: number(
    'campaigns',
    {
      nl: 'schade per slachtoffer van bankhelpdeskfraude',
      en: 'loss of a victim of bank helpdesk fraud',
    },
    UNIT.euro,
    10_000,
    [2_000, 28_000],
    {
      nl: 'Betaalvereniging Nederland tegen het ANP, juli 2021: gemiddeld tienduizend euro',
      en: 'Betaalvereniging Nederland to ANP, July 2021: a mean of ten thousand euro',
    },
  ),
  people: {
    ...number(
      'people',
      { nl: 'slachtoffers van een of meer misdrijven', en: 'victims of one or more crimes' },
      UNIT.count,
      20_000,
      null,
    ),
    most: 1_000_000,
    integer: true,
  },
  repeatShare: share(
    'people',
    {
      nl: 'slachtoffers die het vaker dan één keer in een jaar zijn',
      en: 'victims who are one more than once in a year',
    },
    0.4,
    [0.25, 0.5],
    twente(
      ': 6,3% van de mensen vaker dan eens, van 15,7% die slachtoffer was',
      ': 6.3% of people more than once, of 15.7% who were a victim',
    ),
  ),
  moreCrimes: {
    ...number(
      'people',
      {
        nl: 'misdrijven boven de twee bij een herhaald slachtoffer, gemiddeld',
        en: 'crimes above two of a repeated victim, mean',
      },
      UNIT.count,
      0.7,
      [0.2, 2],
    ),
    most: 50,
  },
  seekHelp: share(
    'people',
    {
      nl: 'kans dat een slachtoffer na een misdrijf bij een van de deelnemers aanklopt',
      en: 'chance that a victim turns to one of the partners after a crime',
    },
    0.35,
    [0.1, 0.66],
  ),
  secondDesk: share(
    'people',
    {
      nl: 'kans dat het met hetzelfde misdrijf ook naar een tweede loket gaat',
      en: 'chance that it goes to a second desk with the same crime',
    },
    0.15,
    [0, 0.4],
  ),
  roundEveryDays: {
    ...days(
      'intervention',
      { nl: 'dagen tussen twee rondes', en: 'days between two rounds' },
      7,
      [1, 30],
      1,
    ),
    integer: true,
  },
  actDays: {
    ...days(
      'intervention',
      { nl: 'dagen van uitslag tot maatregel', en: 'days from the result to a measure' },
      1,
      [0, 7],
    ),
    integer: true,
  },
  effectiveness: share(
    'intervention',
    {
      nl: 'kans dat een maatregel een volgend slachtoffer voorkomt',
      en: 'chance that a measure saves a later victim',
    },
    0.5,
    [0.2, 0.8],
  ),
  euroPerCoreHour: number(
    'cost',
    { nl: 'een uur van één processorkern', en: 'an hour of one processor core' },
    UNIT.euro,
    0.05,
    [0.02, 0.2],
  ),
  euroPerGigabyte: number(
    'cost',
    { nl: 'een gigabyte netwerkverkeer', en: 'a gigabyte of network traffic' },
    UNIT.euro,
    0.02,
    [0, 0.1],
  ),
  euroPerNodeYear: number(
    'cost',
    { nl: 'een node een jaar beheren', en: 'running a node for a year' },
    UNIT.euro,
    25_000,
    [10_000, 60_000],
  ),
  minutesPerHit: number(
    'cost',
    { nl: 'werk aan een treffer', en: 'work on a hit' },
    { nl: 'minuten', en: 'minutes' },
    15,
    [5, 60],
  ),
  euroPerStaffHour: number(
    'cost',
    { nl: 'een uur van een medewerker', en: 'an hour of staff' },
    UNIT.euro,
    65,
    [45, 95],
  ),
  microsecondsPerTag: number(
    'cost',
    {
      nl: 'processortijd van een sleutelhouder of vrager voor een tag',
      en: 'processor time of a key holder or asker for a tag',
    },
    { nl: 'microseconden', en: 'microseconds' },
    90,
    [60, 250],
    {
      nl: 'gemeten: de tijd van een miljoen tags in README.md',
      en: 'measured: the time of a million tags in README.md',
    },
  ),
  secondsPerGigabyte: number(
    'cost',
    {
      nl: 'processortijd van een rekennode per gigabyte die hij stuurt',
      en: 'processor time of a compute node for a gigabyte that it sends',
    },
    { nl: 'seconden', en: 'seconds' },
    3,
    [2, 8],
    {
      nl: 'gemeten: de ronde over 33 lijsten in README.md',
      en: 'measured: the round over 33 lists in README.md',
    },
  ),
} as const satisfies Record<string, Parameter>

export type ParameterName = keyof typeof PARAMETERS
export type ParameterValues = Readonly<Record<ParameterName, number>>

/** Whether a number bears on the outcome of such an experiment. */
export function bears(name: ParameterName, { data }: { readonly data: object }): boolean {
  const { group } = PARAMETERS[name]
  if ('nodes' in data) return false
  if (group === 'cost' || name === 'roundEveryDays') return true
  if ('files' in data) return false
  if (name === 'actDays' || name === 'effectiveness') return 'generator' in data
  return group === 'world' || group === 'intervention' || 'people' in data === (group === 'people')
}

/** Between what a number is varied. Around what an experiment chose itself: a half and twice of it. */
export function rangeOf(
  name: ParameterName,
  value: number,
): readonly [low: number, high: number] | null {
  const { range, least, most, integer }: Parameter = PARAMETERS[name]
  if (range === null || (range[0] <= value && value <= range[1])) return range
  const within = (end: number) => Math.min(most, Math.max(least, integer ? Math.round(end) : end))
  return [within(value / 2), within(value * 2)]
}

export const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[]

export function parameterValues(
  given: Partial<Record<ParameterName, number | undefined>>,
): ParameterValues {
  return Object.fromEntries(
    PARAMETER_NAMES.map((name) => [name, given[name] ?? PARAMETERS[name].value]),
  ) as Record<ParameterName, number>
}
