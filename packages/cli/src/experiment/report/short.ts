/** What a reader with one minute should know, in sentences. */

import type { Lang } from '../../output/language.ts'
import { wronged, yieldShare } from '../evaluate.ts'
import type { KindResult, Results } from '../results.ts'
import { percent, whole } from './markup.ts'
import { KIND_NAMES, ruleSentence, SECTOR_NAMES } from './words.ts'

export function shortly(results: Results, lang: Lang): string[] {
  return results.kinds.flatMap((kind) => [
    results.material.truth ? detected(kind, results, lang) : matched(kind, results, lang),
    ...warned(kind, results, lang),
  ])
}

function detected(kind: KindResult, { experiment, material }: Results, lang: Lang): string {
  const victims = material.sought === 'victims'
  const { pooling, sectors, rules } = kind
  const best = [...sectors].sort(
    (a, b) => (b.finding.detected?.share ?? 0) - (a.finding.detected?.share ?? 0),
  )[0]!
  const sector = SECTOR_NAMES[best.sector as keyof typeof SECTOR_NAMES][lang]
  const most = percent(pooling.detected!.share, lang, 0)
  const alone = percent(best.finding.detected!.share, lang, 0)
  const chosen = kind.less.find(({ wanted }) => wanted === experiment.wanted)?.rule
  const rule = rules.find((finding) => finding.rule.id === chosen)
  const name = KIND_NAMES[kind.kind][lang]
  const wanted = percent(experiment.wanted, lang, 0)
  const hit = (of: typeof pooling) => whole(wronged(of), lang)
  if (lang === 'nl') {
    const start = `Van de ${name} ${victims ? 'van herhaalde slachtoffers' : 'die fraudeurs en katvangers gebruikten'} staat ${most} op een van de lijsten. De sector die alleen het meest ziet (${sector}) vindt ${alone}.`
    if (rule === undefined)
      return `${start} Geen van de beproefde regels vindt ${wanted} van wat alle lijsten op één hoop zouden vinden.`
    return `${start} De regel “${ruleSentence(rule.rule, lang)}” vindt ${percent(rule.detected!.share, lang, 0)}: ${percent(yieldShare(rule, pooling), lang, 0)} van wat alle lijsten op één hoop zouden vinden. Daarbij komen ${hit(rule)} ${victims ? 'anderen' : 'mensen die niets deden'} boven de drempel; op één hoop zouden dat er ${hit(pooling)} zijn.`
  }
  const start = `Of the ${name} ${victims ? 'of repeated victims' : 'that offenders and mules used'}, ${most} are on one of the lists. The sector that sees most by itself (${sector}) finds ${alone}.`
  if (rule === undefined)
    return `${start} None of the rules tried finds ${wanted} of what all lists on one heap would find.`
  return `${start} The rule “${ruleSentence(rule.rule, lang)}” finds ${percent(rule.detected!.share, lang, 0)}: ${percent(yieldShare(rule, pooling), lang, 0)} of what all lists on one heap would find. With them come ${hit(rule)} ${victims ? 'others' : 'people who did nothing'}; on one heap that would be ${hit(pooling)}.`
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
