/**
 * What a node adds to a problem is English; here it is in Dutch, as far as people meet it who handle requests
 * of data subjects, supervise, or ask. What is not here is shown as it came.
 */

import type { Lang } from './language.ts'

const DUTCH: Readonly<Record<string, string>> = {
  'a case has its proof and its date already': 'een zaak heeft haar bewijs en haar datum al',
  'a day of the past year, not one to come':
    'een dag van het afgelopen jaar, niet een die nog komt',
  'ask somebody else': 'vraag het iemand anders',
  'both tokens are of one holder': 'beide tokens zijn van één houder',
  'how was control over the identifier shown?':
    'hoe is gebleken dat de identificator van de verzoeker is?',
  'it is the same identifier': 'het is dezelfde identificator',
  'name what is to be corrected': 'noem wat er te verbeteren is',
  'no round has published this list yet': 'nog geen ronde heeft deze lijst gepubliceerd',
  'no value could be read': 'geen enkele waarde was te lezen',
  'nothing is asked or answered without a log':
    'zonder logboek wordt er niets gevraagd of beantwoord',
  'that case is about another identifier': 'die zaak gaat over een andere identificator',
  'the convenant names no licence for these data':
    'het convenant noemt voor zulke gegevens geen vergunning',
  'this step is for admin or operator': 'deze stap is voor een beheerder (admin) of operator',
  'this step is for fg or auditor': 'deze stap is voor de FG of een auditor',
  'use a personal token with roles of one side':
    'gebruik een persoonlijk token met rollen van één kant',
  'who proposed it carries it out': 'wie het voorstelde, voert het uit',
}

const MOST = /^the purpose allows ([0-9]+) in one query$/

/** @param hint of a node's problem */
export function hintIn(lang: Lang, hint: string): string {
  if (lang !== 'nl') return hint
  const most = MOST.exec(hint)?.[1]
  if (most !== undefined) return `het doel staat er ${most} in één vraag toe`
  return Object.hasOwn(DUTCH, hint) ? DUTCH[hint]! : hint
}
