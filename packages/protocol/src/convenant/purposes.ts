/**
 * Purposes that a draft starts from. The texts are a proposal for the members' lawyers and FGs to
 * replace or sign; a node treats them as terms, it cannot judge whether they are lawful.
 */

import type { Grondslag, MemberDescriptor, Purpose, Rule, Sector } from './schema.ts'

export type PurposeSetting = {
  readonly members: readonly MemberDescriptor[]
  /** Rules with output `list`. */
  readonly rules: readonly Rule[]
  readonly dpia: string | null
  /** Set when flags are personal data relating to criminal offences. */
  readonly criminalData: Purpose['criminalData']
  /** Whether a basis between sectors is proposed. */
  readonly crossSector: boolean
  readonly quotaPerDay: number
  readonly maxBatch: number
}

type Terms = Omit<Purpose, 'crossSector'>

/** The template's purposes that have an asker among the members. */
export function templatePurposes(setting: PurposeSetting): Purpose[] {
  return [investigation(setting), onboarding(setting), detection(setting)]
    .filter((purpose) => purpose.askers.length > 0 && purpose.rules.length > 0)
    .map((purpose) => ({ ...purpose, crossSector: pairsOf(setting, purpose.askers) }))
}

function pairsOf({ members, crossSector }: PurposeSetting, askers: readonly string[]) {
  if (!crossSector) return []
  const sectors = [...new Set(members.map(({ sector }) => sector))]
  const asking = new Set(
    members.filter(({ id }) => askers.includes(id)).map(({ sector }) => sector),
  )
  return [...asking].flatMap((to) =>
    sectors
      .filter((from) => from !== to)
      .map((from) => ({ from, to, grondslag: betweenSectors(from, to) })),
  )
}

/** A proposal, for either direction. */
export function betweenSectors(from: Sector, to: Sector): Grondslag {
  if (from === 'police') {
    return {
      law: 'wpg',
      explanation: {
        nl: 'Verstrekking door de politie, artikel 19 of 20 van de Wet politiegegevens: alleen dat de drempel gehaald is.',
        en: 'Provision by the police, article 19 or 20 of the Police Data Act: only that the threshold is reached.',
      },
    }
  }
  if (to === 'police') {
    return {
      law: 'wpg',
      explanation: {
        nl: 'Verwerking door de politie van wat de partijen zelf melden, artikel 8 of 9 van de Wet politiegegevens.',
        en: 'Processing by the police of what the members report themselves, article 8 or 9 of the Police Data Act.',
      },
    }
  }
  return {
    law: 'avg-6-1-f',
    explanation: {
      nl: 'Het gerechtvaardigd belang van beide sectoren: dezelfde fraude raakt hen na elkaar, en alleen dat de drempel gehaald is, komt over.',
      en: 'The legitimate interest of both sectors: the same fraud meets one after the other, and only that the threshold is reached passes over.',
    },
  }
}

/** Every member but the police, whose tasks need a basis of their own. */
function investigation(setting: PurposeSetting): Terms {
  return {
    ...common(setting),
    id: 'fraude-onderzoek',
    text: {
      nl: 'Onderzoek naar een concreet vermoeden van online fraude met klanten of middelen van de vragende partij.',
      en: "Investigation of a concrete suspicion of online fraud involving the asker's customers or means.",
    },
    grondslag: {
      law: 'avg-6-1-f',
      explanation: {
        nl: 'Het gerechtvaardigd belang van de vragende partij en van zijn klanten om fraude vast te stellen en te beëindigen (overweging 47 AVG).',
        en: 'The legitimate interest of the asker and its customers in establishing and ending fraud (recital 47 GDPR).',
      },
    },
    proportionality: {
      nl: 'De vragende partij hoort alleen of genoeg partijen hetzelfde melden. Geen partij toont haar lijst, en een ja is een aanleiding tot eigen onderzoek, nooit op zichzelf grond voor een besluit.',
      en: 'The asker only learns whether enough members flag the same. No member shows its list, and a yes is a reason for own investigation, never in itself the ground of a decision.',
    },
    askers: askers(setting, (member) => member.sector !== 'police'),
    protocol: 'screen',
    quotaPerDay: setting.quotaPerDay,
    maxBatch: setting.maxBatch,
    fourEyes: false,
    answer: 'prompt',
    retentionDays: 90,
  }
}

function onboarding(setting: PurposeSetting): Terms {
  return {
    ...common(setting),
    id: 'klantacceptatie',
    text: {
      nl: 'Beoordeling van een aanvrager voordat een bank een rekening opent.',
      en: 'Assessment of an applicant before a bank opens an account.',
    },
    grondslag: {
      law: 'avg-6-1-f',
      explanation: {
        nl: 'Het gerechtvaardigd belang van de bank en haar klanten om geen rekening te openen die voor fraude dient.',
        en: 'The legitimate interest of the bank and its customers in not opening an account that serves fraud.',
      },
    },
    proportionality: {
      nl: 'Eén gegeven per aanvraag, alleen van wie zelf klant wil worden. Een ja leidt tot nader onderzoek door een medewerker en tot wederhoor, niet tot een automatische weigering.',
      en: 'One identifier per application, only of those who want to become customers. A yes leads to a closer look by an employee and a hearing of the applicant, not to an automatic refusal.',
    },
    askers: askers(setting, (member) => member.sector === 'bank'),
    protocol: 'check',
    quotaPerDay: setting.quotaPerDay,
    maxBatch: 1,
    fourEyes: false,
    answer: 'strict',
    retentionDays: 30,
  }
}

function detection(setting: PurposeSetting): Terms {
  return {
    ...common(setting),
    id: 'opsporing',
    text: {
      nl: 'Opsporingsonderzoek naar online fraude.',
      en: 'Criminal investigation of online fraud.',
    },
    grondslag: {
      law: 'wpg',
      explanation: {
        nl: 'De uitvoering van de politietaak, artikel 8 of 9 van de Wet politiegegevens.',
        en: 'The performance of the police task, article 8 or 9 of the Police Data Act.',
      },
    },
    proportionality: {
      nl: 'Alleen binnen een lopend onderzoek, met goedkeuring van twee personen. Voor gegevens van de partijen zelf blijft een vordering nodig.',
      en: 'Only within a running investigation, approved by two people. Data held by the members still have to be demanded under the code of criminal procedure.',
    },
    askers: askers(setting, (member) => member.sector === 'police'),
    protocol: 'check',
    quotaPerDay: setting.quotaPerDay,
    maxBatch: 1,
    fourEyes: true,
    answer: 'strict',
    retentionDays: 365,
  }
}

function common(setting: PurposeSetting) {
  return {
    criminalData: setting.criminalData,
    dpia: setting.dpia,
    kinds: [...new Set(setting.rules.map((rule) => rule.kind))],
    rules: setting.rules.map((rule) => rule.id),
  }
}

function askers(setting: PurposeSetting, may: (member: MemberDescriptor) => boolean): string[] {
  return setting.members.filter(may).map((member) => member.id)
}
