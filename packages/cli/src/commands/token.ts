/** token create, list, revoke: who may do what at the own node. */

import { role, tokenRequest, tokenResponse, tokens } from '@drempel/protocol/api'
import type { z } from 'zod'
import { checkWritable, isThere, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { minute, table } from '../output/render.ts'
import { type CommandSpec, OUT_OPTION, usage } from './define.ts'

type CreateOptions = {
  readonly name: string
  readonly role: readonly z.output<typeof role>[]
  readonly output?: string
}

export const tokenCreate: CommandSpec<CreateOptions> = {
  usage: 'token create',
  about: {
    nl: 'maak een token; het wordt één keer getoond',
    en: 'make a token; it is shown once',
  },
  options: [
    { flags: '--name <name>', about: { nl: 'van wie het is', en: 'whose it is' }, required: true },
    {
      flags: '--role <role...>',
      about: { nl: 'rollen', en: 'roles' },
      required: true,
      choices: role.options,
      many: true,
    },
    OUT_OPTION,
  ],
  examples: ['token create --name jansen --role analyst -o jansen.token'],
  notes: {
    nl: 'Rollen: analyst stelt vragen; operator beheert meldingen en start rondes; auditor en fg lezen logboeken; fg behandelt verzoeken van betrokkenen; research start rondes en ziet alleen aantallen; admin doet al het overige. Gebruik het token met DREMPEL_TOKEN=$(cat jansen.token).',
    en: 'Roles: analyst asks questions; operator manages flags and starts rounds; auditor and fg read logs; fg handles requests of data subjects; research starts rounds and sees counts alone; admin does all the rest. Use the token with DREMPEL_TOKEN=$(cat jansen.token).',
  },
  async run(ctx, { name, role: roles, output }) {
    const file = output === undefined ? undefined : ctx.path(output)
    if (file !== undefined) {
      if (await isThere(file)) fail('FILE_EXISTS', { at: file })
      await checkWritable(file, ctx.world.random)
    }
    const node = await ctx.node()
    const made = await node.send(
      'POST',
      'tokens',
      [tokenRequest, { name, roles: [...roles] }],
      tokenResponse,
    )
    if (file === undefined) return { json: made, text: made.token }
    await writeText(file, `${made.token}\n`, ctx.world.random)
    return { json: { id: made.id, file }, text: `${made.id}  ${file}` }
  },
}

export const tokenList: CommandSpec = {
  usage: 'token list',
  about: { nl: 'toon de tokens', en: 'show the tokens' },
  examples: ['token list'],
  async run(ctx) {
    const node = await ctx.node()
    const list = await node.get('tokens', tokens)
    const head = ctx.say({
      nl: 'id,naam,rollen,gemaakt,ingetrokken',
      en: 'id,name,roles,made,revoked',
    })
    const rows = list.tokens.map((token) => [
      ...[token.id, token.name, token.roles.join(', '), minute(token.createdAt)],
      token.revokedAt && minute(token.revokedAt),
    ])
    return { json: list, text: table(head.split(','), rows) }
  },
}

export const tokenRevoke: CommandSpec = {
  usage: 'token revoke <id>',
  about: { nl: 'trek een token in; dat werkt meteen', en: 'revoke a token; it works at once' },
  args: { id: { nl: 'id uit token list', en: 'id, from token list' } },
  examples: ['token revoke 3f9a01c2d4e5'],
  async run(ctx, _options, id: string) {
    // A whole token in its place must not end up in a path.
    if (!/^[0-9a-f]{12}$/.test(id)) {
      usage(
        'id',
        {
          nl: '12 hexadecimale cijfers, uit token list',
          en: '12 hexadecimal digits, of token list',
        },
        ctx.lang,
      )
    }
    const node = await ctx.node()
    await node.remove(`tokens/${id}`)
    return {
      json: { revoked: id },
      text: `${ctx.say({ nl: 'Ingetrokken', en: 'Revoked' })}: ${id}`,
    }
  },
}
