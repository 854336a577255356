/**
 * What a reader with one minute should know: the yield, who is hit, how early, who learns what, whether
 * less would do and what it costs, each under a word to find it by.
 */

import type { Lang, Text } from '../../output/language.ts'
import { cellsOf } from '../counts.ts'
import { yieldShare } from '../evaluate.ts'
import type { KindResult, Results, RuleResult } from '../results.ts'
import { percent, whole } from './markup.ts'
import { cost, early, learns, less, who } from './short-rule.ts'
import { TEXTS } from './texts.ts'
import { KIND_NAMES, ruleSentence, SECTOR_NAMES } from './words.ts'

/** A word to find it by, and sentences. */
export type Point = { readonly word: string; readonly text: string }

export function shortly(results: Results, lang: Lang): Point[] {
  const { material, kinds } = results
  return kinds.flatMap((kind, i) => {
    const of = kinds.length > 1 ? `, ${KIND_NAMES[kind.kind][lang]}` : ''
    const point = (word: Text, text: string): Point => ({ word: word[lang] + of, text })
    const focus = kind.rules.find(({ rule }) => rule.id === kind.focus)
    const found = material.truth ? detected : matched
    return [
      ...warned(kind, results, lang).map((text) => point(TEXTS.shortBeware, text)),
      ...(kind.rules.length > 0 ? [point(TEXTS.shortYield, found(kind, results, lang))] : []),
      ...(material.truth
        ? reported(kind, lang).map((text) => point(TEXTS.shortReports, text))
        : []),
      ...(focus !== undefined && material.truth
        ? [point(TEXTS.shortWho, who(focus, kind, results, lang))]
        : []),
      ...(focus?.wait && material.dated ? [point(TEXTS.shortTime, early(focus, kind, lang))] : []),
      ...(focus === undefined || i > 0
        ? []
        : [
            point(TEXTS.shortLearns, learns(focus, lang)),
            point(TEXTS.shortLess, less(focus, kind, results, lang)),
            ...(focus.costs === null ? [] : [point(TEXTS.shortCost, cost(focus, lang))]),
          ]),
      ...counted(kind, lang).map((text) => point(TEXTS.shortCounts, text)),
    ]
  })
}

function detected(kind: KindResult, results: Results, lang: Lang): string {
  const { pooling, sectors, rules } = kind
  const { wanted } = results.experiment
  const victims = results.material.sought === 'victims'
  const share = (value: number | null) => percent(value, lang, 0)
  const most = share(pooling.detected!.share)
  const chosen = kind.less.find((level) => level.wanted === wanted)?.rule
  const rule = rules.find((finding) => finding.rule.id === chosen)
  const whose = `${KIND_NAMES[kind.kind][lang]} ${soughtIn(kind, results, lang)}`
  const best = sectors.filter(({ reports }) => reports === 0).sort(byShare)[0]!
  const sector = SECTOR_NAMES[best.sector as keyof typeof SECTOR_NAMES][lang]
  const alone = share(best.finding.detected!.share)
  const several = sectors.some((other) => other.sector !== best.sector)
  if (lang === 'nl') {
    const how = victims ? 'is' : 'staat'
    const where = victims ? 'te herkennen aan twee meldingen' : 'op minstens één lijst'
    const bySector = several
      ? ` De sector die in zijn eentje het meest ziet (${sector}), vindt ${alone} als zijn leden onderling alles delen.`
      : ''
    const start = `Van de ${whose} ${how} ${most} ${where}; meer is er met delen niet te vinden.${bySector}`
    if (rule === undefined)
      return `${start} Geen van de beproefde regels vindt ${share(wanted)} van wat alle lijsten op één hoop zouden vinden.`
    return `${start} De regel “${ruleSentence(rule.rule, lang)}” vindt ${share(rule.detected!.share)}: ${share(yieldShare(rule, pooling))} van wat alle lijsten op één hoop zouden vinden. ${gained(rule, lang)}`
  }
  const where = victims ? 'can be told by two reports' : 'are on at least one list'
  const bySector = several
    ? ` The sector that sees most by itself (${sector}) finds ${alone} if its members share everything among themselves.`
    : ''
  const start = `Of the ${whose}, ${most} ${where}; sharing finds no more.${bySector}`
  if (rule === undefined)
    return `${start} None of the rules tried finds ${share(wanted)} of what all lists on one heap would find.`
  return `${start} The rule “${ruleSentence(rule.rule, lang)}” finds ${share(rule.detected!.share)}: ${share(yieldShare(rule, pooling))} of what all lists on one heap would find. ${gained(rule, lang)}`
}

function byShare(a: KindResult['sectors'][number], b: KindResult['sectors'][number]): number {
  return (b.finding.detected?.share ?? 0) - (a.finding.detected?.share ?? 0)
}

/** What one partner has of it. Who hears of its own flags alone comes to know of no others. */
function gained(rule: RuleResult, lang: Lang): string {
  const [alone, together] = [known(rule, 'alone'), known(rule, 'together')]
  const [before, after] = [percent(alone, lang, 0), percent(together, lang, 0)]
  if (alone !== together) {
    return lang === 'nl'
      ? `Een deelnemer ziet nu gemiddeld ${before} zelf, en kan met de regel ${after} kennen.`
      : `A partner now sees ${before} by itself on average, and can know ${after} with the rule.`
  }
  const own = rule.learns.reduce((sum, learned) => sum + learned.own, 0)
  const over = rule.learns.reduce((sum, learned) => sum + learned.ownOver, 0)
  const part = percent(own === 0 ? null : over / own, lang, 0)
  return lang === 'nl'
    ? `Een deelnemer ziet zelf gemiddeld ${before}, en hoort van ${part} van zijn eigen meldingen dat ook een ander die heeft.`
    : `A partner sees ${before} by itself on average, and hears of ${part} of its own flags that another has it too.`
}

/** So many reports at one place against as many at several, where a rule asks for them. */
function reported({ rules, sectors }: KindResult, lang: Lang): string[] {
  const together = rules.find(({ rule }) => rule.reports > 0)
  if (together === undefined) return []
  const { reports } = together.rule
  const alone = sectors
    .filter((sector) => sector.reports === reports)
    .sort(byShare)
    .map(({ sector, finding }) => {
      const name = SECTOR_NAMES[sector as keyof typeof SECTOR_NAMES][lang]
      return `${name} ${percent(finding.detected!.share, lang, 0)}`
    })
    .join(', ')
  const share = percent(together.detected!.share, lang, 0)
  const sentence = ruleSentence(together.rule, lang)
  return [
    lang === 'nl'
      ? `Wie alleen in de eigen sector telt en ${reports} meldingen wil, vindt: ${alone}. De regel “${sentence}” vindt ${share}.`
      : `Who counts the own sector alone and wants ${reports} reports finds: ${alone}. The rule “${sentence}” finds ${share}.`,
  ]
}

function soughtIn({ pooling }: KindResult, { material }: Results, lang: Lang): string {
  if (material.sought === 'victims') {
    return lang === 'nl' ? 'van herhaalde slachtoffers' : 'of repeated victims'
  }
  const mules = pooling.holders.mule > 0
  if (lang === 'nl') return `die fraudeurs ${mules ? 'en katvangers ' : ''}gebruikten,`
  return `that offenders ${mules ? 'and mules ' : ''}used`
}

/** Of what is sought, the mean over partners. */
function known({ knows, detected: found }: RuleResult, how: 'alone' | 'together'): number | null {
  if (found === null || found.of === 0) return null
  return knows.reduce((sum, count) => sum + count[how], 0) / knows.length / found.of
}

function matched({ kind, listed, rules }: KindResult, { experiment }: Results, lang: Lang): string {
  const name = KIND_NAMES[kind][lang]
  const counts = rules
    .map(({ rule, ever }) => `${whole(ever, lang)} (${ruleSentence(rule, lang)})`)
    .slice(0, 4)
    .join('; ')
  const partners = experiment.partners.length
  return lang === 'nl'
    ? `Op ${partners} lijsten staan samen ${whole(listed, lang)} verschillende ${name}. Boven de drempel komen er ${counts}.`
    : `On ${partners} lists there are ${whole(listed, lang)} different ${name}. Over the threshold: ${counts}.`
}

function counted({ kind, counts, pooling }: KindResult, lang: Lang): string[] {
  const [first] = counts
  if (first === undefined) return []
  const cells = cellsOf(first.shown)
  const open = whole(cells.filter((count) => count !== null).length, lang)
  const all = whole(cells.length, lang)
  const name = KIND_NAMES[kind][lang]
  return [
    lang === 'nl'
      ? `Met aantallen alleen komt niemand iets te weten over één van de ${whole(pooling.ever, lang)} ${name}: van de ${all} aantallen gaan er ${open} open, afgerond op tien.`
      : `With counts alone nobody is told of any of the ${whole(pooling.ever, lang)} ${name}: of ${all} counts, ${open} are opened, rounded to tens.`,
  ]
}

function warned({ overlaps }: KindResult, { experiment }: Results, lang: Lang): string[] {
  const lists = [...new Set(overlaps.filter(({ suspect }) => suspect).map(({ list }) => list))]
  if (lists.length === 0) return []
  const names = lists
    .map((id) => experiment.partners.find((partner) => partner.id === id)!.name)
    .join(', ')
  return [
    lang === 'nl'
      ? `Een lijst lijkt deels van een andere overgenomen (${names}). Dan telt de drempel niet wat hij belooft te tellen.`
      : `A list seems to be taken in part from another (${names}). Then the threshold does not count what it promises to count.`,
  ]
}
