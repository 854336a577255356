/** An auditor that is no member, as a witness that the convenant names. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatSignedConvenant, type SignedConvenant } from '@drempel/protocol/convenant'
import { type Bytes, fromBase64url } from '@drempel/protocol/encoding'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { drempel, folder, type Loose } from '../../cli/world.ts'
import { Federation } from '../kit/federation.ts'
import { eventually, type Member } from '../kit/member.ts'
import { Auditor } from '../kit/outside.ts'
import { publish } from '../kit/publication.ts'
import { installAll, successorOf } from '../kit/successor.ts'

const PROMPT = 'fraude-onderzoek'
const STRICT = 'klantacceptatie'

let federation: Federation
let asker: Member
let auditor: Auditor
const keys = new Map<string, Bytes>()
/** Where it is no longer the first version. */
let signed: SignedConvenant | undefined

beforeAll(async () => {
  const now = () => Date.now() + (federation?.clock.ahead ?? 0)
  auditor = await Auditor.open((member) => keys.get(member), now)
  federation = await Federation.open({
    rules: [{ kind: 'host', t: 2 }],
    witnesses: ['bank-b', 'telecom'],
    outsideWitnesses: [auditor.entry],
    amend: (convenant) => {
      for (const { id, signingKey } of convenant.members) keys.set(id, fromBase64url(signingKey))
      return convenant
    },
  })
  asker = federation.member('bank-a')
  await asker.generateKey()
  await publish(federation, ['over.example'])
})
afterAll(async () => {
  await federation.close()
  await auditor.close()
})
afterEach(() => {
  auditor.lie = undefined
})

const run = (member = asker) => member.ctx.witnessing.cosigning.run()
const ask = (purpose: string) =>
  asker.api('POST', '/checks', {
    ...{ kind: 'host', purpose, rule: 'host-t2', value: 'over.example' },
  })

/** From now on this member cosigns nothing. */
function silence(id: string): () => void {
  const witness = federation.member(id).ctx.witnessing.witness as { add: unknown }
  const { add } = witness
  witness.add = async () => {
    throw new Error()
  }
  return () => {
    witness.add = add
  }
}

async function files() {
  const place = folder()
  const convenant = join(place, 'convenant.json')
  await writeFile(convenant, formatSignedConvenant(signed ?? federation.signed))
  return { place, convenant }
}

async function quorum() {
  const { convenant } = await files()
  const argv = ['log', 'quorum', '--node', asker.descriptor.url, '--convenant', convenant]
  const token = join(folder(), 'token')
  await writeFile(token, asker.token)
  const { exit, json } = await drempel([...argv, '--json', '--token-file', token])
  return { exit, told: (json() as Loose).logs[0] }
}

describe('an auditor as a witness', () => {
  test('is asked like any server of tlog-witness, and its cosignature counts', async () => {
    const back = silence('telecom')
    expect((await ask(STRICT)).status).toBe(200)
    back()
    expect(new Set(auditor.asked)).toEqual(new Set(['POST /witness/add-checkpoint']))
    await run()
    const { exit, told } = await quorum()
    expect(exit).toBe(0)
    expect(told.needed).toBe(2)
    expect(auditor.held.get(told.origin)?.size).toBe(told.size)
  })

  test('stands in receipts, which are verified offline', async () => {
    const back = silence('bank-b')
    const { json } = await ask(STRICT)
    back()
    const { place, convenant } = await files()
    const { txid } = json as { txid: string }
    const file = join(place, 'r.proof')
    const env = { DREMPEL_TOKEN: asker.token }
    const got = await drempel(
      ['receipt', 'get', txid, '-o', file, '--node', asker.descriptor.url],
      { env },
    )
    expect(got.exit).toBe(0)
    const verified = await drempel(['receipt', 'verify', file, '--convenant', convenant, '--json'])
    const { witnesses, needed } = verified.json() as Loose
    expect(needed).toBe(2)
    expect(witnesses.map(({ member }: Loose) => member).sort()).toEqual(['auditor', 'telecom'])
  })

  test('is a witness of the logs of witnesses too', async () => {
    const witness = federation.member('telecom')
    await run(witness)
    const origin = (await witness.ctx.audit.origin())!
    expect(auditor.held.get(origin)?.size).toBe((await witness.ctx.audit.head(origin))!.size)
  })

  test('that lost what it held is brought the log from the size that it says', async () => {
    const origin = (await asker.ctx.audit.origin())!
    auditor.held.delete(origin)
    await asker.ctx.audit.append({ type: 'node.started' }, null)
    await run()
    const { size } = (await asker.ctx.audit.head(origin))!
    // The members are a quorum without it, so nobody waited for its second answer.
    await eventually(async () => auditor.held.get(origin)?.size === size || undefined)
  })

  test.each<[string, Auditor['lie']]>([
    ['is down', () => ({ status: 503, body: '' })],
    ['sends its readers elsewhere', () => ({ status: 302, body: '' })],
    [
      'says that it holds more',
      () => ({ status: 409, type: 'text/x.tlog.size', body: '99999999\n' }),
    ],
    ['says nonsense', () => ({ status: 409, type: 'text/x.tlog.size', body: 'many\n' })],
    ['answers without end', () => ({ status: 200, body: 'x'.repeat(100_000) })],
    [
      'signs under a false name',
      (honest) => ({
        ...honest(),
        body: honest().body.replace('auditor.example', 'other.example'),
      }),
    ],
    [
      'signs something else',
      (honest) => ({ ...honest(), body: honest().body.replace(/.....$/, 'AAAA\n') }),
    ],
  ])(
    'that %s stops nobody while the members make a quorum, and counts for nothing',
    async (_, lie) => {
      auditor.lie = lie
      await asker.ctx.audit.append({ type: 'node.started' }, null)
      expect((await ask(STRICT)).status).toBe(200)
      const { exit, told } = await quorum()
      expect(exit).toBe(0)
      const names = told.witnesses.map(({ member }: Loose) => member)
      expect(names).toEqual(['bank-b', 'telecom'])
      expect(await asker.ctx.store.witness.conflicts()).toEqual([])
    },
  )

  test('whose word is needed and missing keeps strict purposes from an answer', async () => {
    auditor.lie = () => ({ status: 503, body: '' })
    const back = silence('telecom')
    expect(await ask(STRICT)).toMatchObject({ status: 503, json: { code: 'NOT_WITNESSED' } })
    expect((await ask(PROMPT)).status).toBe(200)
    back()
  })

  test('that is not there at start keeps no node from starting', async () => {
    auditor.lie = () => ({ status: 503, body: '' })
    await asker.restart()
    auditor.lie = undefined
    await run()
    expect((await ask(STRICT)).status).toBe(200)
  })

  test('that is a group of its own can’t be replaced by members, however many', async () => {
    const groups = [{ id: 'buiten', witnesses: ['auditor'], quorum: 1 }]
    const witnessing = { quorum: 2, graceMinutes: 15, groups }
    signed = successorOf(federation, () => ({ witnessing }))
    await installAll(federation, signed)
    await run()
    expect(await quorum()).toMatchObject({
      exit: 0,
      told: { needed: 2, groups: [{ group: 'buiten', needed: 1, of: 1 }] },
    })
    auditor.lie = () => ({ status: 503, body: '' })
    expect(await ask(STRICT)).toMatchObject({ status: 503, json: { code: 'NOT_WITNESSED' } })
    auditor.lie = undefined
    await run()
    expect((await ask(STRICT)).status).toBe(200)
    const { told } = await quorum()
    expect(told.witnesses.map(({ member }: Loose) => member)).toContain('auditor')
  })
})
