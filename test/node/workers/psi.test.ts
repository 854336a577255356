/** An intersection whose computation runs on worker threads. */

import { createPool, otOnThread, pooledWork } from '@drempel/node/internal/workers'
import { defaultGroup, randomScalar } from '@drempel/protocol/group'
import { distinctItems, inThread, type PsiChannel } from '@drempel/protocol/psi'
import { afterAll, expect, test } from 'vitest'
import { linked } from '../../protocol/psi/link.ts'
import { ended, optionsOf, planted, type Session } from '../../protocol/psi/run.ts'
import { seededRandom } from '../../protocol/random.ts'

const pool = createPool({ size: 2 })
afterAll(() => pool.close())
const lists = planted(60, 40, 25, 'pool')

test('gives what the thread itself computes', async () => {
  const here = inThread(defaultGroup())
  const there = pooledWork(pool)
  const scalar = randomScalar(defaultGroup(), seededRandom('scalar'))
  const { items } = distinctItems(lists.receiver)
  const dst = new Uint8Array(40).fill(3)
  const masked = await here.mask(scalar, dst, items)
  expect(await there.mask(scalar, dst, items)).toEqual(masked)
  expect(await there.multiply(scalar, masked)).toEqual(await here.multiply(scalar, masked))
  const wide = seededRandom('wide')(64 * lists.receiver.length)
  const key = defaultGroup().multiplyBaseSecret(scalar)
  const { elements, blinds } = await here.blind(wide, dst, items)
  expect(await there.blind(wide, dst, items)).toEqual({ elements, blinds })
  const products = await here.multiply(scalar, elements)
  expect(await here.unblind(blinds, key, products)).toEqual(masked)
  expect(await there.unblind(blinds, key, products)).toEqual(masked)
  // What crossed to the thread was a copy.
  expect(await there.mask(scalar, dst, items)).toEqual(masked)
})

test('names the peer whose point is none, also from a thread', async () => {
  const session: Session = {
    ...lists,
    output: 'items',
    to: 'receiver',
    tamper: (frame) =>
      frame.step === 'psi/masked'
        ? [{ ...frame, payload: frame.payload.fill(255, 0, 32) }]
        : [frame],
  }
  const { ends } = await ended(session, pooledWork(pool))
  expect(ends[1]).toMatchObject({ reason: { code: 'BAD_ELEMENT', culprit: 'receiver' } })
})

test('ends with its signal', async () => {
  const controller = new AbortController()
  const work = pooledWork(pool, controller.signal)
  const masking = work.multiply(new Uint8Array(32).fill(1), new Uint8Array(32 * 64))
  controller.abort()
  await expect(masking).rejects.toMatchObject({ name: 'AbortError' })
})

test('a whole party of ot on a thread sends frames and nothing of the memory around them', async () => {
  const session: Session = { ...lists, output: 'items', to: 'both' }
  const link = linked()
  const around: number[] = []
  const party = (role: 'receiver' | 'sender') => {
    const channel: PsiChannel = {
      ...link[role],
      send(step, payload) {
        around.push(payload.buffer.byteLength - payload.length)
        return link[role].send(step, payload)
      },
    }
    return otOnThread(pool, { ...optionsOf(session, role, link), channel })
  }
  const [receiver, sender] = await Promise.all([party('receiver'), party('sender')])
  expect(receiver!.size).toBe(25)
  expect(sender!.rows).toHaveLength(25)
  expect(new Set(around)).toEqual(new Set([0]))
})
