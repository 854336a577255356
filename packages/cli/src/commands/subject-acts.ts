/** subject object, erase, rectify, lift: what follows from a data subject's request. */

import {
  erasureRequest,
  liftRequest,
  objectionRequest,
  rectifyRequest,
  subjectDone,
} from '@drempel/protocol/api'
import { readValue } from './context.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, usage } from './define.ts'
import { readTime } from './flag-fields.ts'
import { ABOUT_OPTIONS, type AboutOptions, aboutOf, doneText, VALUE_ARG } from './subject-about.ts'

export const subjectObject: CommandSpec<AboutOptions> = {
  usage: 'subject object <value>',
  about: {
    nl: 'zet een melding onder bezwaar (AVG art. 21)',
    en: 'put a flag under bezwaar, an objection (GDPR art. 21)',
  },
  args: VALUE_ARG,
  options: ABOUT_OPTIONS,
  examples: [
    {
      nl: 'subject object - --kind iban --proof "paspoort gezien, balie 3" < iban.txt',
      en: 'subject object - --kind iban --proof "passport seen, counter 3" < iban.txt',
    },
  ],
  notes: {
    nl: 'De melding telt vanaf de volgende ronde niet mee, en geen import brengt haar terug. Opheffen: drempel subject lift.',
    en: 'The flag is out of the next round, and no import brings it back. To lift it: drempel subject lift.',
  },
  async run(ctx, options, given: string) {
    const body = { ...aboutOf(ctx, options), value: await readValue(ctx, given) }
    const node = await ctx.node()
    const request = [objectionRequest, body] as const
    const done = await node.send('POST', 'subjects/objection', request, subjectDone)
    const did = { nl: 'De melding staat onder bezwaar.', en: 'The flag is under bezwaar.' }
    return { json: done, text: doneText(ctx, done, did) }
  },
}

export const subjectErase: CommandSpec<AboutOptions> = {
  usage: 'subject erase <value>',
  about: { nl: 'wis een melding (AVG art. 17)', en: 'erase a flag (GDPR art. 17)' },
  args: VALUE_ARG,
  options: ABOUT_OPTIONS,
  examples: ['subject erase - --kind phone --case 2026-0007 < phone.txt'],
  notes: {
    nl: 'Er blijft een kenmerk onder een geheime sleutel, zodat geen import haar terugbrengt, en het logboek: dat er om wissing is gevraagd, niet van wat.',
    en: 'What remains is a mark under a secret key, so that no import brings it back, and the log: that an erasure was asked for, not of what.',
  },
  async run(ctx, options, given: string) {
    const body = { ...aboutOf(ctx, options), value: await readValue(ctx, given) }
    const node = await ctx.node()
    const request = [erasureRequest, body] as const
    const done = await node.send('POST', 'subjects/erasure', request, subjectDone)
    const did = { nl: 'De melding is gewist.', en: 'The flag was erased.' }
    return { json: done, text: doneText(ctx, done, did) }
  },
}

type RectifyOptions = AboutOptions & {
  readonly replacement?: string
  readonly taxonomy?: string
  readonly evidence?: string
  readonly reports?: number
  readonly since?: string
  readonly expires?: string
}

export const subjectRectify: CommandSpec<RectifyOptions> = {
  usage: 'subject rectify <value>',
  about: { nl: 'verbeter een melding (AVG art. 16)', en: 'correct a flag (GDPR art. 16)' },
  args: VALUE_ARG,
  options: [
    ...ABOUT_OPTIONS,
    {
      flags: '--replacement <value>',
      about: {
        nl: 'de identificator die bedoeld was; de melding gaat daarop over',
        en: 'the identifier that was meant; the flag passes to it',
      },
    },
    { flags: '--taxonomy <code>', about: { nl: 'taxonomiecode', en: 'taxonomy code' } },
    { flags: '--evidence <class>', about: { nl: 'bewijsklasse', en: 'evidence class' } },
    {
      flags: '--reports <n>',
      about: { nl: 'aantal meldingen', en: 'number of reports' },
      number: { least: 1, most: 1_000_000 },
    },
    { flags: '--since <date>', about: { nl: 'sinds', en: 'since' } },
    { flags: '--expires <date>', about: { nl: 'vervalt op', en: 'expires on' } },
  ],
  examples: [
    'subject rectify NL91ABNA0417164300 --kind iban --case 2026-0007 --replacement NL20INGB0001234567',
    'subject rectify spam.example --kind host --proof "DNS record" --taxonomy aankoop',
  ],
  async run(ctx, options, given: string) {
    const { replacement, taxonomy, evidence, reports, since, expires } = options
    const date = (name: string, text: string | undefined) => {
      const time = text === undefined ? undefined : readTime(text)
      if (text !== undefined && time === undefined) {
        usage(`--${name}`, { nl: '2026-01-31', en: '2026-01-31' }, ctx.lang)
      }
      return time
    }
    const fields = {
      ...{ replacement, taxonomy, evidence, reports },
      ...{ since: date('since', since), expires: date('expires', expires) },
    }
    const body = { ...aboutOf(ctx, options), ...fields, value: await readValue(ctx, given) }
    const node = await ctx.node()
    const request = [rectifyRequest, body] as const
    const done = await node.send('POST', 'subjects/rectification', request, subjectDone)
    const did =
      replacement === undefined
        ? { nl: 'De melding is verbeterd.', en: 'The flag was corrected.' }
        : {
            nl: 'De melding is ingetrokken; de bedoelde identificator heeft haar overgenomen.',
            en: 'The flag was withdrawn; the identifier that was meant has taken it over.',
          }
    return { json: done, text: doneText(ctx, done, did) }
  },
}

export const subjectLift: CommandSpec<KindOptions & { readonly case: string }> = {
  usage: 'subject lift <value>',
  about: {
    nl: 'hef een bezwaar op, of sta een gewiste identificator weer toe',
    en: 'end a bezwaar, or allow an erased identifier again',
  },
  args: VALUE_ARG,
  options: [
    KIND_OPTION,
    {
      flags: '--case <number>',
      about: { nl: 'de zaak waarin dat besloten is', en: 'the case in which that was decided' },
      required: true,
    },
  ],
  examples: ['subject lift - --kind iban --case 2026-0007 < iban.txt'],
  notes: {
    nl: 'Een melding die in deze sleutelperiode een lijst verliet, doet pas in de volgende weer mee.',
    en: 'A flag that left a list in this key epoch takes part again from the next one on.',
  },
  async run(ctx, { kind, case: name }, given: string) {
    const body = { kind, case: name, value: await readValue(ctx, given) }
    const node = await ctx.node()
    const done = await node.send('POST', 'subjects/lift', [liftRequest, body], subjectDone)
    const did = { nl: 'Opgeheven.', en: 'Lifted.' }
    return { json: done, text: doneText(ctx, done, did) }
  },
}
