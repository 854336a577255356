/** convenant draft: a complete convenant from members' descriptions and a few choices. */

import {
  type Convenant,
  type DraftOptions,
  draftConvenant,
  formatSignedConvenant,
  type MemberDescriptor,
  memberSchema,
} from '@drempel/protocol/convenant'
import { isProtocolError } from '@drempel/protocol/encoding'
import { formVersions } from '@drempel/protocol/identifiers'
import { z } from 'zod'
import { readText, readTextIfThere, writeText } from '../client/files.ts'
import { DraftInvalid, remediesIn } from '../output/convenant-issues.ts'
import { fail } from '../output/errors.ts'
import type { Text } from '../output/language.ts'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { CHOICES, type Choices, choicesOf } from './convenant-choices.ts'
import { type CommandSpec, OUT_OPTION } from './define.ts'

type Options = Choices & {
  readonly member: readonly string[]
  readonly output?: string
  readonly force?: boolean
}

export const convenantDraft: CommandSpec<Options> = {
  usage: 'convenant draft',
  about: {
    nl: 'maak een convenant om te ondertekenen',
    en: 'make a convenant to sign',
  },
  options: [
    {
      flags: '--member <file...>',
      about: {
        nl: 'member.json van elke deelnemer',
        en: 'member.json of each member',
      },
      required: true,
      many: true,
    },
    ...CHOICES,
    OUT_OPTION,
    {
      flags: '--force',
      about: {
        nl: 'een ondertekend convenant overschrijven',
        en: 'overwrite a signed convenant',
      },
    },
  ],
  examples: [
    'convenant draft --member */member.json --rule host:2 --rule host:3 --cross-sector -o convenant.json',
    'convenant draft --member a.json b.json c.json d.json --rule phone:2 iban:3:owners --list-cap 500000 --cross-sector -o c.json',
  ],
  async run(ctx, options) {
    const members = await Promise.all(options.member.map((file) => readMember(ctx.path(file))))
    const choices = await choicesOf(ctx, options, members)
    const convenant = drafted(ctx, { members, formVersions: formVersions(), ...choices })
    const text = formatSignedConvenant({ convenant, signatures: [] })
    if (options.output === undefined) return { json: { convenant, signatures: [] }, text }
    const file = ctx.path(options.output)
    if (options.force !== true) await keepSigned(ctx, file)
    await writeText(file, text, ctx.world.random)
    return {
      json: { file, id: convenant.id, version: convenant.version },
      text: told(ctx, file, convenant),
    }
  },
}

function drafted({ lang }: Context, options: DraftOptions): Convenant {
  try {
    return draftConvenant(options)
  } catch (error) {
    if (!isProtocolError(error, 'CONVENANT_INVALID')) throw error
    const { at, hint = '' } = error
    throw new DraftInvalid({ ...(at === undefined ? {} : { at }), hint }, remediesIn(hint, lang))
  }
}

/** Signatures were asked of people; they are not thrown away unasked. */
async function keepSigned({ lang }: Context, file: string): Promise<void> {
  const signers = signersOf((await readTextIfThere(file)) ?? '')
  if (signers.length === 0) return
  const who = signers.join(', ')
  const hint: Text = {
    nl: `ondertekend door ${who}; geef een andere -o, of --force`,
    en: `signed by ${who}; give another -o, or --force`,
  }
  fail('FILE_EXISTS', { at: file, hint: hint[lang] })
}

/** Also of a file that was edited since, and is no valid convenant now. */
function signersOf(text: string): string[] {
  try {
    return SIGNED.parse(JSON.parse(text)).signatures.map(({ member }) => member)
  } catch {
    return []
  }
}

const SIGNED = z.object({ signatures: z.array(z.object({ member: z.string() })) })

async function readMember(path: string): Promise<MemberDescriptor> {
  let value: unknown
  try {
    value = JSON.parse(await readText(path))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const parsed = memberSchema.safeParse(value)
  return parsed.success ? parsed.data : fail('MEMBER_FILE', { at: path })
}

function told(ctx: Context, file: string, { id, members, rules }: Convenant): string {
  const rows = pairs([
    [ctx.say({ nl: 'convenant', en: 'convenant' }), id],
    [ctx.say({ nl: 'deelnemers', en: 'members' }), members.map((member) => member.id).join(', ')],
    [ctx.say({ nl: 'regels', en: 'rules' }), rules.map((rule) => rule.id).join(', ')],
    [ctx.say({ nl: 'bestand', en: 'file' }), file],
  ])
  return `${rows}\n${ctx.say({
    nl: `Onderteken het bij elke node: drempel convenant sign ${file}\nLees het eerst, en pas het aan: drempel convenant show ${file}`,
    en: `Sign it at each node: drempel convenant sign ${file}\nRead it first, and change it: drempel convenant show ${file}`,
  })}`
}
