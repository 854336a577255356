/** Parties of ot on threads: what crosses, what fails, and what is called off. */

import { createPool, otOnThread, type WorkerPool } from '@drempel/node/internal/workers'
import { ProtocolError } from '@drempel/protocol/encoding'
import type { PsiRole } from '@drempel/protocol/psi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Link, linked } from '../../protocol/psi/link.ts'
import { optionsOf, planted, type Session } from '../../protocol/psi/run.ts'

let threads: WorkerPool
const here = createPool({ size: 0 })

beforeAll(() => {
  threads = createPool({ size: 2 })
})
afterAll(() => Promise.all([threads.close(), here.close()]))

const session: Session = { ...planted(60, 80, 25, 'party'), output: 'items', to: 'both' }

function party(pool: WorkerPool, role: PsiRole, link: Link, more: object = {}) {
  return otOnThread(pool, { ...optionsOf(session, role, link), ...more })
}

test('find what two lists have in common, on threads and in this one', async () => {
  for (const pools of [
    [threads, threads],
    [threads, here],
  ] as const) {
    const link = linked()
    const seen: number[] = []
    const progress = (done: number, of: number) => void seen.push(done / of)
    const [receiver, sender] = await Promise.all([
      party(pools[0], 'receiver', link, { progress }),
      party(pools[1], 'sender', link),
    ])
    const values = (role: PsiRole, rows: Uint32Array | undefined) =>
      Array.from(rows ?? [], (row) => session[role][row]!).sort()
    const common = session.receiver.filter((item) => session.sender.includes(item)).sort()
    expect(common).toHaveLength(25)
    expect(values('receiver', receiver?.rows)).toEqual(common)
    expect(values('sender', sender?.rows)).toEqual(common)
    expect(seen.at(-1)).toBe(1)
  }
})

test('give a result beyond the cap as a number, and nothing to whom nothing is due', async () => {
  const link = linked()
  const more = { maxResult: 24, to: 'receiver' }
  const [receiver, sender] = await Promise.all([
    party(threads, 'receiver', link, more),
    party(threads, 'sender', link, more),
  ])
  expect(receiver).toEqual({ size: 25 })
  expect(sender).toBeUndefined()
})

test('name who breaks the protocol', async () => {
  const link = linked((frame) =>
    frame.step === 'ot/columns' ? [{ ...frame, payload: frame.payload.subarray(1) }] : [frame],
  )
  const sender = party(threads, 'sender', link).catch(() => {})
  const error = { code: 'WRONG_LENGTH', culprit: 'sender', at: 'ot/columns' }
  await expect(party(threads, 'receiver', link)).rejects.toMatchObject(error)
  link.close('receiver')
  await sender
})

test('end when they are called off, and leave the thread to others', async () => {
  const abort = new AbortController()
  const waiting = [0, 1].map(() => party(threads, 'receiver', linked(), { signal: abort.signal }))
  const ended = Promise.allSettled(waiting)
  setTimeout(() => abort.abort(new ProtocolError('PSI_ENDED')), 100)
  for (const { reason } of (await ended) as PromiseRejectedResult[]) {
    expect(reason).toMatchObject({ code: 'PSI_ENDED' })
  }
  const link = linked()
  const again = [party(threads, 'receiver', link), party(threads, 'sender', link)]
  expect(await Promise.all(again)).toMatchObject([{ size: 25 }, { size: 25 }])
})
