/** What is wrong with a convenant, field by field, as the protocol tells it in one line: in words, each once. */

import { ProtocolError } from '@drempel/protocol/encoding'
import type { Lang, Text } from './language.ts'

/** What a drafter chose makes no convenant: the choices are wrong, not a document that was received. */
export class DraftInvalid extends ProtocolError {
  readonly next: string | undefined

  constructor(told: { readonly at?: string; readonly hint: string }, next: string | undefined) {
    super('CONVENANT_INVALID', told)
    this.next = next
  }
}

const ITEM = /(\S*) ([A-Z][A-Z_]+) \((.*?)\)(?=; \S* [A-Z][A-Z_]+ \(|$)/gs
/** Paths of one issue that are named. */
const NAMED = 3

/** @param hint of `CONVENANT_INVALID`: PATH CODE (WORDS); PATH CODE (WORDS) */
export function issuesIn(hint: string, lang: Lang): string[] {
  const paths = new Map<string, string[]>()
  for (const [, path, code, words] of hint.matchAll(ITEM)) {
    const issue = `${wordsOf(code!, words!, lang)} (${code})`
    paths.set(issue, [...(paths.get(issue) ?? []), path!])
  }
  if (paths.size === 0) return [lang === 'nl' ? (WHOLE[hint] ?? hint) : hint]
  return [...paths].map(([issue, at]) => {
    const more = at.length - NAMED
    const rest = more > 0 ? { nl: ` en nog ${more}`, en: ` and ${more} more` }[lang] : ''
    const places = at.filter((path) => path !== '').slice(0, NAMED)
    return places.length === 0 ? issue : `${places.join(', ')}${rest}: ${issue}`
  })
}

function wordsOf(code: string, words: string, lang: Lang): string {
  if (lang === 'en') return words
  const sectors = /^no basis on which flags of (\S+) may answer a question of (\S+)$/.exec(words)
  if (sectors !== null) {
    return `geen grondslag waarop meldingen van ${sectors[1]} een vraag van ${sectors[2]} mogen beantwoorden`
  }
  const named = /^(?:no such id|not among kinds): (\S+)$/.exec(words)?.[1]
  if (named !== undefined) return `${named} bestaat niet in het convenant`
  return Object.hasOwn(DUTCH, code) ? DUTCH[code]! : words
}

const WHOLE: Readonly<Record<string, string>> = {
  'at least three': 'minstens drie',
  'not JSON': 'het is geen JSON',
  'not in the form that formatSignedConvenant writes':
    'het bestand is niet in de vorm waarin drempel het schrijft',
}

const DUTCH: Readonly<Record<string, string>> = {
  ASKER_NOT_CONSUMER: 'deze vrager mag de lijst van een regel niet hebben',
  BAD_FIELD: 'de waarde van dit veld mag niet',
  BATCH_ON_CHECK: 'een check gaat over één identificator: 1',
  BUDGET_BELOW_CAP:
    'één quorum kan geen lijst van de grootste omvang van tags voorzien: minstens listCap·n/q bij n houders en quorum q',
  BUDGET_MISSING:
    'er zijn zo weinig telefoonnummers dat ze allemaal te vragen zijn: zeg hoeveel een deelnemer er in een sleutelperiode mag vragen',
  CAP_OUT_OF_ORDER: 'de ene grens past niet bij de andere',
  COMPUTE_HOLDS_KEY:
    'twee rekennodes zouden een quorum van de sleutel houden: verhoog het quorum of kies andere houders',
  CONSENT_OF_NOBODY: 'vier ogen zijn mensen: operator',
  CROSS_SECTOR: 'twee keer dezelfde sector',
  DPIA_MISSING: 'de digest van de gegevensbeschermingseffectbeoordeling (AVG art. 35)',
  DUPLICATE: 'staat er twee keer',
  GRONDSLAG_OF_AUTHORITY: 'deze deelnemer kan zich niet op deze grondslag beroepen',
  KIND_WITHOUT_RULE: 'geen regel van het doel is van deze soort',
  NOT_ACKNOWLEDGED: 'de deelnemers moeten aanvaarden wat dit prijsgeeft',
  NO_PAIR: 'er is niemand aan wie een voorsteller het kan voorstellen',
  OWNERS_CONSUMERS: 'er is geen lijst om te hebben: all',
  PLAIN_KEYS: 'plain kan alleen met uitkomst owners en t boven 2',
  PREVIOUS_MISMATCH: 'null in versie 1, daarna een digest',
  PURPOSE_MISSING: 'deze regel kan bevraagd worden: zeg waarvoor',
  QUORUM_TOO_LARGE: 'meer dan er zijn',
  QUORUM_TOO_SMALL: 'meer dan de helft',
  QUOTA_BELOW_BATCH:
    'één quorum kan geen hele vraag verwerken: minstens maxBatch·n/q bij n houders en quorum q',
  REGION_MISPLACED: 'een regio bij phone, null bij elke andere soort',
  RULE_AGGREGATES: 'dit past niet bij een regel die alleen telt',
  RULE_CONDITION: 'deze voorwaarde kan niet bij deze regel en deze deelnemers',
  RULE_NOT_LIST: 'alleen een lijst kan bevraagd worden',
  RULE_OF_OTHER_KIND: 'deze regel is van een soort die het doel niet noemt',
  SIZE_BY_ECDH: 'alleen het aantal gaat met ecdh',
  TLS_PIN_MISSING: 'bij https hoort de pin van de sleutel',
  TLS_PIN_ON_HTTP: 'http heeft geen sleutel: null',
  TOO_FEW_CONTRIBUTORS: 'minstens max(3, t + 1), en niet meer dan er deelnemers zijn',
  TRANSPORT_MIXED: 'allemaal op https, of allemaal op http van deze machine zelf',
  UNKNOWN_FIELD: 'zo’n veld is er niet',
  UNKNOWN_REFERENCE: 'dit bestaat niet in het convenant',
  VALIDITY_EMPTY: 'moet na validFrom liggen',
} satisfies Partial<Record<string, string>>

/** What a draft lacks is an option that was not given, more often than not. */
export function remediesIn(hint: string, lang: Lang): string | undefined {
  const told = REMEDIES.flatMap(([code, text]) => (hint.includes(code) ? [text[lang]] : []))
  return told.length === 0 ? undefined : told.join('; ')
}

const REMEDIES: readonly (readonly [string, Text])[] = [
  [
    'CROSS_SECTOR',
    {
      nl: 'er zijn meer sectoren: --cross-sector stelt een grondslag voor',
      en: 'there are several sectors: --cross-sector proposes a basis',
    },
  ],
  [
    'TOO_FEW_CONTRIBUTORS',
    {
      nl: 'een regel voor t deelnemers vraagt er minstens één meer: --member, of een kleinere t',
      en: 'a rule for t members takes at least one more: --member, or a smaller t',
    },
  ],
]
