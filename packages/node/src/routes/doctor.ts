/** Operator API: what is wrong at this node or in sight of it, and what to do, in the reader's language. */

import type { Diagnosis } from '@drempel/protocol/api'
import type { Convenant } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { Lang } from '../http/index.ts'
import { codeOf, daysLeft, listCases, silentMembers, stuckRecords } from '../sessions/index.ts'
import { comparedWith } from './compared.ts'
import { listCheck } from './doctorList.ts'
import type { RunningNode } from './node.ts'

export type Text = { readonly nl: string; readonly en: string }

export type Ctx = RunningNode['sessions']['ctx']

export type Check = {
  readonly name: Text
  readonly ok: boolean
  readonly detail: Text
  /** Where it is not in order. */
  readonly next: Text
}

/** Alerts that are counted. */
const ALERTS = 1_000
const DISCREPANCIES = 100
/** Longer than a member that is up takes to cosign. */
const LATE_MS = 60_000
const PEER_MS = 3_000

export async function diagnose(node: RunningNode, lang: Lang): Promise<Diagnosis> {
  const { ctx } = node.sessions
  const inForce = node.convenant.peek()
  const checks = [convenantCheck(inForce?.convenant), await logCheck(ctx)]
  if (inForce !== null) {
    const { convenant, rehearsed } = inForce
    if (rehearsed !== null) checks.push(REHEARSAL)
    checks.push(witnessCheck(ctx), await conflictCheck(ctx), await comparisonCheck(ctx))
    checks.push(await subjectCheck(ctx), await alertCheck(ctx), await retentionCheck(ctx))
    for (const { kind } of convenant.kinds) checks.push(await keyCheck(ctx, kind))
    for (const { kind } of convenant.kinds) checks.push(...(await listCheck(ctx, kind)))
    const { kind } = convenant.kinds[0]!
    const others = convenant.members.filter(({ id }) => id !== ctx.self)
    checks.push(...(await Promise.all(others.map(({ id }) => peerCheck(ctx, id, kind)))))
    checks.sort((a, b) => (a.name.en < b.name.en ? -1 : 1))
  }
  return {
    checks: checks.map(({ name, ok, detail, next }) => ({
      ...{ name: name[lang], ok, detail: detail[lang] },
      ...(ok ? {} : { next: next[lang] }),
    })),
  }
}

function convenantCheck(document: Convenant | undefined): Check {
  return {
    name: same('convenant'),
    ok: document !== undefined,
    detail:
      document === undefined
        ? NONE
        : {
            nl: `${document.id} versie ${document.version}`,
            en: `${document.id} version ${document.version}`,
          },
    next: { nl: 'drempel convenant install BESTAND', en: 'drempel convenant install FILE' },
  }
}

async function logCheck(ctx: Ctx): Promise<Check> {
  const ok = await ctx.audit.verifySelf().then(
    () => true,
    () => false,
  )
  return {
    name: { nl: 'logboek', en: 'log' },
    ok,
    detail: ok
      ? {
          nl: 'checkpoint, hashes en laatste regels kloppen met elkaar',
          en: 'checkpoint, hashes and last entries agree',
        }
      : {
          nl: 'het opgeslagen logboek spreekt zichzelf tegen',
          en: 'the stored log contradicts itself',
        },
    // A backup would be a second history, with which no member goes on.
    next: {
      nl: 'stop de node en bewaar de opslag; drempel log fsck zegt welke regels het zijn. Zet geen reservekopie terug',
      en: 'stop the node and keep its store; drempel log fsck says which entries. Restore no backup',
    },
  }
}

const REHEARSAL: Check = {
  name: { nl: 'generale repetitie', en: 'rehearsal' },
  ok: false,
  detail: {
    nl: 'alleen wat verzonnen is, wordt aangenomen',
    en: 'only what is made up is taken',
  },
  next: {
    nl: 'drempel experiment rehearse gaat ermee verder, met --end eindigt zij',
    en: 'drempel experiment rehearse goes on with it, with --end it ends',
  },
}

function witnessCheck(ctx: Ctx): Check {
  const { witnesses, quorum, waitingSince } = ctx.witnessing.cosigning.state()
  const late = waitingSince !== null && ctx.clock() - waitingSince > LATE_MS
  return {
    name: { nl: 'getuigen', en: 'witnesses' },
    ok: !late,
    detail: witnessesAre(late, witnesses.length, quorum),
    next: {
      nl: 'draaien de nodes van de getuigen? zie bij hun node of die antwoordt',
      en: 'are the nodes of the witnesses up? see the lines of peers',
    },
  }
}

function witnessesAre(late: boolean, count: number, quorum: number): Text {
  if (count === 0) {
    return {
      nl: 'het convenant noemt er geen voor dit logboek',
      en: 'the convenant names none for this log',
    }
  }
  if (late) return { nl: 'het logboek wacht op hen', en: 'the log waits for them' }
  return {
    nl: `${quorum} van de ${count} tekenen het logboek mee`,
    en: `${quorum} of ${count} cosign the log`,
  }
}

async function conflictCheck(ctx: Ctx): Promise<Check> {
  const caught = await ctx.store.witness.conflicts()
  return {
    name: { nl: 'logboeken van deelnemers', en: 'logs of members' },
    ok: caught.length === 0,
    detail:
      caught.length === 0
        ? {
            nl: 'geen is betrapt op tegenspraak met zichzelf',
            en: 'none was caught contradicting itself',
          }
        : same(caught.map(({ log, code }) => `${code} ${log}`).join(', ')),
    next: {
      nl: 'drempel log conflicts heeft het bewijs; meld het de deelnemers en hun FG',
      en: 'drempel log conflicts has the evidence; tell the members and their FG',
    },
  }
}

async function comparisonCheck(ctx: Ctx): Promise<Check> {
  const discrepancies = await ctx.store.comparisons.discrepancies(DISCREPANCIES)
  const counted = new Map<string, number>()
  for (const { member } of discrepancies) counted.set(member, (counted.get(member) ?? 0) + 1)
  const found = [...counted].map(([member, count]) => `${member}: ${count}`)
  const silent = (await silentMembers(ctx)).join(', ')
  const all = (away: string) =>
    [...found, ...(silent === '' ? [] : [`${away}: ${silent}`])].join(', ')
  const ok = found.length === 0 && silent === ''
  const members = await comparedWith(ctx)
  const count = members.filter(({ at }) => at !== null).length
  return {
    name: { nl: 'logboeken vergeleken', en: 'logs compared' },
    ok,
    detail: ok
      ? {
          nl: `met ${count} van de ${members.length}; geen verschil gevonden`,
          en: `with ${count} of ${members.length}; no difference was found`,
        }
      : { nl: all('al een week niet te vergelijken'), en: all('not to be compared for a week') },
    next: {
      nl: 'drempel log conflicts heeft ze; daarna: drempel log reconcile',
      en: 'drempel log conflicts has them; then: drempel log reconcile',
    },
  }
}

async function subjectCheck(ctx: Ctx): Promise<Check> {
  const [first] = await listCases(ctx, true)
  const overdue = first !== undefined && daysLeft(first, ctx.clock()) < 0
  return {
    name: { nl: 'betrokkenen', en: 'data subjects' },
    ok: !overdue,
    detail: overdue
      ? { nl: 'de termijn van een zaak is verstreken', en: 'the term of a case has passed' }
      : { nl: 'geen open zaak is te laat', en: 'no open case is late' },
    next: same('drempel subject list'),
  }
}

async function alertCheck(ctx: Ctx): Promise<Check> {
  const unseen = (await ctx.store.alerts.list({ all: false, limit: ALERTS })).length
  return {
    name: { nl: 'waarschuwingen', en: 'alerts' },
    ok: unseen === 0,
    detail:
      unseen === 0
        ? { nl: 'geen die niemand bekeken heeft', en: 'none that nobody looked at' }
        : { nl: `${unseen} die niemand bekeken heeft`, en: `${unseen} that nobody looked at` },
    next: same('drempel alert list'),
  }
}

async function retentionCheck(ctx: Ctx): Promise<Check> {
  const stuck = new Map<string, { readonly day: string; readonly cause: keyof typeof NOT_ENDED }>()
  for (const { period, purpose = period, day = '', cause } of await stuckRecords(ctx)) {
    const first = stuck.get(purpose)
    if (first === undefined || day < first.day) stuck.set(purpose, { day, cause })
  }
  const ok = stuck.size === 0
  const list = [...stuck].map(([name, { day }]) => `${name} ${day}`.trimEnd()).join(', ')
  const causes = new Set([...stuck.values()].map(({ cause }) => cause))
  const hints = (lang: Lang) => [...causes].map((cause) => NOT_ENDED[cause][lang]).join('; ')
  return {
    name: { nl: 'bewaartermijnen', en: 'retention' },
    ok,
    detail: ok
      ? { nl: 'wat zijn termijn gehad heeft, is gewist', en: 'what is past its term is erased' }
      : { nl: `over tijd: ${list}`, en: `past its term: ${list}` },
    next: {
      nl: `${hints('nl')}; zie log.not-ended in de uitvoer van de node`,
      en: `${hints('en')}; see log.not-ended in the node's output`,
    },
  }
}

/** What to do about records that are past their term, by what keeps them from their end. */
const NOT_ENDED = {
  key: {
    nl: 'mag de node bestanden wissen in zijn map periods?',
    en: 'may the node delete files in its folder periods?',
  },
  entry: {
    nl: 'gewist, en nog niet in het logboek: is er ruimte op de schijf, en klopt het logboek?',
    en: 'erased, and not in the log yet: is there room on the disk, and is the log in order?',
  },
  answers: {
    nl: 'antwoorden van die dagen zijn nog niet te tellen: stop de node en draai drempel log fsck',
    en: 'answers of those days cannot be counted yet: stop the node and run drempel log fsck',
  },
} satisfies Record<string, Text>

async function keyCheck(ctx: Ctx, kind: IdentifierKind): Promise<Check> {
  const key = await ctx.store.keys.current(kind)
  return {
    name: { nl: `sleutel voor ${kind}`, en: `key ${kind}` },
    ok: key !== null,
    detail: key === null ? NONE : { nl: `periode ${key.epoch}`, en: `epoch ${key.epoch}` },
    next: same(`drempel keys generate --kind ${kind}`),
  }
}

async function peerCheck(ctx: Ctx, id: string, kind: IdentifierKind): Promise<Check> {
  const name = { nl: `node van ${id}`, en: `peer ${id}` }
  try {
    await ctx.call(id, 'keys/current', { kind }, { timeoutMs: PEER_MS })
    const detail = { nl: 'antwoordt, ondertekend', en: 'answers, signed' }
    return { name, ok: true, detail, next: NONE }
  } catch (error) {
    // Of a peer that refused, what it refused for: it is up.
    const code = codeOf(error)
    return { name, ok: false, detail: same(code), next: PEER_NEXT[code] ?? IS_IT_UP }
  }
}

const IS_IT_UP: Text = {
  nl: 'draait die node, en op het adres dat in het convenant staat?',
  en: 'is that node up, and at the URL in the convenant?',
}

const PEER_NEXT: Readonly<Record<string, Text>> = {
  CLOCK_SKEW: {
    nl: 'de klokken van die node en deze verschillen: zet ze gelijk (NTP)',
    en: 'the clocks of that node and this one differ: set them (NTP)',
  },
  SIGNATURE_INVALID: {
    nl: 'die node kent een andere sleutel van deze: is op beide hetzelfde convenant geïnstalleerd?',
    en: 'that node knows another key of this one: is the same convenant installed at both?',
  },
  TLS_PIN_MISMATCH: {
    nl: 'het adres toont een andere TLS-sleutel dan in het convenant: een andere node, of iets ertussen',
    en: 'the address shows another TLS key than in the convenant: another node, or something between',
  },
  UNKNOWN_PEER: {
    nl: 'die node draait en kent deze niet: is dit convenant daar geïnstalleerd?',
    en: 'that node is up and does not know this one: is this convenant installed there?',
  },
}

const NONE: Text = { nl: 'geen', en: 'none' }

const same = (text: string): Text => ({ nl: text, en: text })
