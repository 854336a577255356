/** From any error to what a person reads and a script parses: code, title, what to do, exit code. */

import type { Problem } from '@drempel/protocol/api'
import { REFUSALS, type RefusalCode } from '@drempel/protocol/convenant'
import { isProtocolError } from '@drempel/protocol/encoding'
import { DraftInvalid, issuesIn } from './convenant-issues.ts'
import { CLI_ERRORS, type CliErrorCode } from './errors.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { hintIn } from './hints.ts'
import type { Lang, Text } from './language.ts'
import { NODE_ERRORS } from './node-errors.ts'
import { rejectionWords } from './rejections.ts'
import { clean, type Paint } from './render.ts'

/** A problem document (RFC 9457) that the node answered with. */
export class NodeProblem extends Error {
  readonly problem: Problem
  readonly next: string | undefined
  readonly also: string | undefined

  /**
   * @param next what this side adds, where nothing else is known to do: the choices there are
   * @param also what else there is to do, whatever that is
   */
  constructor(problem: Problem, next?: string, also?: string) {
    super(problem.code)
    this.name = 'NodeProblem'
    this.problem = problem
    this.next = next
    this.also = also
  }
}

export type Explanation = {
  readonly code: string
  readonly title: string
  readonly exit: ExitCode
  readonly culprit?: string | undefined
  readonly at?: string | undefined
  /** All that is wrong with a document. */
  readonly issues?: readonly string[] | undefined
  readonly next?: string | undefined
  readonly txid?: string | undefined
  readonly reference?: string | undefined
}

export function explain(error: unknown, lang: Lang): Explanation {
  if (error instanceof NodeProblem) return explainProblem(error, lang)
  if (isProtocolError(error, 'CONVENANT_INVALID') && error.hint !== undefined) {
    const isDraft = error instanceof DraftInvalid
    return {
      ...{ code: error.code, title: UNTRUE.CONVENANT_INVALID![lang], at: error.at },
      ...{ issues: issuesIn(error.hint, lang), next: isDraft ? error.next : undefined },
      exit: isDraft ? EXIT.usage : EXIT.failed,
    }
  }
  if (isProtocolError(error)) {
    const { code, culprit, hint } = error
    const at = lang === 'nl' ? error.at?.replace(/^row (?=[0-9]+$)/, 'rij ') : error.at
    const spec = Object.hasOwn(CLI_ERRORS, code)
      ? CLI_ERRORS[code as CliErrorCode]
      : NODE_ERRORS[code]
    const title = spec?.title ?? (Object.hasOwn(UNTRUE, code) ? UNTRUE[code]! : NOT_VERIFIED)
    const next = (hint === undefined ? undefined : inWords(hint, lang)) ?? spec?.next?.[lang]
    return { code, title: title[lang], exit: spec?.exit ?? EXIT.failed, culprit, at, next }
  }
  // Whatever it is, its message might quote a value: the name alone is shown.
  const at = error instanceof Error ? error.name : typeof error
  return { code: 'UNEXPECTED', title: UNEXPECTED[lang], exit: EXIT.failed, at, next: DEBUG[lang] }
}

export function explanationText(told: Explanation, paint: Paint): string {
  const lines = [`${paint('red', told.code)}: ${clean(told.title)}`]
  for (const name of ['culprit', 'at', 'txid', 'reference'] as const) {
    const value = told[name]
    if (value !== undefined) lines.push(`  ${name}: ${clean(value)}`)
  }
  for (const issue of told.issues ?? []) lines.push(`  - ${clean(issue)}`)
  if (told.next !== undefined) lines.push(`  -> ${clean(told.next)}`)
  return lines.join('\n')
}

function explainProblem({ problem, next: more, also }: NodeProblem, lang: Lang): Explanation {
  const { culprit, txid, instance: reference } = problem
  const refusal = refusalOf(problem)
  if (refusal !== undefined) {
    const title = REFUSALS[refusal][lang]
    const next = both(more, also)
    return { code: refusal, title, exit: EXIT.refused, culprit, next, txid, reference }
  }
  const { code, title, at } = problem
  // What a command knows of a token that was refused is nearer than what holds for any.
  const first = code === 'UNAUTHENTICATED' ? more : undefined
  const next = both(first ?? nextOf(problem, lang) ?? more, also)
  return { code, title, exit: exitOf(problem), culprit, at, next, txid, reference }
}

function both(next: string | undefined, also: string | undefined): string | undefined {
  return [next, also].filter((one) => one !== undefined).join('; ') || undefined
}

/** In words of this program, else in those of the node. */
function nextOf({ code, at, hint }: Problem, lang: Lang): string | undefined {
  const said = peerWords(at, lang)
  if (said !== undefined) return said
  if (Object.hasOwn(NEXT, code)) return NEXT[code as keyof typeof NEXT][lang]
  return rejectionWords(code, lang) ?? (hint === undefined ? undefined : hintIn(lang, hint))
}

/** What another node said, where it has to be put right first: `CLOCK_SKEW`, `telecom: CLOCK_SKEW`, several. */
export function peerWords(at: string | undefined, lang: Lang): string | undefined {
  const codes = at?.match(/[A-Z]+(?:_[A-Z]+)+/g) ?? []
  const known = codes.find((code) => Object.hasOwn(PEER_SAID, code))
  return known === undefined ? undefined : PEER_SAID[known]![lang]
}

/** A problem of that code with what to do about it, where the code alone does not tell. */
export function withNext(error: unknown, code: string, next: string): unknown {
  const isIt = error instanceof NodeProblem && error.problem.code === code
  return isIt ? new NodeProblem(error.problem, next) : error
}

/** @returns undefined for what the convenant did not refuse */
export function refusalIn(error: unknown): RefusalCode | undefined {
  return error instanceof NodeProblem ? refusalOf(error.problem) : undefined
}

/** The convenant's own code, whether it is the document's code or its place. */
function refusalOf({ code, at }: Problem): RefusalCode | undefined {
  const isRefusal = (text: string | undefined): text is RefusalCode =>
    text !== undefined && Object.hasOwn(REFUSALS, text)
  if (isRefusal(code)) return code
  // The other side of an intersection has the same convenant, and its own counters.
  const told = code === 'REFUSED' || code === 'PEER_PROBLEM'
  return told && isRefusal(at) ? at : undefined
}

function exitOf({ code, status }: Problem): ExitCode {
  if (status === 401 || code === 'FORBIDDEN') return EXIT.unauthorised
  return status === 400 || status === 413 || status === 422 ? EXIT.usage : EXIT.failed
}

/** The system's name of an error says little to most people; it stays, for those who look it up. */
function inWords(hint: string, lang: Lang): string {
  return Object.hasOwn(SYSTEM, hint) ? `${SYSTEM[hint]![lang]} (${hint})` : hint
}

const SYSTEM: Readonly<Record<string, Text>> = {
  EACCES: { nl: 'u mag er niet bij', en: 'you are not allowed to' },
  EADDRNOTAVAIL: {
    nl: 'dat adres is niet van deze machine: listen.host in config.yaml',
    en: 'that address is not of this machine: listen.host in config.yaml',
  },
  ECONNRESET: { nl: 'de verbinding werd verbroken', en: 'the connection was broken off' },
  EEXIST: { nl: 'daar staat al een bestand', en: 'there is a file already' },
  EHOSTUNREACH: { nl: 'er is geen weg naar dat adres', en: 'there is no route to that address' },
  EISDIR: { nl: 'het is een map', en: 'it is a folder' },
  ENOENT: { nl: 'dat bestand of die map is er niet', en: 'there is no such file or folder' },
  ENOSPC: { nl: 'de schijf is vol', en: 'the disk is full' },
  ENOTDIR: { nl: 'een deel van het pad is geen map', en: 'a part of the path is no folder' },
  ENOTFOUND: { nl: 'die naam is niet bekend', en: 'that name is not known' },
  EPERM: { nl: 'het systeem staat het niet toe', en: 'the system does not permit it' },
  EROFS: { nl: 'er kan daar niet geschreven worden', en: 'nothing can be written there' },
}

const NOT_VERIFIED: Text = { nl: 'Dit klopt niet', en: 'This does not hold' }

/** What a verifier finds, in words; the protocol's other codes stand for themselves. */
const UNTRUE: Readonly<Record<string, Text>> = {
  BAD_BUNDLE: { nl: 'Een blok logregels is beschadigd', en: 'A bundle of log entries is damaged' },
  BAD_CONSISTENCY_PROOF: {
    nl: 'Het logboek bevat niet wat eerder getoond is',
    en: 'The log does not contain what was shown before',
  },
  BAD_EVENT: { nl: 'Een logregel heeft niet de juiste vorm', en: 'A log entry has the wrong form' },
  BAD_INCLUSION_PROOF: {
    nl: 'Deze regel staat niet in de ondertekende boom',
    en: 'This entry is not in the signed tree',
  },
  BAD_RECEIPT: { nl: 'Dit is geen ontvangstbevestiging', en: 'This is no receipt' },
  BAD_SIGNATURE: { nl: 'Een handtekening klopt niet', en: 'A signature does not verify' },
  BAD_TILE: {
    nl: 'De hashes van het logboek horen niet bij zijn regels',
    en: "The log's hashes do not belong to its entries",
  },
  CONVENANT_INVALID: { nl: 'Dit is geen geldig convenant', en: 'This is no valid convenant' },
  CONVENANT_NOT_SUCCESSOR: {
    nl: 'Deze versie volgt niet op de vorige',
    en: 'This version does not follow the last',
  },
  CONVENANT_SIGNATURE_BAD: {
    nl: 'Een handtekening onder het convenant klopt niet',
    en: 'A signature under the convenant does not verify',
  },
  CONVENANT_SIGNATURE_MISSING: {
    nl: 'Er ontbreekt een handtekening onder het convenant',
    en: 'A signature under the convenant is missing',
  },
  NO_KNOWN_SIGNATURE: {
    nl: 'Dit is niet ondertekend met een bekende sleutel',
    en: 'This is not signed with a known key',
  },
  NO_WITNESS_QUORUM: {
    nl: 'Te weinig getuigen van het convenant tekenden mee',
    en: 'Too few witnesses of the convenant cosigned',
  },
  ROOT_MISMATCH: {
    nl: 'De regels geven een andere wortel dan de node ondertekende',
    en: 'The entries give another root than the node signed',
  },
  TILE_MISSING: { nl: 'Het logboek mist een deel', en: 'A part of the log is missing' },
}

const UNEXPECTED: Text = {
  nl: 'drempel liep onverwacht vast',
  en: 'drempel stopped unexpectedly',
}
const DEBUG: Text = {
  nl: 'met DREMPEL_DEBUG=1 komt de plaats in het programma erbij',
  en: 'DREMPEL_DEBUG=1 adds the place in the program',
}

const PEER_SAID: Readonly<Record<string, Text>> = {
  CLOCK_SKEW: {
    nl: 'de klokken van de nodes verschillen: zet ze gelijk (NTP); drempel doctor zegt bij welke',
    en: 'the clocks of the nodes differ: set them (NTP); drempel doctor says at which',
  },
  SIGNATURE_INVALID: {
    nl: 'die node kent een andere sleutel van deze: is op beide hetzelfde convenant geïnstalleerd?',
    en: 'that node knows another key of this one: is the same convenant installed at both?',
  },
  NO_CONVENANT: {
    nl: 'die node heeft geen convenant; daar: drempel convenant install BESTAND',
    en: 'that node has no convenant; there: drempel convenant install FILE',
  },
  UNKNOWN_PEER: {
    nl: 'die node kent deze niet; daar: drempel convenant install BESTAND',
    en: 'that node does not know this one; there: drempel convenant install FILE',
  },
}

/** What to do about the node's answers, as commands of this program. */
const NEXT = {
  BAD_FLAG: {
    nl: 'welke codes er zijn: drempel flag codes',
    en: 'which there are: drempel flag codes',
  },
  BUSY: { nl: 'drempel round status; wacht en herhaal', en: 'drempel round status; wait, repeat' },
  CASE_CLOSED: {
    nl: 'hoe zij is afgedaan: drempel subject letter ZAAK; een nieuw verzoek: --proof in plaats van --case',
    en: 'how it was settled: drempel subject letter CASE; a new request: --proof instead of --case',
  },
  CASE_EXTENDED: {
    nl: 'tot wanneer: drempel subject list; afdoen: drempel subject close ZAAK --outcome ...',
    en: 'until when: drempel subject list; to settle it: drempel subject close CASE --outcome ...',
  },
  CASE_UNKNOWN: { nl: 'drempel subject list --all', en: 'drempel subject list --all' },
  CONVENANT_DIFFERS: {
    nl: 'installeer op alle nodes dezelfde versie: drempel convenant install BESTAND',
    en: 'install the same version on all nodes: drempel convenant install FILE',
  },
  FORBIDDEN: {
    nl: 'vraag een beheerder: drempel token create --name NAAM --role ROL',
    en: 'ask an administrator: drempel token create --name NAME --role ROLE',
  },
  LOG_ENTRY_UNKNOWN: {
    nl: 'het nummer van een regel staat in drempel log show; van een ander kwartaal: --origin',
    en: 'the number of an entry stands in drempel log show; of another quarter: --origin',
  },
  NODE_IN_USE: {
    nl: 'oefen voordat er echte meldingen in staan, of op eigen oefennodes: drempel init --home oefening',
    en: 'rehearse before real flags are loaded, or on nodes of their own: drempel init --home practice',
  },
  NOT_APPROVED: {
    nl: 'hoe het ervoor staat: drempel question list of drempel log proposals; leg het zo nodig opnieuw voor',
    en: 'how it stands: drempel question list or drempel log proposals; put it anew if need be',
  },
  NOT_WITNESSED: {
    nl: 'drempel doctor: zijn de nodes van de getuigen bereikbaar?',
    en: 'drempel doctor: can the nodes of the witnesses be reached?',
  },
  NO_CONVENANT: { nl: 'drempel convenant install BESTAND', en: 'drempel convenant install FILE' },
  NO_KEY: { nl: 'drempel keys generate --kind SOORT', en: 'drempel keys generate --kind KIND' },
  NOT_COMPUTE_NODE: {
    nl: 'start de ronde bij een van de rekennodes: drempel convenant show',
    en: 'start the round at one of the compute nodes: drempel convenant show',
  },
  NOT_HOLDER: {
    nl: 'maak de sleutel bij een van de sleutelhouders: drempel convenant show',
    en: 'make the key at one of the key holders: drempel convenant show',
  },
  NO_LIST: { nl: 'drempel round run --kind SOORT', en: 'drempel round run --kind KIND' },
  PEER_TIMEOUT: { nl: 'drempel doctor', en: 'drempel doctor' },
  PEER_UNREACHABLE: {
    nl: 'draait die node? drempel doctor',
    en: 'is that node running? drempel doctor',
  },
  REHEARSING: {
    nl: 'wacht tot de repetitie voorbij is, of: drempel experiment rehearse --end',
    en: 'wait until the rehearsal is over, or: drempel experiment rehearse --end',
  },
  PSI_UNKNOWN: { nl: 'drempel psi list --all', en: 'drempel psi list --all' },
  PSI_WRONG_STATE: {
    nl: 'drempel psi show ID toont wat er nu kan; de andere kant neemt een voorstel aan',
    en: 'drempel psi show ID says what can be done now; the other side accepts a proposal',
  },
  QUORUM_LOST: {
    nl: 'te weinig sleutelhouders draaien: drempel doctor',
    en: 'too few key holders are running: drempel doctor',
  },
  UNAUTHENTICATED: {
    nl: 'zet $DREMPEL_TOKEN, of geef de --home van deze node',
    en: "set $DREMPEL_TOKEN, or give this node's --home",
  },
  UNKNOWN_PROPOSAL: {
    nl: 'drempel question list, of drempel log proposals',
    en: 'drempel question list, or drempel log proposals',
  },
  UNKNOWN_RECEIPT: {
    nl: 'txid en plaats staan bij het antwoord; eerdere: drempel log show --type query.result',
    en: 'txid and place stand with the answer; earlier ones: drempel log show --type query.result',
  },
} as const satisfies Record<string, Text>
