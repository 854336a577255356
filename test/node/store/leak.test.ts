import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@drempel/node/internal/config'
import {
  checkMasterKey,
  createVault,
  openSqliteStore,
  type Store,
} from '@drempel/node/internal/store'
import { utf8 } from '@drempel/protocol/encoding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const IDENTIFIERS = ['NL91ABNA0417164300', '+31612345678', 'mailinator-canary.example']
const vault = createVault(new Uint8Array(32).fill(3))

let folder: string
let store: Store
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drempel-leak-'))
  store = await openSqliteStore({ path: join(folder, 'node.db'), clock: () => 1 })
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

describe('the files of a store', () => {
  it('hold no identifier in any form, in the database or its log', async () => {
    const rows = IDENTIFIERS.map((identifier) => ({
      index: vault.blindIndex('host', identifier),
      sealed: vault.seal('flag/host', utf8(identifier), systemRandom),
      ...{ taxonomy: 'phishing', evidence: 'observed', reports: 1, since: 0, expires: null },
    }))
    await store.flags.upsert('host', rows, 'import-canary')
    const tags = rows.map((_, i) => ({
      id: i + 1,
      sealed: vault.seal('tag/host/e1', utf8(IDENTIFIERS[i]!), systemRandom),
    }))
    expect(await store.tags.put('host', 'e1', tags)).toBe(tags.length)
    await store.flags.withdraw('host', rows[0]!.index)
    const before = await leaks(IDENTIFIERS)
    await store.scrub()
    expect([before, await leaks(IDENTIFIERS)]).toEqual([[], []])
    // The scan sees what is there.
    expect(await leaks(['import-canary'])).toContain('import-canary in node.db')
    const [flag] = await store.flags.page('host', { limit: 1 })
    expect(vault.open('flag/host', flag!.sealed)).toEqual(utf8(IDENTIFIERS[0]!))
  })

  it.each(['plain', 'hex', 'base64', 'base64url', 'sha256', 'sha256 hex', 'sha256 base64'])(
    'would be seen to hold one in %s',
    async (form) => {
      const bytes = forms(IDENTIFIERS[0]!).get(form)!
      await store.rounds.create({
        ...{ id: 'r', kind: 'host', role: 'x', state: 'announced', coordinator: 'x' },
        ...{ data: Buffer.concat([Buffer.from('...'), bytes]), reason: null, culprit: null },
      })
      expect(await leaks(IDENTIFIERS)).not.toEqual([])
    },
  )
})

it('a store is tied to its master key', async () => {
  await checkMasterKey(store, vault)
  await checkMasterKey(store, vault)
  const other = createVault(new Uint8Array(32).fill(4))
  await expect(checkMasterKey(store, other)).rejects.toMatchObject({ code: 'WRONG_MASTER_KEY' })
  await checkMasterKey(store, vault)
})

/** Names what was found where; both cases of hexadecimal. */
async function leaks(texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name))
    const lower = Buffer.from(bytes.toString('latin1').toLowerCase(), 'latin1')
    for (const text of texts) {
      for (const [form, needle] of forms(text)) {
        const haystack = form.endsWith('hex') ? lower : bytes
        if (haystack.includes(needle)) found.push(`${text} in ${name}`)
      }
    }
  }
  return found
}

function forms(text: string): ReadonlyMap<string, Buffer> {
  const plain = Buffer.from(text)
  const hash = createHash('sha256').update(plain).digest()
  return new Map([
    ['plain', plain],
    ['hex', Buffer.from(plain.toString('hex'))],
    ['base64', Buffer.from(plain.toString('base64').replace(/=+$/, ''))],
    ['base64url', Buffer.from(plain.toString('base64url'))],
    ['sha256', hash],
    ['sha256 hex', Buffer.from(hash.toString('hex'))],
    ['sha256 base64', Buffer.from(hash.toString('base64'))],
  ])
}
