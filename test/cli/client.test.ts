import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { makeFolder } from '@drempel/cli/internal/client/files'
import { createTlsKeys, tlsPin } from '@drempel/node/internal/config'
import { base64url } from '@drempel/protocol/encoding'
import { describe, expect, it, onTestFinished } from 'vitest'
import { member } from '../protocol/convenant/world.ts'
import { drempel, fakeNode, folder, problem, TOKEN } from './world.ts'

const EMPTY = { rounds: [] }

describe('the token', () => {
  it("goes to the home's own node, with the language", async () => {
    const node = await fakeNode(() => ({ json: EMPTY }))
    const { exit } = await drempel(['round', 'status', '--home', node.home, '--lang', 'nl'])
    expect(exit).toBe(0)
    expect(node.calls).toMatchObject([{ path: 'rounds', token: `Bearer ${TOKEN}`, language: 'nl' }])
  })

  it('of a home goes to no other node; $DREMPEL_TOKEN does', async () => {
    const own = await fakeNode(() => ({ json: EMPTY }))
    const other = await fakeNode(() => ({ json: EMPTY }))
    const argv = ['round', 'status', '--home', own.home, '--node', other.url]
    const refused = await drempel(argv)
    expect(refused.exit).toBe(5)
    expect(refused.err).toContain('TOKEN_MISSING')
    expect(other.calls).toEqual([])
    const env = { DREMPEL_TOKEN: 'drm_other' }
    expect((await drempel(argv, { env })).exit).toBe(0)
    expect(other.calls).toMatchObject([{ token: 'Bearer drm_other' }])
    expect(own.calls).toEqual([])
  })

  it('goes over plain http to loopback only', async () => {
    const env = { DREMPEL_TOKEN: TOKEN }
    for (const url of ['http://node.example', 'http://10.0.0.1:80', 'http://127.0.0.1.nip.io']) {
      const { exit, err } = await drempel(['status', '--node', url], { env })
      expect({ url, exit }).toEqual({ url, exit: 2 })
      expect(err).toContain('INSECURE_URL')
    }
  })
})

describe('TLS', () => {
  async function tlsNode() {
    const random = (length: number) => new Uint8Array(length).fill(7)
    const keys = createTlsKeys('127.0.0.1', Date.now(), random)
    let bytes = 0
    const server = createTlsServer(keys, (_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(EMPTY))
    })
    server.on('secureConnection', (socket: Socket) => {
      socket.on('data', (part: Buffer) => {
        bytes += part.length
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const home = folder()
    const describe = (pin: string) =>
      writeFileSync(
        join(home, 'member.json'),
        JSON.stringify({ ...member('bank-a', 'bank', 1), url, tlsPin: pin }),
      )
    writeFileSync(join(home, 'token'), TOKEN)
    return { url, home, pin: tlsPin(keys.cert), describe, received: () => bytes }
  }

  it('talks to the node that holds the pinned key', async () => {
    const node = await tlsNode()
    node.describe(node.pin)
    expect((await drempel(['round', 'status', '--home', node.home])).exit).toBe(0)
    expect(node.received()).toBeGreaterThan(0)
  })

  it('sends nothing to one that holds another key', async () => {
    const node = await tlsNode()
    node.describe(base64url(createHash('sha256').update('another').digest()))
    const { exit, err } = await drempel(['round', 'status', '--home', node.home])
    expect(exit).toBe(4)
    expect(err).toContain('PIN_MISMATCH')
    expect(node.received()).toBe(0)
  })

  it('asks for a pin where it knows none', async () => {
    const node = await tlsNode()
    const env = { DREMPEL_TOKEN: TOKEN }
    const argv = ['round', 'status', '--node', node.url]
    expect((await drempel(argv, { env })).err).toContain('PIN_UNKNOWN')
    expect((await drempel([...argv, '--pin', node.pin], { env })).exit).toBe(0)
  })
})

describe('answers', () => {
  it.each([
    [401, 'UNAUTHENTICATED', 5],
    [403, 'FORBIDDEN', 5],
    [403, 'NOT_COMPUTE_NODE', 1],
    [403, 'QUOTA_EXCEEDED', 3],
    [409, 'NO_LIST', 1],
    [422, 'HOST_CHARACTER', 2],
    [503, 'QUORUM_LOST', 1],
  ])('%d %s ends with %d and says what to do', async (status, code, wanted) => {
    const node = await fakeNode(() => problem(status, code, { culprit: 'telco', hint: 'a hint' }))
    const argv = ['round', 'status', '--home', node.home]
    const { exit, out, err } = await drempel(argv)
    expect({ exit, out }).toEqual({ exit: wanted, out: '' })
    expect(err).toContain(`${code}: `)
    expect(err).toContain('culprit: telco')
    const { error } = (await drempel([...argv, '--json'])).json()
    expect(error).toMatchObject({ code, exit: wanted, culprit: 'telco' })
  })

  it.each([
    ['KEY_FAILED', 'telecom: UNKNOWN_PEER', 'drempel convenant install'],
    ['QUORUM_LOST', 'bank-b: CLOCK_SKEW, telecom: CLOCK_SKEW', 'NTP'],
    ['PEER_PROBLEM', 'SIGNATURE_INVALID', 'hetzelfde convenant'],
    ['QUORUM_LOST', 'bank-b: PEER_TIMEOUT', 'te weinig sleutelhouders'],
  ])('%s at "%s" says what to do first', async (code, at, advice) => {
    const node = await fakeNode(() => problem(502, code, { at, hint: 'a hint' }))
    const { err } = await drempel(['round', 'status', '--home', node.home, '--lang', 'nl'])
    expect(err).toContain(`at: ${at}`)
    expect(err.split('-> ')[1]).toContain(advice)
  })

  it("names the convenant's refusal in the asked language, whichever way the node sends it", async () => {
    for (const sent of [
      problem(403, 'REFUSED', { at: 'QUOTA_EXCEEDED' }),
      problem(403, 'QUOTA_EXCEEDED', { txid: 'ab'.repeat(16) }),
    ]) {
      const node = await fakeNode(() => sent)
      const { exit, err } = await drempel(['status', '--home', node.home, '--lang', 'nl'])
      expect(exit).toBe(3)
      expect(err).toContain('QUOTA_EXCEEDED: Het dagquotum voor dit doel is op')
    }
  })

  it.each([
    ['no JSON', { text: '<html>' }],
    ['another shape', { json: { rounds: [{ round: 'x' }] } }],
    ['an unknown field', { json: { rounds: [], more: 1 } }],
    ['an error that is no problem document', { text: 'no', status: 500 }],
  ])('refuses %s', async (_name, answer) => {
    const node = await fakeNode(() => answer)
    const { exit, err } = await drempel(['round', 'status', '--home', node.home])
    expect(exit).toBe(1)
    expect(err).toContain('BAD_RESPONSE')
  })

  it('follows no redirect', async () => {
    const elsewhere = await fakeNode(() => ({ json: EMPTY }))
    const node = await fakeNode(() => ({
      raw: (response) =>
        response.writeHead(307, { location: `${elsewhere.url}/api/v1/rounds` }).end(),
    }))
    expect((await drempel(['round', 'status', '--home', node.home])).err).toContain('BAD_RESPONSE')
    expect(elsewhere.calls).toEqual([])
  })

  it('lets nothing that the node says steer the terminal', async () => {
    const node = await fakeNode(() => problem(409, 'BUSY', { at: '\u001b[2Jx\u202ey' }))
    const { err } = await drempel(['round', 'status', '--home', node.home])
    expect(err).toContain('x')
    for (const steering of ['\u001b', '\u202e']) expect(err).not.toContain(steering)
  })

  it('tries again when a connection is lost, but never a check', async () => {
    const drop = { raw: (response: { destroy(): unknown }) => void response.destroy() }
    let lost = 0
    const node = await fakeNode(() => (lost++ < 2 ? drop : { json: EMPTY }))
    expect((await drempel(['round', 'status', '--home', node.home])).exit).toBe(0)
    expect(node.calls).toHaveLength(3)
    const asked = await fakeNode(() => drop)
    const check = ['check', 'x.example', '--kind', 'host', '--purpose', 'p', '--rule', 'r']
    expect((await drempel([...check, '--home', asked.home])).exit).toBe(4)
    expect(asked.calls).toHaveLength(1)
  })

  it('says that nothing listens', async () => {
    const home = folder()
    writeFileSync(join(home, 'member.json'), JSON.stringify(member('bank-a', 'bank', 1)))
    writeFileSync(join(home, 'token'), TOKEN)
    const { exit, err } = await drempel(['status', '--home', home])
    expect(exit).toBe(4)
    expect(err).toContain('drempel up')
    rmSync(join(home, 'member.json'))
    expect((await drempel(['status', '--home', home])).err).toContain('HOME_MISSING')
  })
})

describe('a folder', () => {
  it('is made with all above it, for its owner alone, by two at once too', async () => {
    const root = folder()
    // Of so many some come in between each other's steps.
    for (const more of Array.from({ length: 100 }, (_, i) => join(root, String(i), 'a/b'))) {
      await Promise.all(['c', 'd', 'c/e'].map((name) => makeFolder(join(more, name))))
    }
    await Promise.all([makeFolder(join(root, 'a/b/c')), makeFolder(join(root, 'a/b/d'))])
    await makeFolder(join(root, 'a/b/d'))
    expect(readdirSync(join(root, 'a/b')).sort()).toEqual(['c', 'd'])
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700)
  })

  it('is not run where none was set up, which is told as by any command', async () => {
    for (const home of [folder(), join(folder(), 'none')]) {
      const { exit, err } = await drempel(['up', '--home', home, '--lang', 'nl'])
      expect(exit).toBe(2)
      expect(err).toContain('HOME_MISSING: Hier is geen node ingericht')
      expect(err).toContain(`at: ${home}`)
    }
  })

  it('is not made where there is a file, or where none can be', async () => {
    const root = folder()
    writeFileSync(join(root, 'file'), 'mine')
    const places = [join(root, 'file'), join(root, 'file/a'), join(root, 'file/a/b')]
    if (existsSync('/proc')) places.push('/proc/drempel', '/proc/drempel/a/b')
    for (const path of places) {
      await expect(makeFolder(path)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', at: path })
    }
    const who = ['--id', 'a', '--name', 'A', '--sector', 'bank', '--listen', '127.0.0.1:7101']
    const made = await drempel(['init', '--home', join(root, 'file/of/node'), ...who, '--json'])
    expect(made.json().error).toMatchObject({ code: 'FILE_UNWRITABLE', at: join(root, 'file') })
  })
})
