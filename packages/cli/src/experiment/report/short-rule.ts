/** What the summary says of the rule that was chosen: who is hit, how early, what is learnt, paid. */

import type { Lang } from '../../output/language.ts'
import type { Cost } from '../cost.ts'
import { wronged } from '../evaluate.ts'
import type { KindResult, Results, RuleResult } from '../results.ts'
import { percent, whole } from './markup.ts'

export function who(
  rule: RuleResult,
  { pooling }: KindResult,
  { material }: Results,
  lang: Lang,
): string {
  const [hit, heap] = [wronged(rule), wronged(pooling)].map((count) => whole(count, lang))
  const part = percent(rule.wrong?.share ?? null, lang)
  const { mule, victim } = rule.holders
  if (material.sought === 'victims') {
    return lang === 'nl'
      ? `Boven de drempel komen ${hit} anderen dan herhaalde slachtoffers (${part}); op één hoop zijn dat er ${heap}.`
      : `Over the threshold come ${hit} others than repeated victims (${part}); on one heap these are ${heap}.`
  }
  const identity = whole(victim, lang)
  const mules = whole(mule, lang)
  if (lang === 'nl') {
    const apart = mule > 0 ? ` Katvangers tellen apart: ${mules}.` : ''
    return `Boven de drempel komen ${hit} houders die niets deden (${part}), van wie ${identity} slachtoffer van identiteitsfraude; op één hoop zijn dat er ${heap}.${apart}`
  }
  const apart = mule > 0 ? ` Money mules are counted apart: ${mules}.` : ''
  return `Over the threshold come ${hit} holders who did nothing (${part}), of whom ${identity} victims of identity fraud; on one heap these are ${heap}.${apart}`
}

export function early({ wait }: RuleResult, { pooling }: KindResult, lang: Lang): string {
  const [half, heap] = [wait, pooling.wait].map((days) => within(days?.median ?? 0, lang))
  return lang === 'nl'
    ? `De helft van wat de regel vindt, is ${half} boven de drempel; op één hoop, met even vaak een ronde, ${heap}.`
    : `Half of what the rule finds is over the threshold ${half}; on one heap, with rounds as often, ${heap}.`
}

function within(days: number, lang: Lang): string {
  const count = whole(days, lang)
  if (lang === 'nl') {
    if (days === 0) return 'op de dag van de eerste melding'
    return `binnen ${count} ${days === 1 ? 'dag' : 'dagen'} na de eerste melding`
  }
  if (days === 0) return 'on the day of the first flag'
  return `within ${count} ${days === 1 ? 'day' : 'days'} of the first flag`
}

export function learns({ rule, bits }: RuleResult, lang: Lang): string {
  const most = (of: (partner: (typeof bits)[number]) => number) => {
    return whole(Math.max(0, ...bits.map(of)), lang)
  }
  const [own, pooled, others] = [
    most((p) => p.own),
    most((p) => p.pooled),
    most((p) => p.pooledOthers),
  ]
  if (lang === 'nl') {
    const asks =
      rule.output === 'list'
        ? 'op wat hij navraagt ja of nee'
        : 'alleen iets over zijn eigen meldingen'
    return `Een deelnemer hoort ${asks}, nooit wie er meldde of hoeveel. Over zijn eigen meldingen leert hij hoogstens ${own} bits; op één hoop zou hij ${pooled} bits leren, en tot ${others} identificatoren van anderen zien.`
  }
  const asks = rule.output === 'list' ? 'yes or no of what it asks' : 'of its own flags alone'
  return `A partner hears ${asks}, never who flagged or how many. Of its own flags it learns ${own} bits at most; on one heap it would learn ${pooled} bits, and see up to ${others} identifiers of others.`
}

export function less(
  rule: RuleResult,
  { rules, less: levels }: KindResult,
  results: Results,
  lang: Lang,
): string {
  const { experiment, material } = results
  const share = percent(experiment.wanted, lang, 0)
  const reached = levels.find(({ wanted }) => wanted === experiment.wanted)?.rule === rule.rule.id
  const all = whole(rules.length, lang)
  if (!reached) {
    return lang === 'nl'
      ? `Geen van de ${all} beproefde regels haalt ${share} van wat alles op één hoop vindt; hier en hieronder staat de eerste.`
      : `None of the ${all} rules tried reaches ${share} of what one heap finds; here and below stands the first.`
  }
  const tried = lang === 'nl' ? `Er zijn ${all} regels beproefd.` : `${all} rules were tried.`
  if (!material.truth) {
    return lang === 'nl'
      ? `${tried} Van die welke minstens ${share} van alles op één hoop opleveren, is dit die waarbij deelnemers samen het minst te horen krijgen.`
      : `${tried} Of those that yield at least ${share} of one heap, this is the one by which partners together are told least.`
  }
  const [few, fewEn] =
    material.sought === 'victims'
      ? ['anderen dan herhaalde slachtoffers', 'others than repeated victims']
      : ['mensen die niets deden', 'people who did nothing']
  return lang === 'nl'
    ? `${tried} Van die welke minstens ${share} van alles op één hoop vinden, treft deze de minste ${few}.`
    : `${tried} Of those that find at least ${share} of one heap, this one hits fewest ${fewEn}.`
}

export function cost({ costs }: RuleResult, lang: Lang): string {
  // In hundreds: more the assumptions do not know.
  const hundreds = (of: (one: Cost) => number) => {
    return 100 * Math.ceil(costs!.reduce((sum, one) => sum + of(one), 0) / 100)
  }
  const [year, staff] = [hundreds((one) => one.euroYear), hundreds((one) => one.euroStaff)]
  return lang === 'nl'
    ? `Alle deelnemers samen betalen ongeveer ${whole(year, lang)} euro per jaar voor de nodes en de rondes, en hoogstens ${whole(staff, lang)} euro aan werk om alle treffers één keer te bekijken. De prijzen zijn aannames.`
    : `All partners together pay about ${whole(year, lang)} euro a year for nodes and rounds, and at most ${whole(staff, lang)} euro of work to look at all hits once. The prices are assumptions.`
}
