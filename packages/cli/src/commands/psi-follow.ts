/** An intersection to its end, and what this side learned of it, as CSV. */

import { type Psi, psiRows, psi as psiSchema } from '@drempel/protocol/api'
import { REFUSALS, type RefusalCode } from '@drempel/protocol/convenant'
import { csvLine } from '../client/csv.ts'
import { writeText } from '../client/files.ts'
import type { NodeClient } from '../client/node.ts'
import { poll } from '../client/poll.ts'
import { EXIT, type ExitCode } from '../output/exit.ts'
import { type Progress, startProgress } from '../output/progress.ts'
import { ADVICE } from './check.ts'
import type { Context, Outcome } from './context.ts'
import { PSI_STATES, psiFacts, psiReason } from './psi-text.ts'
import { AWAY } from './round.ts'

/** Of the progress bar. */
const PARTS = 1_000
const ENDED: readonly Psi['state'][] = ['done', 'refused', 'failed']

/** @param until ends the waiting early; by default the session's end */
export async function follow(
  ctx: Context,
  node: NodeClient,
  begun: Psi,
  until: (session: Psi) => boolean = () => false,
): Promise<Psi> {
  let shown = ''
  const read = () => node.get(`psi/${begun.id}`, psiSchema)
  const next = poll(ctx.world.clock, begun, read, () => ctx.note(ctx.say(AWAY)))
  let progress: Progress | undefined
  try {
    for (let session = begun; ; session = await next()) {
      const told = ctx.say(PSI_STATES[session.state])
      if (told !== shown) ctx.note(told)
      shown = told
      if (ENDED.includes(session.state) || until(session)) return session
      if (session.state === 'running') progress ??= bar(ctx, session)
      if (session.total) progress?.update((PARTS * (session.done ?? 0)) / session.total)
    }
  } finally {
    progress?.stop()
  }
}

function bar(ctx: Context, { id }: Psi): Progress {
  return startProgress(ctx.world, {
    label: ctx.say({ nl: 'doorsnede', en: 'intersection' }),
    total: PARTS,
    quiet: ctx.json,
    interrupted: () =>
      ctx.say({
        nl: `afgebroken; de node gaat door: drempel psi run ${id}`,
        en: `interrupted; the node goes on: drempel psi run ${id}`,
      }),
  })
}

/** What a session came to. Items go to the file, else to standard output, else into the JSON object. */
export async function outcome(
  ctx: Context,
  node: NodeClient,
  session: Psi,
  output: string | undefined,
): Promise<Outcome> {
  const facts = psiFacts(ctx, session)
  if (session.state === 'failed' || session.state === 'refused') {
    const exit = exitOf(session)
    return { json: session, text: `${facts}\n${psiReason(ctx, session)}`, exit }
  }
  if (session.result?.learned !== 'items') {
    const none =
      output !== undefined &&
      ctx.say({
        nl: `geen bestand ${output}: deze kant hoort niet welke`,
        en: `no file ${output}: this side does not learn which`,
      })
    return { json: session, text: none ? `${facts}\n${none}` : facts }
  }
  const rows = await itemsOf(node, session)
  const [advice, decision] = [ctx.say(ADVICE), { humanDecisionRequired: true }]
  if (output !== undefined) {
    const file = ctx.path(output)
    await writeText(file, csvOf(session, rows), ctx.world.random)
    const where = ctx.say({ nl: 'bestand', en: 'file' })
    const text = `${facts}\n${where}  ${file}\n${advice}`
    return { json: { ...session, file, ...decision }, text }
  }
  if (ctx.json) return { json: { ...session, items: rows, ...decision }, text: '' }
  ctx.note(`${facts}\n${advice}`)
  return { json: null, text: csvOf(session, rows).trimEnd() }
}

type Row = { readonly row: number; readonly value: string }

/** Flags stand in no row. */
function csvOf({ source }: Psi, rows: readonly Row[]): string {
  return source === 'flags'
    ? [csvLine(['value']), ...rows.map(({ value }) => csvLine([value]))].join('')
    : [csvLine(['row', 'value']), ...rows.map(({ row, value }) => csvLine([row, value]))].join('')
}

async function itemsOf(node: NodeClient, { id }: Psi): Promise<Row[]> {
  const rows: Row[] = []
  for (let after: number | null = 0; after !== null; ) {
    const page: { rows: Row[]; next: number | null } = await node.get(`psi/${id}/items`, psiRows, {
      query: { after },
    })
    for (const row of page.rows) rows.push(row)
    after = page.next
  }
  return rows
}

function exitOf({ reason }: Psi): ExitCode {
  const refused = reason !== undefined && Object.hasOwn(REFUSALS, reason as RefusalCode)
  return refused || reason?.startsWith('REFUSED_BY') === true ? EXIT.refused : EXIT.failed
}
