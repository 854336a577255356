/** Intersections in words. */

import type { Psi } from '@drempel/protocol/api'
import { REFUSALS, type RefusalCode } from '@drempel/protocol/convenant'
import type { Text } from '../output/language.ts'
import { clean, minute, pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { listing } from './listing.ts'

export const PSI_STATES: Readonly<Record<Psi['state'], Text>> = {
  drafted: { nl: 'wacht op een tweede persoon', en: 'waits for a second person' },
  proposed: { nl: 'voorgesteld', en: 'proposed' },
  committed: { nl: 'vastgelegd', en: 'committed' },
  running: { nl: 'loopt', en: 'running' },
  done: { nl: 'klaar', en: 'done' },
  refused: { nl: 'geweigerd', en: 'refused' },
  failed: { nl: 'mislukt', en: 'failed' },
}

const WHY: Readonly<Record<NonNullable<Psi['why']>, Text>> = {
  ASKED: { nl: 'gevraagd', en: 'asked for' },
  AGREED: { nl: 'het convenant heeft geen ander', en: 'the convenant has no other' },
  SIZE_ONLY: {
    nl: 'geeft als enige niet meer dan het aantal',
    en: 'the one that tells the size alone',
  },
  PREPARED: { nl: 'de lijst is vooraf verstuurd', en: 'the list was sent ahead' },
  SMALL_LISTS: { nl: 'kleine lijsten', en: 'small lists' },
  LARGE_LISTS: { nl: 'grote lijsten', en: 'large lists' },
  BEYOND_OT: { nl: 'te groot voor ot', en: 'too large for ot' },
}

const REASONS: Readonly<Record<string, Text>> = {
  REFUSED_BY_PERSON: { nl: 'de andere kant weigerde', en: 'the other side refused' },
  REFUSED_BY_POLICY: {
    nl: 'de instellingen van de andere node weigeren dit',
    en: "the other node's settings refuse this",
  },
  WITHDRAWN: { nl: 'het voorstel is ingetrokken', en: 'the proposal was withdrawn' },
  PSI_ENDED: { nl: 'de andere kant brak haar af', en: 'the other side ended it' },
  PSI_STOPPED: { nl: 'hier gestopt', en: 'stopped here' },
  PSI_EXPIRED: { nl: 'niemand antwoordde op tijd', en: 'nobody answered in time' },
  NODE_RESTARTED: {
    nl: 'een node herstartte',
    en: 'a node restarted',
  },
  PEER_GONE: { nl: 'de verbinding kwam niet terug', en: 'the connection did not come back' },
  PSI_STALLED: { nl: 'de andere kant viel stil', en: 'the other side fell silent' },
  PSI_LIST_OUTDATED: {
    nl: 'de vlaggen kunnen op iemands verzoek veranderd zijn; stel opnieuw voor',
    en: 'the flags may have changed at somebody’s request; propose again',
  },
  PSI_PREPARED_ENDED: {
    nl: 'de voorbereide lijst is er niet meer',
    en: 'the prepared list is there no more',
  },
  CONVENANT_REPLACED: {
    nl: 'er kwam een nieuwe versie van het convenant',
    en: 'a new version of the convenant came',
  },
}

/** Why the other side ended it, in its own word. */
const CAUSES: Readonly<Record<string, Text>> = {
  STOPPED: { nl: 'daar gestopt', en: 'stopped there' },
  RESTARTED: { nl: 'die node herstartte', en: 'that node restarted' },
  LOST: { nl: 'de verbinding kwam daar niet terug', en: 'the connection did not come back there' },
  PROTOCOL: {
    nl: 'wat daar aankwam paste niet bij het protocol',
    en: 'what came there was not of the protocol',
  },
  DIFFERS: {
    nl: 'wat daar aankwam was niet wat was afgesproken',
    en: 'what came there was not what was agreed',
  },
  REFUSED: { nl: 'het convenant staat het daar niet toe', en: 'its convenant does not allow it' },
  CONVENANT_REPLACED: {
    nl: 'daar is een andere versie van het convenant van kracht',
    en: 'another version of the convenant is in force there',
  },
  MEMBER_SUSPENDED: { nl: 'een van beide is geschorst', en: 'one of the two is suspended' },
  NOT_WITNESSED: {
    nl: 'te weinig getuigen tekenen daar het logboek mee',
    en: 'too few witnesses cosign the log there',
  },
  EXPIRED: { nl: 'het duurde daar te lang', en: 'it took too long there' },
  PREPARED_ENDED: {
    nl: 'de voorbereide lijst is er niet meer',
    en: 'the prepared list is there no more',
  },
}

export function psiFacts(ctx: Context, session: Psi): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const { sizes, protocol, why } = session
  return pairs([
    ['id', session.id],
    [label('toestand', 'state'), ctx.say(PSI_STATES[session.state])],
    [label('met', 'with'), session.peer],
    [label('voorgesteld door', 'proposed by'), ctx.say(proposerOf(session))],
    [label('doel', 'purpose'), session.purpose],
    [label('soort', 'kind'), session.kind],
    [label('wat', 'what'), ctx.say(OUTPUTS[session.output])],
    [label('wie het hoort', 'who learns it'), ctx.say(TO[session.to][session.side])],
    [
      'protocol',
      protocol === null ? null : `${protocol}${why === null ? '' : ` (${ctx.say(WHY[why])})`}`,
    ],
    [
      label('grootte, afgerond', 'sizes, rounded'),
      `${sizes.proposer ?? '-'} x ${sizes.partner ?? '-'}`,
    ],
    [label('eigen lijst', 'own list'), session.own],
    [label('gemaskeerd op', 'masked at'), session.prepared?.createdAt ?? null],
    [label('zaak', 'case'), session.case],
    [label('ingestemd door', 'consented by'), session.people.join(', ') || null],
    ...(session.expiresAt ? ([[label('tot', 'until'), session.expiresAt]] as const) : []),
    ...(session.result ? ([[label('uitkomst', 'result'), resultText(ctx, session)]] as const) : []),
  ])
}

export function psiReason(ctx: Context, session: Psi): string {
  const { id, side, state, reason, culprit, cause = '' } = session
  const code = reason ?? ''
  const refusal = Object.hasOwn(REFUSALS, code) ? REFUSALS[code as RefusalCode] : undefined
  const words = refusal ?? (Object.hasOwn(REASONS, code) ? REASONS[code] : undefined)
  const told = words === undefined ? '' : `: ${ctx.say(words)}`
  const why = Object.hasOwn(CAUSES, cause) ? `; ${ctx.say(CAUSES[cause]!)}` : ''
  const who = culprit === undefined ? '' : ` (${culprit})`
  const text = clean(`${ctx.say(PSI_STATES[state])}: ${code}${who}${told}${why}`)
  if (side !== 'proposer' || state !== 'failed') return text
  const again = { nl: 'opnieuw: drempel psi repeat', en: 'again: drempel psi repeat' }
  return `${text}\n-> ${ctx.say(again)} ${id}`
}

/** What a person does next. */
export function psiNext(ctx: Context, { id, state, side, peer }: Psi): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  if (state === 'drafted') {
    return label(
      `-> nu stemt een ander in: drempel psi accept ${id}`,
      `-> now somebody else consents: drempel psi accept ${id}`,
    )
  }
  if (state !== 'proposed') return ''
  return side === 'proposer'
    ? label(
        `-> nu beslist ${peer}; volg het met: drempel psi run ${id}`,
        `-> now ${peer} decides; follow it with: drempel psi run ${id}`,
      )
    : label(
        `-> nog een persoon stemt in: drempel psi accept ${id}`,
        `-> one more person consents: drempel psi accept ${id}`,
      )
}

/** To who accepted it: it cannot be accepted again. */
export function psiOver(ctx: Context, { id, side, peer }: Psi): string {
  if (side === 'proposer') {
    return ctx.say({
      nl: `dit voorstel is voorbij; opnieuw: drempel psi repeat ${id}`,
      en: `this proposal is over; again: drempel psi repeat ${id}`,
    })
  }
  return ctx.say({
    nl: `dit voorstel is voorbij: ${peer} stelt het opnieuw voor met drempel psi repeat ${id}`,
    en: `this proposal is over: ${peer} proposes it again with drempel psi repeat ${id}`,
  })
}

/** @param all what is over, too */
export function psiTable(ctx: Context, sessions: readonly Psi[], all: boolean): string {
  const head = {
    nl: 'id,toestand,met,voorstel van,doel,soort,wat,voor,eigen lijst,hun lijst (afgerond),sinds,uitkomst',
    en: 'id,state,with,proposed by,purpose,kind,what,for,own list,their list (rounded),since,result',
  }
  const rows = sessions.map((one) => [
    ...[one.id, ctx.say(PSI_STATES[one.state]), one.peer],
    ...[ctx.say(one.side === 'proposer' ? US : THEM), one.purpose, one.kind],
    ...[ctx.say(SHORT[one.output]), ctx.say(TO[one.to][one.side])],
    ...[one.own, one.side === 'partner' ? one.sizes.proposer : one.sizes.partner],
    ...[minute(one.createdAt), one.reason ?? (one.result ? resultText(ctx, one) : null)],
  ])
  const text = all
    ? listing(ctx, head, rows, NONE_EVER, PROPOSE)
    : listing(ctx, head, rows, NONE_OPEN, PROPOSE_OR_ALL)
  const waits = sessions.some(({ side, state }) => side === 'partner' && state === 'proposed')
  return waits ? `${text}\n-> ${ctx.say(DECIDE)}` : text
}

const DECIDE: Text = {
  nl: 'wat de ander voorstelde: drempel psi accept ID, of drempel psi refuse ID',
  en: 'what the other proposed: drempel psi accept ID, or drempel psi refuse ID',
}

const NONE_EVER: Text = {
  nl: 'Er is nog geen doorsnede voorgesteld.',
  en: 'No intersection was proposed yet.',
}
const PROPOSE: Text = {
  nl: 'stel er een voor: drempel psi propose --help',
  en: 'propose one: drempel psi propose --help',
}
const NONE_OPEN: Text = {
  nl: 'Er wacht geen voorstel en er loopt geen doorsnede.',
  en: 'No proposal waits and no intersection is under way.',
}
const PROPOSE_OR_ALL: Text = {
  nl: 'wat voorbij is: drempel psi list --all; een nieuwe: drempel psi propose --help',
  en: 'what is over: drempel psi list --all; a new one: drempel psi propose --help',
}

function proposerOf({ side, peer }: Psi): Text {
  return side === 'proposer' ? { nl: 'ons', en: 'us' } : { nl: peer, en: peer }
}

function resultText(ctx: Context, { result }: Psi): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  switch (result!.learned) {
    case 'items':
    case 'size':
      return label(`${result!.size} gemeenschappelijk`, `${result!.size} in common`)
    case 'bucket':
      return label(
        `te veel om te tonen: hoogstens ${result!.atMost}`,
        `too many to show: at most ${result!.atMost}`,
      )
    case 'nothing':
      return label('alleen voor de andere kant', 'for the other side alone')
  }
}

const OUTPUTS: Readonly<Record<Psi['output'], Text>> = {
  items: { nl: 'welke beide hebben', en: 'which are in common' },
  size: { nl: 'alleen hoeveel', en: 'only how many' },
}

const SHORT: Readonly<Record<Psi['output'], Text>> = {
  items: { nl: 'welke', en: 'which' },
  size: { nl: 'aantal', en: 'size' },
}

const US: Text = { nl: 'wij', en: 'us' }
const THEM: Text = { nl: 'de ander', en: 'the other' }
const BOTH: Text = { nl: 'beide', en: 'both' }
const TO: Readonly<Record<Psi['to'], Readonly<Record<Psi['side'], Text>>>> = {
  proposer: { proposer: US, partner: THEM },
  partner: { proposer: THEM, partner: US },
  both: { proposer: BOTH, partner: BOTH },
}
