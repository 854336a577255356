/**
 * A node's storage at work, to be killed: appends to the log, imports flags and publishes rounds at
 * once, and says on standard output what was acknowledged, right after it was.
 * Arguments: home folder, number of this run.
 */

import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { createAudit } from '@drempel/node/internal/audit'
import {
  createVault,
  openKnownLogs,
  openPeriodKeys,
  openPurposeKeys,
  systemRandom,
} from '@drempel/node/internal/config'
import { openSqliteStore } from '@drempel/node/internal/store'
import { base64, hex, signerFromSeed, utf8 } from '@drempel/protocol/encoding'

const [folder, run] = [process.argv[2]!, Number(process.argv[3])]
const say = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`)

const store = await openSqliteStore({ path: join(folder, 'node.db'), clock: Date.now })
const vault = createVault(new Uint8Array(32).fill(8))
const audit = createAudit({
  store,
  signer: signerFromSeed(new Uint8Array(32).fill(7)),
  vault,
  periodKeys: openPeriodKeys(join(folder, 'periods'), systemRandom),
  purposeKeys: openPurposeKeys(join(folder, 'periods'), systemRandom),
  knownLogs: await openKnownLogs(join(folder, 'periods'), vault, systemRandom),
  member: 'bank-a',
  convenant: () => ({ id: 'demo', version: 1, digest: '5'.repeat(64) }),
  clock: () => Date.UTC(2026, 10, 21),
  random: systemRandom,
  software: 'drempel/0.1.0',
})
await audit.verifySelf()
await audit.remember()
say({ ready: run })
await Promise.all([
  ...[appending(1), appending(7), appending(40)],
  ...[importing(), publishing(), serving(), witnessing(), witnessing()],
])

async function appending(together: number): Promise<void> {
  for (;;) {
    const entries = Array.from({ length: together }, () =>
      audit.append({ type: 'peer.refused', role: 'peer', reason: 'REPLAYED' }, { together }),
    )
    for (const { index, leaf } of await Promise.all(entries)) say({ index, leaf: base64(leaf) })
  }
}

async function importing(): Promise<void> {
  for (let chunk = 0; ; chunk++) {
    const rows = Array.from({ length: 200 }, (_, i) => {
      const name = `${run}/${chunk}/${i}`
      return {
        ...{ index: padded(name), sealed: utf8(name), taxonomy: 'x', evidence: 'y', reports: 1 },
        ...{ since: 0, expires: null },
      }
    })
    const { added } = await store.flags.upsert('host', rows, `${run}/${chunk}`)
    say({ chunk: `${run}/${chunk}`, added })
  }
}

async function publishing(): Promise<void> {
  for (let i = 0; ; i++) {
    const id = `${run}-${i}`
    await store.rounds.create({
      ...{ id, kind: 'host', role: 'partner', state: 'opening', coordinator: 'a' },
      ...{ data: utf8('{}'), reason: null, culprit: null },
    })
    const list = {
      ...{ kind: 'host', round: id, epoch: 'e1', salt: utf8('s'), keyBits: 64, contributors: 3 },
      ...{ keys: systemRandom(8 * 500), createdAt: Date.now(), digest: id, signatures: [] },
    }
    const lists = ['two', 'three'].map((rule) => ({ ...list, rule }))
    const publish = { id, from: ['opening'], to: 'published' } as const
    say({ round: id, accepted: await store.lists.accept(lists, publish) })
  }
}

async function serving(): Promise<void> {
  for (;;) {
    const txid = hex(systemRandom(16))
    const counters = [{ key: 'quota', amount: 1, limit: 1_000_000 }]
    await (await store.usage.claimServe({ asker: 'a', txid, counters })).durable
    say({ served: txid })
  }
}

/** Two that race for one log: of those that compared with the same tree, one gets through. */
async function witnessing(): Promise<void> {
  for (;;) {
    const old = (await store.witness.head('log'))?.size ?? 0
    const size = old + 1
    const head = { size, root: padded(String(size)), note: `note of ${size}`, at: size }
    if (await store.witness.advance('log', old, head)) say({ witnessed: size })
  }
}

function padded(text: string): Uint8Array {
  const bytes = new Uint8Array(32)
  bytes.set(utf8(text))
  return bytes
}
