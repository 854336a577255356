/** The chapters of the report about one kind of identifier. */

import type { Lang, Text } from '../../output/language.ts'
import type { KindResult, Results, RuleResult } from '../results.ts'
import { copiesPart } from './chapters/copies.ts'
import { costPart } from './chapters/cost.ts'
import { detectionFigure, histogramTable, yieldFigure } from './chapters/detection.ts'
import { learnsTable } from './chapters/learns.ts'
import { lessFigure, lessTable } from './chapters/less.ts'
import type { Named } from './chapters/named.ts'
import { timeFigure } from './chapters/time.ts'
import { knowsFigure, valueFigure } from './chapters/value.ts'
import { whoFigure } from './chapters/who.ts'
import { escaped, paragraph } from './markup.ts'
import { TEXTS } from './texts.ts'
import { ruleName, ruleSentence, SECTOR_NAMES } from './words.ts'

export function kindSections(kind: KindResult, results: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const heading = (text: Text) => `<h3>${escaped(say(text))}</h3>`
  const { dated, truth } = results.material
  const named: Named[] = [
    ...kind.sectors.map(({ sector, finding }) => ({
      name: `${SECTOR_NAMES[sector as keyof typeof SECTOR_NAMES][lang]} ${say(TEXTS.alone)}`,
      finding,
      reference: true,
    })),
    ...kind.rules.map((finding) => ({
      name: ruleName(finding.rule, lang),
      finding,
      reference: false,
    })),
    { name: say(TEXTS.pooling), finding: kind.pooling, reference: true },
  ]
  const focus = kind.rules.find(({ rule }) => rule.id === kind.focus)!
  return [
    heading(TEXTS.detection),
    truth ? detectionFigure(named, kind, results, lang) : yieldFigure(named, lang),
    heading(TEXTS.histogram),
    histogramTable(kind, lang),
    ...(dated ? [heading(TEXTS.time), timeFigure(named, lang)] : []),
    ...(truth ? [heading(TEXTS.who), whoFigure(named, results, lang)] : []),
    heading(TEXTS.less),
    paragraph(say(truth ? TEXTS.lessIntro : TEXTS.lessUnknown)),
    lessTable(kind, results, lang),
    ...(truth ? [lessFigure(kind, results, lang)] : []),
    heading(TEXTS.value),
    paragraph(focusSentence(focus, lang), 'note'),
    valueFigure(kind, results, lang),
    heading(TEXTS.knows),
    knowsFigure(focus, kind, results, lang),
    heading(TEXTS.copies),
    paragraph(say(TEXTS.copiesIntro)),
    ...copiesPart(kind, results, lang),
    heading(TEXTS.learns),
    paragraph(say(TEXTS.learnsIntro)),
    paragraph(focusSentence(focus, lang), 'note'),
    learnsTable(focus, results, lang),
    paragraph(say(TEXTS.learnsOthers)),
    heading(TEXTS.cost),
    ...costPart(focus, results, lang),
  ]
}

function focusSentence({ rule }: RuleResult, lang: Lang): string {
  const sentence = ruleSentence(rule, lang)
  return lang === 'nl' ? `Voor de regel: ${sentence}.` : `For the rule: ${sentence}.`
}
