import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { witnessText } from '@drempel/cli/internal/commands/receipt-witnesses'
import { convenantDigest, signConvenant } from '@drempel/protocol/convenant'
import { type Bytes, base64, base64url, hex, utf8 } from '@drempel/protocol/encoding'
import {
  appendLeaves,
  cosignedNote,
  cosigner,
  emptyTree,
  encodeReceipt,
  inclusionProof,
  type LeafFields,
  leafHash,
  noteSigner,
  parseEvent,
  parseNote,
  rootOf,
  signCheckpoint,
} from '@drempel/protocol/log'
import { describe, expect, it } from 'vitest'
import { draft, NOW, signedBy, signerOf } from '../protocol/convenant/world.ts'
import { digestOf } from '../protocol/log/events.ts'
import { memoryReader, nodeKey } from '../protocol/log/tree.ts'
import { ALL, convenantFile, type Log, logOf, makeLog, ORIGIN, SIZE, serve } from './logs.ts'
import { type Call, drempel, fakeNode, folder, type Loose } from './world.ts'

/** What an owner may do to the entries of its log. */
type Change = (leaves: readonly Bytes[]) => readonly Bytes[]
const without: Change = (leaves) => leaves.toSpliced(300, 1)
const exchanged: Change = (leaves) => leaves.with(300, leaves[302]!).with(302, leaves[300]!)
const signedAnew = (change: Change) => logOf(change(makeLog().leaves).map(parseEvent))

describe('log quorum', () => {
  const witnesses = ['bank-b', 'telecom', 'platform']
  const file = (named = witnesses) => {
    const convenant = { ...draft(), witnesses: named }
    return convenantFile(signedBy(convenant, ALL))
  }
  const cosign = (log: Log, ids: readonly string[]) =>
    cosignedNote(
      log.note,
      ids.map((id) => {
        const { key, sign } = cosigner(`drempel/proef/${id}`, signerOf(id), NOW / 1000)
        return { name: key.name, id: key.id, bytes: sign(parseNote(log.note).text) }
      }),
    )
  const quorum = async (log: Log, cosigned: string | undefined, convenant = file(), now = NOW) => {
    const node = await fakeNode(({ path }: Call) =>
      path === `log/${log.origin}/cosigned`
        ? cosigned === undefined
          ? undefined
          : { text: cosigned }
        : serve(log, path),
    )
    const argv = ['log', 'quorum', '--home', node.home, '--convenant', convenant, '--json']
    const ran = await drempel(argv, { now })
    return { exit: ran.exit, ...ran.json() } as { exit: number; ok: boolean; logs: Loose[] }
  }

  it('names who cosigned, when, and that the log only grew since', async () => {
    const [before, log] = [makeLog(500), makeLog()]
    const told = await quorum(log, cosign(before, ['bank-b', 'platform']))
    const time = new Date(NOW).toISOString()
    expect(told).toMatchObject({ exit: 0, ok: true })
    expect(told.logs).toMatchObject([
      {
        ...{ origin: ORIGIN, size: SIZE, cosigned: 500, needed: 2, key: 'convenant' },
        witnesses: [
          { member: 'bank-b', time },
          { member: 'platform', time },
        ],
      },
    ])
  })

  it.each([
    ['one witness', ['bank-b'], 'NO_WITNESS_QUORUM'],
    ['one witness twice', ['bank-b', 'bank-b'], 'NO_WITNESS_QUORUM'],
    ['the owner among them', ['bank-a', 'bank-b'], 'NO_WITNESS_QUORUM'],
    ['nobody', [], 'NO_WITNESS_QUORUM'],
  ])('is not had with %s', async (_, ids, error) => {
    const log = makeLog()
    const told = await quorum(log, cosign(log, ids))
    expect(told).toMatchObject({ exit: 1, ok: false, logs: [{ ok: false, error }] })
  })

  it('of what is old vouches for nothing that its owner put behind it', async () => {
    const [before, log] = [makeLog(500), makeLog()]
    const at = (minutes: number, cosigned: Log) =>
      quorum(log, cosign(cosigned, ['bank-b', 'platform']), file(), NOW + minutes * 60_000)
    expect(await at(16, before)).toMatchObject({ exit: 0, logs: [{ waiting: 16 }] })
    expect(await at(17, before)).toMatchObject({
      exit: 1,
      ok: false,
      logs: [{ ok: false, cosigned: 500, waiting: 17, error: 'NOT_WITNESSED' }],
    })
    expect(await at(10_000, log)).toMatchObject({ exit: 0, logs: [{ waiting: null }] })
  })

  it('is not had for a history that the node does not show', async () => {
    const [log, other] = [makeLog(), makeLog(500, { salt: 'other' })]
    const told = await quorum(log, cosign(other, ['bank-b', 'platform']))
    expect(told.logs).toMatchObject([{ ok: false, error: 'BAD_CONSISTENCY_PROOF' }])
  })

  it('is not had when the node says that there is none, unless nobody is named', async () => {
    const log = makeLog()
    expect(await quorum(log, undefined)).toMatchObject({ exit: 1, logs: [{ cosigned: null }] })
    const unnamed = await quorum(log, undefined, file([]))
    expect(unnamed).toMatchObject({ exit: 0, logs: [{ needed: 0, cosigned: null }] })
  })
})

describe('log conflicts', () => {
  const nothing = {
    ...{ witnesses: [], quorum: 0, waitingSince: null, logs: [], held: [] },
    ...{ compared: [], conflicts: [], discrepancies: [] },
  }
  const time = new Date(NOW).toISOString()
  const conflicts = async (view: object, ...argv: string[]) => {
    const node = await fakeNode(() => ({ json: { ...nothing, ...view } }))
    return drempel([
      'log',
      'conflicts',
      '--home',
      node.home,
      '--convenant',
      convenantFile(),
      ...argv,
    ])
  }
  const conflict = (first: Log, second: Log, code = 'LOG_FORKED') => ({
    ...{ log: `${ORIGIN}+0123abcd`, code, time, first: first.note, second: second.note },
  })

  it.each([
    ['nl', 'Geen logboek sprak zichzelf of een ander tegen.'],
    ['en', 'No log contradicted itself or another.'],
  ])('are none, in %s', async (lang, text) => {
    const { exit, out } = await conflicts({}, '--lang', lang)
    expect([exit, out]).toEqual([0, `${text}\n`])
  })

  it('are proven by two signatures of the owner, which can be handed on', async () => {
    const [first, second] = [makeLog(), makeLog(SIZE, { salt: 'x' })]
    const file = join(folder(), 'evidence.txt')
    const view = { conflicts: [conflict(first, second)] }
    const { exit, json } = await conflicts(view, '--json', '-o', file)
    expect(exit).toBe(1)
    expect(json().conflicts).toMatchObject([
      { origin: ORIGIN, sizes: [SIZE, SIZE], proven: true, first: first.note, second: second.note },
    ])
    expect(readFileSync(file, 'utf8')).toBe(`${first.note}\n${second.note}`)
  })

  it.each<[string, () => object]>([
    ['one head twice', () => conflict(makeLog(), makeLog())],
    ['two lengths', () => conflict(makeLog(), makeLog(SIZE - 1), 'LOG_ROLLED_BACK')],
    [
      'a head that another signed',
      () => conflict(makeLog(), makeLog(SIZE, { salt: 'x', owner: 'bank-b' })),
    ],
    ['no head', () => ({ ...conflict(makeLog(), makeLog()), second: 'x' })],
  ])('are not proven by %s, and told all the same', async (_, make) => {
    const { exit, json } = await conflicts({ conflicts: [make()] }, '--json')
    expect([exit, json().conflicts[0].proven]).toEqual([1, false])
  })

  it('are told with what the daily comparison found', async () => {
    const found = { member: 'bank-b', txid: '01'.repeat(16), kind: 'late', fields: [], minutes: 61 }
    const { exit, out } = await conflicts({ discrepancies: [{ ...found, time }] }, '--lang', 'nl')
    expect(exit).toBe(1)
    expect(out).toMatch(/bank-b +te laat +(01){16} +- +61/)
  })
})

describe('log verify', () => {
  const verify = async (home: string, ...more: string[]) => {
    const ran = await drempel(['log', 'verify', '--home', home, '--json', ...more])
    return { exit: ran.exit, ...ran.json() } as {
      exit: number
      verified: boolean
      logs: Loose[]
      error?: Loose
    }
  }

  it('recomputes a log, remembers it, and sees it grow', async () => {
    let log = makeLog(SIZE)
    const node = await fakeNode(({ path }: Call) => serve(log, path))
    const convenant = ['--convenant', convenantFile()]
    const first = await verify(node.home, ...convenant)
    expect(first).toMatchObject({ exit: 0, verified: true })
    expect(first.logs).toMatchObject([
      { origin: ORIGIN, size: SIZE, verified: true, extends: null, key: 'convenant' },
    ])
    expect(first.logs[0].types).toEqual({ 'node.started': 300, 'node.stopped': 300 })
    log = makeLog(SIZE + 123)
    expect((await verify(node.home, ...convenant)).logs).toMatchObject([
      { size: SIZE + 123, verified: true, extends: SIZE },
    ])
    // The same size again is no growth, and no complaint.
    expect((await verify(node.home, ...convenant)).logs[0].extends).toBe(SIZE + 123)
  })

  it.each([
    ['an entry', 'tile/entries/001', 'BAD_TILE'],
    ['a hash of the lowest level', 'tile/0/000', 'BAD_TILE'],
    ['a hash of a higher level', 'tile/1/000.p/2', 'BAD_TILE'],
  ])('sees one bit flipped in %s', async (_name, at, code) => {
    const log = makeLog()
    const flipped: string[] = []
    const node = await fakeNode(({ path }) =>
      serve(log, path, (bytes, tile) => {
        if (tile !== at) return bytes
        flipped.push(tile)
        const copy = bytes.slice()
        // In a bundle a bit of the commit's hexadecimal digits: the entry still parses.
        const bit = at.includes('entries') ? copy.indexOf(0x35, 20) : 40
        copy[bit]! ^= 1
        return copy
      }),
    )
    const told = await verify(node.home, '--convenant', convenantFile())
    expect(flipped.length).toBeGreaterThan(0)
    expect(told).toMatchObject({ exit: 1, verified: false })
    expect(told.logs[0]).toMatchObject({ verified: false, error: code })
    expect(readdirSync(node.home)).not.toContain('seen')
  })

  it.each([
    ['deleted', without],
    ['exchanged with another', exchanged],
  ])('sees one entry %s under the head that was signed', async (_name, change) => {
    const log = makeLog()
    const leaves = change(log.leaves)
    // As many as were signed for.
    const node = await fakeNode(({ path }) =>
      serve({ ...log, leaves: [...leaves, leaves.at(-1)!].slice(0, SIZE) }, path),
    )
    const told = await verify(node.home, '--convenant', convenantFile())
    expect(told).toMatchObject({ exit: 1, logs: [{ verified: false, error: 'BAD_TILE' }] })
  })

  it('tells of entries that are dated back, and is silent about a clock that is put right', async () => {
    const log = (minutes: readonly string[]) =>
      logOf(
        minutes.map((minute, i) => ({
          v: 1,
          type: 'node.started',
          time: `2027-06-15T12:${minute}Z`,
          software: 'drempel/0.1.0',
          retentionClass: 'standard',
          period: '2027Q2',
          commit: digestOf(`${i}`),
        })),
      )
    const setBack = async (minutes: readonly string[]) => {
      const node = await fakeNode(({ path }) => serve(log(minutes), path))
      const told = await verify(node.home, '--convenant', convenantFile())
      expect(told).toMatchObject({ exit: 0, verified: true })
      return told.logs[0].setBack
    }
    expect(await setBack(['10', '40', '38', '40', '41'])).toBeNull()
    expect(await setBack(['10', '40', '12', '41', '37', '41'])).toEqual({
      ...{ entries: 2, minutes: 28, first: 2 },
    })
  })

  it('refuses entries that are not audit leaves, whatever the root', async () => {
    const log = makeLog(3)
    const leaf = utf8('{"v":1}')
    const { state, stored } = appendLeaves(emptyTree(), [leafHash(leaf)])
    const checkpoint = { origin: ORIGIN, size: 1, root: rootOf(state) }
    const note = signCheckpoint(checkpoint, [noteSigner(ORIGIN, signerOf('bank-a'))])
    const hashes = new Map(stored.map((entry) => [nodeKey(entry), entry.hash]))
    const bad = { ...log, size: 1, leaves: [leaf], note, hashes }
    const node = await fakeNode(({ path }) => serve(bad, path))
    expect((await verify(node.home, '--convenant', convenantFile())).logs[0].error).toBe(
      'BAD_EVENT',
    )
  })

  it.each([
    ['another history of the same size', () => makeLog(SIZE, { salt: 'x' })],
    ['a longer other history', () => makeLog(SIZE + 50, { salt: 'x' })],
    ['an older state', () => makeLog(SIZE - 1)],
    ['one entry deleted, and all signed anew,', () => signedAnew(without)],
    ['two entries exchanged, and all signed anew,', () => signedAnew(exchanged)],
    ['nothing at all', () => makeLog(0)],
  ])('keeps %s as evidence of a fork', async (_name, next) => {
    let log = makeLog()
    const node = await fakeNode(({ path }) => serve(log, path))
    const convenant = ['--convenant', convenantFile()]
    expect((await verify(node.home, ...convenant)).exit).toBe(0)
    const first = log.note
    log = next()
    const told = await verify(node.home, ...convenant)
    expect(told).toMatchObject({ exit: 1, logs: [{ verified: false, error: 'LOG_FORKED' }] })
    const kept = join(node.home, 'seen/proef/bank-a')
    expect(readdirSync(kept).sort()).toEqual(
      [`2027Q2.conflict-${log.size}.note`, '2027Q2.note'].sort(),
    )
    expect(readFileSync(join(kept, '2027Q2.note'), 'utf8')).toBe(first)
    expect(readFileSync(join(kept, `2027Q2.conflict-${log.size}.note`), 'utf8')).toBe(log.note)
  })

  it('misses a log that the node no longer names', async () => {
    let log = makeLog(5)
    const node = await fakeNode(({ path }) => serve(log, path))
    const convenant = ['--convenant', convenantFile()]
    await verify(node.home, ...convenant)
    log = makeLog(5, { origin: 'drempel/proef/bank-a/2027Q3' })
    const told = await verify(node.home, ...convenant)
    expect(told.exit).toBe(1)
    expect(told.logs).toMatchObject([
      { origin: 'drempel/proef/bank-a/2027Q3', verified: true },
      { origin: ORIGIN, verified: false, error: 'LOG_GONE' },
    ])
  })

  it('takes the key from the convenant, not from the node', async () => {
    const log = makeLog(9, { owner: 'bank-b' })
    const node = await fakeNode(({ path }) => serve(log, path))
    const told = await verify(node.home, '--convenant', convenantFile())
    expect(told.logs[0]).toMatchObject({ verified: false, error: 'NO_KNOWN_SIGNATURE' })
    const own = await fakeNode(({ path }) => serve(makeLog(9), path))
    expect((await verify(own.home)).logs[0]).toMatchObject({ verified: true, key: 'home' })
    const stranger = makeLog(9, { origin: 'drempel/proef/stranger/2027Q2', owner: 'stranger' })
    const other = await fakeNode(({ path }) => serve(stranger, path))
    expect((await verify(other.home, '--convenant', convenantFile())).logs[0].error).toBe(
      'LOG_OF_OTHER',
    )
  })

  it('is stopped by a convenant that not all signed', async () => {
    const node = await fakeNode(({ path }) => serve(makeLog(9), path))
    const half = convenantFile(signedBy(draft(), ALL.slice(1)))
    const told = await verify(node.home, '--convenant', half)
    expect(told).toMatchObject({
      exit: 1,
      error: { code: 'CONVENANT_SIGNATURE_MISSING', culprit: 'bank-a' },
    })
    expect(node.calls).toEqual([])
  })

  it('verifies several nodes, each with its own token', async () => {
    const a = await fakeNode(({ path }) => serve(makeLog(9), path))
    const b = await fakeNode(({ path }) =>
      serve(makeLog(7, { origin: 'drempel/proef/bank-b/2027Q2', owner: 'bank-b' }), path),
    )
    const argv = ['--node', a.url, '--node', b.url, '--convenant', convenantFile()]
    const none = folder()
    const refused = await drempel(['log', 'verify', '--home', none, ...argv, '--json'], {
      env: { DREMPEL_TOKEN: 't' },
    })
    expect(refused.exit).toBe(1)
    expect(refused.json().logs).toMatchObject([
      { error: 'TOKEN_MISSING' },
      { error: 'TOKEN_MISSING' },
    ])
    expect([...a.calls, ...b.calls]).toEqual([])
    for (const name of ['a', 'b']) writeFileSync(join(none, name), `token-${name}\n`)
    const tokens = ['--token-file', join(none, 'a'), join(none, 'b')]
    const told = await verify(none, ...argv, ...tokens)
    expect(told).toMatchObject({ exit: 0, logs: [{ size: 9 }, { size: 7 }] })
    expect(a.calls[0]!.token).toBe('Bearer token-a')
    expect(b.calls[0]!.token).toBe('Bearer token-b')
  })

  it.each(['verify', 'quorum'])('of several nodes one has none: %s', async (command) => {
    const a = await fakeNode(({ path }) => serve(makeLog(9), path))
    const b = await fakeNode(() => ({ json: { origins: [], verifier: '' } }))
    const none = folder()
    for (const name of ['a', 'b']) writeFileSync(join(none, name), `token-${name}\n`)
    const tokens = ['--token-file', join(none, 'a'), join(none, 'b')]
    const argv = ['--node', a.url, '--node', b.url, '--convenant', convenantFile(), ...tokens]
    const told = await drempel(['log', command, '--home', none, ...argv, '--json'])
    expect(told.exit).toBe(1)
    expect(told.json().logs).toMatchObject([{ size: 9 }, { node: b.url, error: 'NO_LOG' }])
  })
})

describe('log show', () => {
  it('shows the last entries of a type, each proved', async () => {
    const log = makeLog()
    const node = await fakeNode(({ path }) => serve(log, path))
    const argv = ['log', 'show', '--home', node.home, '--type', 'node.stopped', '--json']
    const { entries } = (await drempel([...argv, '--limit', '200'])).json()
    expect(entries).toHaveLength(200)
    expect(entries.at(-1).index).toBe(SIZE - 1)
    expect(entries[0].index).toBe(SIZE - 399)
    // Three bundles, and the hash tiles of all their proofs, each once.
    const fetched = node.calls.map(({ path }) => path).filter((path) => path.includes('/tile/'))
    expect(fetched.filter((path) => path.includes('/entries/'))).toHaveLength(3)
    expect(new Set(fetched).size).toBe(fetched.length)
    const liar = await fakeNode(({ path }) =>
      serve(log, path, (bytes, tile) => {
        const copy = bytes.slice()
        if (tile.startsWith('tile/entries')) copy[copy.indexOf(0x35, 20)]! ^= 1
        return copy
      }),
    )
    const fooled = await drempel(['log', 'show', '--home', liar.home, '--limit', '300', '--json'])
    expect(fooled.json().error.code).toBe('BAD_INCLUSION_PROOF')
  })
})

describe('receipts', () => {
  const index = 77
  async function receiptOf(log: Log, leaf = log.leaves[index]!) {
    const proof = await inclusionProof(index, log.size, memoryReader(log.hashes))
    return encodeReceipt({ index, proof, checkpoint: log.note, extra: leaf })
  }
  const verify = async (text: string, convenant: string) => {
    const path = join(folder(), 'r.proof')
    writeFileSync(path, text)
    return drempel(['receipt', 'verify', path, '--convenant', convenant, '--json'], { now: NOW })
  }

  it('verify offline under the key in the convenant', async () => {
    const { exit, json } = await verify(await receiptOf(makeLog()), convenantFile())
    expect(exit).toBe(0)
    expect(json()).toMatchObject({
      verified: true,
      origin: ORIGIN,
      index,
      size: SIZE,
      member: 'bank-a',
    })
    expect(json().event.type).toBe('node.stopped')
    expect(json()).toMatchObject({ witnesses: [], needed: 0 })
  })

  describe('of a member that has another key since', () => {
    const first = draft()
    const next = {
      ...first,
      ...{ version: 2, previous: base64url(convenantDigest(first)) },
      members: first.members.map((each) =>
        each.id === 'bank-a'
          ? { ...each, signingKey: base64url(signerOf('bank-a', 1).publicKey) }
          : each,
      ),
    }
    const others = ALL.filter((id) => id !== 'bank-a')
    const chain = [
      signedBy(first, ALL),
      {
        convenant: next,
        signatures: [
          ...signedBy(next, others).signatures,
          signConvenant(next, 'bank-a', signerOf('bank-a', 1)),
        ],
      },
    ]
    /** An entry that names a version, in a log under the key of a version. */
    const under = async (named: typeof first | null, generation: number, versions = chain) => {
      const [event] = makeLog(1).leaves.map(parseEvent)
      const convenant = named && {
        ...{ version: named.version, digest: hex(convenantDigest(named)) },
      }
      const entry = { ...event!, ...(convenant && { convenant }) } as LeafFields
      const log = logOf([entry], { signer: signerOf('bank-a', generation) })
      const text = encodeReceipt({
        ...{ index: 0, proof: [], checkpoint: log.note, extra: log.leaves[0]! },
      })
      const path = join(folder(), 'r.proof')
      writeFileSync(path, text)
      const files = versions.map((signed) => convenantFile(signed))
      const argv = ['receipt', 'verify', path, '--convenant', ...files]
      return {
        json: (await drempel([...argv, '--json'])).json(),
        out: (await drempel([...argv, '--lang', 'en'])).out,
      }
    }

    it('verify under the version that the entry names, which is said', async () => {
      const old = await under(first, 0)
      expect(old.json).toMatchObject({ verified: true, keyOfVersion: 1 })
      expect(old.out).toMatch(/key +of version 1; this member has another key since/)
      const fresh = await under(first, 1)
      expect(fresh.json).toMatchObject({ verified: true, keyOfVersion: 2 })
      expect(fresh.out).not.toContain('another key')
    })

    it('are refused under the old key where the entry names the new version, or none', async () => {
      for (const named of [next, null]) {
        expect((await under(named, 0)).json.error.code).toBe('NO_KNOWN_SIGNATURE')
        expect((await under(named, 1)).json).toMatchObject({ verified: true, keyOfVersion: 2 })
      }
      expect((await under(first, 2)).json.error.code).toBe('NO_KNOWN_SIGNATURE')
      expect((await under(first, 0, chain.slice(1))).json.error.code).toBe('NO_KNOWN_SIGNATURE')
    })
  })

  it('show which witnesses of the convenant cosigned, and refuse a false one', async () => {
    const convenant = convenantFile(
      signedBy({ ...draft(), witnesses: ['bank-b', 'telecom', 'platform'] }, ALL),
    )
    const under = async (ids: readonly string[], signer = signerOf) => {
      const log = makeLog()
      const lines = ids.map((id) => {
        const { key } = cosigner(`drempel/proef/${id}`, signerOf(id), NOW / 1000)
        const { sign } = cosigner(`drempel/proef/${id}`, signer(id), NOW / 1000)
        return { name: key.name, id: key.id, bytes: sign(parseNote(log.note).text) }
      })
      return verify(await receiptOf({ ...log, note: cosignedNote(log.note, lines) }), convenant)
    }
    const time = new Date(NOW).toISOString()
    const two = await under(['bank-b', 'platform', 'bank-a'])
    expect({ exit: two.exit, ...two.json() }).toMatchObject({
      ...{ exit: 0, needed: 2 },
      witnesses: [
        { member: 'bank-b', time },
        { member: 'platform', time },
      ],
    })
    expect((await under([])).json()).toMatchObject({ verified: true, witnesses: [], needed: 2 })
    const witnesses = [{ member: 'bank-b', time }]
    expect(witnessText({ witnesses, needed: 2, enough: false }, 'en')).toBe(
      `too few (needed: 2): bank-b ${time}; drempel receipt get fetches a receipt with more witnesses later`,
    )
    expect(witnessText({ witnesses: [], needed: 2, enough: false }, 'nl')).toMatch(
      /^nog geen \(nodig: 2\); drempel receipt get haalt/,
    )
    const forged = await under(['bank-b', 'platform'], () => signerOf('bank-a'))
    expect(forged.json().error.code).toBe('BAD_SIGNATURE')
  })

  it.each<[string, () => Promise<string>, string]>([
    ['another leaf', () => receiptOf(makeLog(), makeLog().leaves[3]), 'BAD_INCLUSION_PROOF'],
    [
      'another index',
      async () => (await receiptOf(makeLog())).replace('index 77', 'index 78'),
      'BAD_INCLUSION_PROOF',
    ],
    [
      "another member's signature",
      () => receiptOf(makeLog(SIZE, { owner: 'bank-b' })),
      'NO_KNOWN_SIGNATURE',
    ],
    [
      'another size',
      async () => (await receiptOf(makeLog())).replace(`\n${SIZE}\n`, `\n${SIZE + 1}\n`),
      'BAD_SIGNATURE',
    ],
    [
      'a log of someone else',
      () => receiptOf(makeLog(SIZE, { origin: 'drempel/proef/other/2027Q2' })),
      'LOG_OF_OTHER',
    ],
    [
      'a log of another convenant',
      () => receiptOf(makeLog(SIZE, { origin: 'drempel/elders/bank-a/2027Q2' })),
      'LOG_OF_OTHER',
    ],
    ['no receipt', async () => 'hello\n', 'BAD_RECEIPT'],
  ])('refuse %s', async (_name, text, code) => {
    const { exit, json } = await verify(await text(), convenantFile())
    expect({ exit, code: json().error.code }).toEqual({ exit: 1, code })
  })

  it('are refused under a convenant that not all signed', async () => {
    const half = convenantFile(signedBy(draft(), ALL.slice(1)))
    const { exit, json } = await verify(await receiptOf(makeLog()), half)
    expect({ exit, code: json().error.code }).toEqual({
      exit: 1,
      code: 'CONVENANT_SIGNATURE_MISSING',
    })
  })

  it('are saved whole, and not with a leaf of another entry', async () => {
    const log = makeLog()
    const txid = 'ab'.repeat(16)
    const proof = await receiptOf(log)
    let leaf = log.leaves[index]!
    const node = await fakeNode(() => ({ json: { txid, leaf: base64(leaf), proof } }))
    const path = join(folder(), 'r.proof')
    const argv = ['receipt', 'get', txid, '-o', path, '--home', node.home]
    expect((await drempel(argv)).exit).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(proof)
    leaf = log.leaves[3]!
    expect((await drempel(argv)).err).toContain('RECEIPT_LEAF')
  })
})
