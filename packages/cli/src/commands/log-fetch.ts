/** log fetch: a whole log as files, verified on its way, for who works without the node. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openCheckpoint, parseEvent, verifyLog } from '@drempel/protocol/log'
import { makeFolder, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import type { CommandSpec } from './define.ts'
import { chosenOrigin } from './log-entries.ts'
import { keepTiles } from './log-folder.ts'
import { logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type Options = SourceOptions & { readonly origin?: string }

export const logFetch: CommandSpec<Options> = {
  usage: 'log fetch <dir>',
  about: {
    nl: 'haal een heel logboek op als bestanden, en controleer het meteen',
    en: 'fetch a whole log as files, and verify it on its way',
  },
  args: { dir: { nl: 'een nieuwe of lege map', en: 'a new or empty folder' } },
  options: [
    {
      flags: '--origin <origin>',
      about: { nl: 'dit logboek (anders het laatste)', en: 'this log (else the latest)' },
    },
    CONVENANT_OPTION,
  ],
  examples: ['log fetch bank-a-2026Q4 --home bank-a --convenant convenant.json'],
  async run(ctx, options, dir: string) {
    const [source] = await logSources(ctx, options)
    const origin = await chosenOrigin(ctx, source!, options.origin)
    const folder = ctx.path(dir)
    if ((await readdir(folder).catch(() => [])).length > 0) fail('FILE_EXISTS', { at: folder })
    await makeFolder(folder)
    const { key, source: from } = await source!.keyOf(origin)
    const note = await source!.checkpoint(origin)
    const checkpoint = openCheckpoint(note, key)
    const fetch = keepTiles(ctx, folder, source!.fetchTile(origin))
    await verifyLog(checkpoint, fetch, (_, leaf) => void parseEvent(leaf))
    // Last: a folder without it is no log.
    await writeText(join(folder, 'checkpoint'), note, ctx.world.random)
    const { size } = checkpoint
    return {
      json: { origin, size, key: from, folder },
      text: ctx.say({
        nl: `${origin}: ${size} regels, geverifieerd, in ${folder}`,
        en: `${origin}: ${size} entries, verified, in ${folder}`,
      }),
    }
  },
}
