/** What a reader with one minute should know, in sentences. */

import type { Lang } from '../../output/language.ts'
import { cellsOf } from '../counts.ts'
import { wronged, yieldShare } from '../evaluate.ts'
import type { KindResult, Results, RuleResult } from '../results.ts'
import { percent, whole } from './markup.ts'
import { KIND_NAMES, ruleSentence, SECTOR_NAMES } from './words.ts'

export function shortly(results: Results, lang: Lang): string[] {
  return results.kinds.flatMap((kind) => [
    ...(kind.rules.length === 0
      ? []
      : [results.material.truth ? detected(kind, results, lang) : matched(kind, results, lang)]),
    ...counted(kind, lang),
    ...warned(kind, results, lang),
  ])
}

function detected(kind: KindResult, results: Results, lang: Lang): string {
  const { pooling, sectors, rules } = kind
  const { wanted } = results.experiment
  const others = results.material.sought === 'victims'
  const best = [...sectors].sort(
    (a, b) => (b.finding.detected?.share ?? 0) - (a.finding.detected?.share ?? 0),
  )[0]!
  const sector = SECTOR_NAMES[best.sector as keyof typeof SECTOR_NAMES][lang]
  const share = (value: number | null) => percent(value, lang, 0)
  const most = share(pooling.detected!.share)
  const alone = share(best.finding.detected!.share)
  const chosen = kind.less.find((level) => level.wanted === wanted)?.rule
  const rule = rules.find((finding) => finding.rule.id === chosen)
  const whose = `${KIND_NAMES[kind.kind][lang]} ${soughtIn(kind, results, lang)}`
  if (lang === 'nl') {
    const start = `Van de ${whose} ${others ? 'is' : 'staat'} ${most} ${others ? 'te herkennen aan twee meldingen' : 'op minstens één lijst'}. De sector die in zijn eentje het meest ziet (${sector}), vindt ${alone} als zijn leden onderling alles delen.`
    if (rule === undefined)
      return `${start} Geen van de beproefde regels vindt ${share(wanted)} van wat alle lijsten op één hoop zouden vinden.`
    return `${start} De regel “${ruleSentence(rule.rule, lang)}” vindt ${share(rule.detected!.share)}: ${share(yieldShare(rule, pooling))} van wat alle lijsten op één hoop zouden vinden. Een deelnemer ziet nu gemiddeld ${share(known(rule, 'alone'))} zelf, en kan met de regel ${share(known(rule, 'together'))} kennen. Boven de drempel komen ${whole(wronged(rule), lang)} ${others ? 'anderen' : 'mensen die niets deden'}; op één hoop zijn dat er ${whole(wronged(pooling), lang)}.`
  }
  const start = `Of the ${whose}, ${most} ${others ? 'can be told by two reports' : 'are on at least one list'}. The sector that sees most by itself (${sector}) finds ${alone} if its members share everything among themselves.`
  if (rule === undefined)
    return `${start} None of the rules tried finds ${share(wanted)} of what all lists on one heap would find.`
  return `${start} The rule “${ruleSentence(rule.rule, lang)}” finds ${share(rule.detected!.share)}: ${share(yieldShare(rule, pooling))} of what all lists on one heap would find. A partner now sees ${share(known(rule, 'alone'))} by itself on average, and can know ${share(known(rule, 'together'))} with the rule. Over the threshold come ${whole(wronged(rule), lang)} ${others ? 'others' : 'people who did nothing'}; on one heap these are ${whole(wronged(pooling), lang)}.`
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
      ? `Let op: een lijst lijkt deels van een andere overgenomen (${names}). Dan telt de drempel niet wat hij belooft te tellen.`
      : `Beware: a list seems to be taken in part from another (${names}). Then the threshold does not count what it promises to count.`,
  ]
}
