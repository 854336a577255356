/**
 * Intersections that a draft starts from. As with purposes, the texts are a proposal for the members'
 * lawyers and FGs to replace or sign.
 */

import { betweenSectors } from './purposes.ts'
import type { Convenant, Intersection, MemberDescriptor } from './schema.ts'

export type IntersectionSetting = {
  readonly members: readonly MemberDescriptor[]
  readonly kinds: Intersection['kinds']
  readonly dpia: string | null
  readonly criminalData: Intersection['criminalData']
  readonly minList: number
  readonly listCap: number
}

/** Between all but the police, and among the police, as far as there are two of them. */
export function templateIntersections(
  setting: IntersectionSetting,
): NonNullable<Convenant['intersections']> {
  const { members } = setting
  const police = members.filter(({ sector }) => sector === 'police')
  const others = members.filter(({ sector }) => sector !== 'police')
  return [
    ...(others.length < 2 ? [] : [comparison(setting, others)]),
    ...(police.length < 2 ? [] : [coordination(setting, police)]),
  ]
}

function comparison(
  setting: IntersectionSetting,
  members: readonly MemberDescriptor[],
): Intersection {
  const sectors = [...new Set(members.map(({ sector }) => sector))]
  return {
    ...common(setting, members),
    id: 'lijsten-vergelijken',
    text: {
      nl: 'Vergelijking van twee lijsten van gegevens waarvan twee partijen misbruik vermoeden.',
      en: 'Comparison of two lists of identifiers that two members suspect of abuse.',
    },
    grondslag: {
      law: 'avg-6-1-f',
      explanation: {
        nl: 'Het gerechtvaardigd belang van beide partijen om misbruik te vinden dat zij beiden zien (overweging 47 AVG).',
        en: 'The legitimate interest of both members in finding abuse that both see (recital 47 GDPR).',
      },
    },
    crossSector: sectors.flatMap((from) =>
      sectors
        .filter((to) => to !== from)
        .map((to) => ({ from, to, grondslag: betweenSectors(from, to) })),
    ),
    outputs: ['size', 'items'],
    maxResult: 1_000,
    preparedDays: 7,
    fourEyes: false,
    retentionDays: 90,
  }
}

function coordination(
  setting: IntersectionSetting,
  members: readonly MemberDescriptor[],
): Intersection {
  return {
    ...common(setting, members),
    id: 'samenloop-onderzoeken',
    text: {
      nl: 'Vaststellen of twee eenheden dezelfde groep verdachten onderzoeken.',
      en: 'Establishing whether two units investigate the same group of suspects.',
    },
    grondslag: {
      law: 'wpg',
      explanation: {
        nl: 'Vergelijken van politiegegevens, artikel 8, 9 en 11 van de Wet politiegegevens.',
        en: 'Comparison of police data, articles 8, 9 and 11 of the Police Data Act.',
      },
    },
    crossSector: [],
    outputs: ['size'],
    maxResult: null,
    fourEyes: true,
    retentionDays: 365,
  }
}

function common(
  { kinds, dpia, criminalData, minList, listCap }: IntersectionSetting,
  members: readonly MemberDescriptor[],
) {
  const bounds = { least: Math.max(1, minList), most: listCap }
  const all = members.map(({ id }) => id)
  return {
    proportionality: {
      nl: 'Geen partij toont haar lijst; eerst wordt alleen het aantal bepaald, en wat beide hebben alleen als dat aantal daar aanleiding toe geeft.',
      en: 'No member shows its list; first only the number is established, and what both have only when that number gives cause for it.',
    },
    criminalData,
    dpia,
    kinds: [...kinds],
    proposers: all,
    partners: all,
    to: ['proposer', 'both'] as ('proposer' | 'both')[],
    protocols: ['ecdh', 'ot'] as ('ecdh' | 'ot')[],
    sizes: { proposer: bounds, partner: bounds },
    stepsPerDoubling: 4 as const,
    quota: { perPair: 20, perList: 4, days: 30 },
    consent: 'operator' as const,
  }
}
