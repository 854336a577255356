/** The chapters of the report about one kind of identifier. */

import { escaped } from '../../output/document.ts'
import type { Lang, Text } from '../../output/language.ts'
import type { KindResult, Results, RuleResult } from '../results.ts'
import { copiesPart } from './chapters/copies.ts'
import { costPart } from './chapters/cost.ts'
import { countsPart } from './chapters/counts.ts'
import { detectionFigure, histogramTable, yieldFigure } from './chapters/detection.ts'
import { eachRuleLearns, learnsTable } from './chapters/learns.ts'
import { lessFigure, lessTable } from './chapters/less.ts'
import type { Named } from './chapters/named.ts'
import { timeFigure } from './chapters/time.ts'
import { knowsFigure, valueFigure } from './chapters/value.ts'
import { whoFigure } from './chapters/who.ts'
import { paragraph } from './markup.ts'
import { TEXTS } from './texts.ts'
import { ruleName, ruleSentence, SECTOR_NAMES } from './words.ts'

export function kindSections(kind: KindResult, results: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const heading = (text: Text) => headingOf(text, lang)
  const { dated, truth } = results.material
  const named: Named[] = [
    ...kind.sectors.map(({ sector, reports, finding }) => {
      const name = `${SECTOR_NAMES[sector as keyof typeof SECTOR_NAMES][lang]} ${say(TEXTS.alone)}`
      const from = reports === 0 ? '' : `, ${reports} ${say(TEXTS.reports)}`
      return { name: name + from, finding, reference: true }
    }),
    ...kind.rules.map((finding) => ({
      name: ruleName(finding.rule, lang),
      finding,
      reference: false,
    })),
    { name: say(TEXTS.pooling), finding: kind.pooling, reference: true },
  ]
  return [
    ...(kind.rules.length > 0 || truth ? [heading(TEXTS.detection)] : []),
    ...(kind.rules.length === 0 ? [paragraph(say(TEXTS.onlyCounts))] : []),
    ...(truth ? [detectionFigure(named, kind, results, lang)] : []),
    ...(!truth && kind.rules.length > 0 ? [yieldFigure(named, lang)] : []),
    heading(TEXTS.histogram),
    histogramTable(kind, results, lang),
    ...(dated ? [heading(TEXTS.time), timeFigure(named, lang)] : []),
    ...(truth ? [heading(TEXTS.who), whoFigure(named, results, lang)] : []),
    ...aboutRules(kind, results, lang),
    heading(TEXTS.copies),
    paragraph(say(TEXTS.copiesIntro)),
    ...copiesPart(kind, results, lang),
    ...aboutFocus(kind, results, lang),
    ...countsPart(kind, results, lang),
  ]
}

function aboutRules(kind: KindResult, results: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const focus = focusIn(kind)
  if (focus === undefined) return []
  const { truth, sought } = results.material
  return [
    headingOf(TEXTS.less, lang),
    paragraph(say(truth ? TEXTS.lessIntro[sought] : TEXTS.lessUnknown)),
    lessTable(kind, results, lang),
    ...(truth ? [lessFigure(kind, results, lang)] : []),
    headingOf(TEXTS.value, lang),
    paragraph(focusSentence(focus, lang), 'note'),
    valueFigure(kind, results, lang),
    headingOf(TEXTS.knows, lang),
    knowsFigure(focus, kind, results, lang),
  ]
}

function aboutFocus(kind: KindResult, results: Results, lang: Lang): string[] {
  const focus = focusIn(kind)
  if (focus === undefined) return []
  return [
    headingOf(TEXTS.learns, lang),
    paragraph(TEXTS.learnsIntro[lang]),
    paragraph(focusSentence(focus, lang), 'note'),
    learnsTable(focus, results, lang),
    ...eachRuleLearns(kind, results, lang),
    paragraph(TEXTS.learnsOthers[lang]),
    headingOf(TEXTS.cost, lang),
    ...costPart(focus, results, lang),
  ]
}

function focusIn({ rules, focus }: KindResult): RuleResult | undefined {
  return rules.find(({ rule }) => rule.id === focus)
}

function headingOf(text: Text, lang: Lang): string {
  return `<h3>${escaped(text[lang])}</h3>`
}

function focusSentence({ rule }: RuleResult, lang: Lang): string {
  const sentence = ruleSentence(rule, lang)
  return lang === 'nl' ? `Voor de regel: ${sentence}.` : `For the rule: ${sentence}.`
}
