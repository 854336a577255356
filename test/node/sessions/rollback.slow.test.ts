/** Logs that were set back to a backup, rewritten, or kept from the witnesses. */

import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase64url, ProtocolError, utf8 } from '@drempel/protocol/encoding'
import { encodeAddCheckpoint, openCheckpoint, verifierKey } from '@drempel/protocol/log'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { eventually, type Member } from '../kit/member.ts'
import { publish } from '../kit/publication.ts'

const MINUTE = 60_000

let federation: Federation
let asker: Member

beforeEach(async () => {
  federation = await Federation.open({
    rules: [{ kind: 'host', t: 2 }],
    witnesses: ['bank-b', 'platform', 'telecom'],
    maxAgeHours: 24,
    amend: (convenant) => ({ ...convenant, witnessing: { quorum: 2, graceMinutes: 30 } }),
  })
  asker = federation.member('bank-a')
  await asker.generateKey()
  await publish(federation, ['over.example'])
}, 60_000)

afterEach(() => federation.close())

const ask = () =>
  asker.api('POST', '/checks', {
    ...{ kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2', value: 'over.example' },
  })
const run = () => asker.ctx.witnessing.cosigning.run()

/** Asks, cosigns, and is then put back to the store and the folder that it had before. */
async function setBack(): Promise<number> {
  const { store, periods } = asker.live.node.home.paths
  const files = [store, join(periods, 'logs.sealed')]
  await asker.stop()
  for (const file of files) await copyFile(file, `${file}.backup`)
  await asker.restart()
  for (let i = 0; i < 10; i++) await asker.ctx.audit.append({ type: 'node.started' }, null)
  expect((await ask()).status).toBe(200)
  await run()
  const { size } = (await asker.ctx.audit.head())!
  await asker.stop()
  await copyFile(`${store}.backup`, store)
  for (const suffix of ['-wal', '-shm']) await rm(`${store}${suffix}`, { force: true })
  // To a store alone, that this node itself left longer, it does not even ask anybody.
  await expect(asker.restart()).rejects.toMatchObject({ code: 'LOG_DAMAGED' })
  for (const file of files) await copyFile(`${file}.backup`, file)
  return size
}

/** Starts although its witnesses would say why not: they can't be asked just then. */
async function startUnseen(): Promise<void> {
  const witnesses = ['bank-b', 'platform', 'telecom'].map(
    (id) => federation.member(id).ctx.witnessing.witness as { held: unknown; add: unknown },
  )
  const honest = witnesses.map((witness) => ({ ...witness }))
  const away = async () => {
    throw new ProtocolError('LOG_UNAVAILABLE')
  }
  for (const witness of witnesses) Object.assign(witness, { held: away, add: away })
  await asker.restart()
  await run()
  witnesses.forEach((witness, i) => void Object.assign(witness, honest[i]))
}

test('a node does not start on a store that was set back, and writes nothing', async () => {
  await setBack()
  await expect(asker.restart()).rejects.toMatchObject({ code: 'LOG_ROLLED_BACK' })
  // Once more, since a store that had been written to would now tell another story.
  await expect(asker.restart()).rejects.toMatchObject({ code: 'LOG_ROLLED_BACK' })
})

/** Software that asks although it knows better, and brings nothing to its witnesses. */
function heedless(): void {
  const cosigning = asker.ctx.witnessing.cosigning as { ready: unknown; run: unknown }
  cosigning.ready = async () => {}
  cosigning.run = async () => {}
}

test('an owner finds its own signature under a larger tree, and asks nothing more', async () => {
  const before = await setBack()
  await startUnseen()
  await run()
  expect(await ask()).toMatchObject({ status: 409, json: { code: 'LOG_ROLLED_BACK' } })
  const [conflict] = await asker.ctx.store.witness.conflicts()
  const origin = (await asker.ctx.audit.origin())!
  const key = verifierKey(origin, fromBase64url(asker.descriptor.signingKey))
  expect(conflict!.code).toBe('LOG_ROLLED_BACK')
  expect(openCheckpoint(conflict!.second, key).size).toBe(before)
  expect(await asker.entries()).toContainEqual(
    expect.objectContaining({ type: 'witness.refused', reason: 'LOG_ROLLED_BACK' }),
  )
  await asker.stop()
  await expect(asker.restart()).rejects.toMatchObject({ code: 'LOG_ROLLED_BACK' })
})

test('if it asks all the same, the holders that witness its log refuse at once', async () => {
  await setBack()
  await startUnseen()
  heedless()
  const { status, json } = await ask()
  expect([status, json]).toMatchObject([503, { code: 'QUORUM_LOST' }])
  expect((json as { at: string }).at).toMatch(/LOG_ROLLED_BACK/)
  const holder = federation.member('telecom')
  expect(await holder.entries()).toContainEqual(
    expect.objectContaining({
      type: 'oprf.refused',
      reason: 'LOG_ROLLED_BACK',
      parties: ['bank-a'],
    }),
  )
})

test('a rewritten log that has outgrown what was cosigned is found by its hashes', async () => {
  const cosigned = await setBack()
  await startUnseen()
  heedless()
  while ((await asker.ctx.audit.head())!.size <= cosigned) {
    await asker.ctx.audit.append({ type: 'node.started' }, null)
  }
  const origin = (await asker.ctx.audit.origin())!
  const { size } = (await asker.ctx.audit.head())!
  const text = encodeAddCheckpoint({
    oldSize: cosigned,
    proof: await asker.ctx.audit.consistency(origin, cosigned, size),
    checkpoint: (await asker.ctx.audit.checkpoint())!,
  })
  for (const witness of ['bank-b', 'platform', 'telecom']) {
    const path = '/peer/v1/witness/add-checkpoint'
    const options = { allowProblem: true }
    const { status } = await asker.ctx.peers.post(witness, path, utf8(text), options)
    expect(status).toBe(422)
  }
  // Questions pass until a tree has waited for a while, and while the holders compare.
  expect((await ask()).status).toBe(200)
  federation.clock.ahead = 20_000
  await eventually(async () => ((await ask()).status === 200 ? undefined : true))
  const { status, json } = await ask()
  expect([status, json]).toMatchObject([503, { code: 'QUORUM_LOST' }])
  expect((json as { at: string }).at).toMatch(/LOG_ROLLED_BACK/)
})

test('a log that is kept from its witnesses gets answers for the grace, not longer', async () => {
  await run()
  heedless()
  expect((await ask()).status).toBe(200)
  federation.clock.ahead = 30 * MINUTE
  expect((await ask()).status).toBe(200)
  federation.clock.ahead = 32 * MINUTE
  const { status, json } = await ask()
  expect([status, json]).toMatchObject([503, { code: 'QUORUM_LOST' }])
  expect((json as { at: string }).at).toMatch(/NOT_WITNESSED/)
})
