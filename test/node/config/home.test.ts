import { X509Certificate } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import {
  createTlsKeys,
  type InitOptions,
  initHome,
  openHome,
  openPeriodKeys,
  parseConfig,
  readMasterKey,
  systemRandom,
  tlsPin,
} from '@drempel/node/internal/config'
import { memberSchema } from '@drempel/protocol/convenant'
import { base64, base64url } from '@drempel/protocol/encoding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const NOW = Date.UTC(2026, 10, 21)
const options: InitOptions = {
  member: {
    ...{ id: 'bank-a', name: 'Bank A', sector: 'bank' },
    ...{ contact: 'desk@bank-a.example', fg: 'fg@bank-a.example' },
  },
  listen: { host: '0.0.0.0', port: 8443 },
  publicUrl: 'https://drempel.bank-a.example:8443',
}
const loopback: InitOptions = {
  ...options,
  ...{ listen: { host: '127.0.0.1', port: 8443 }, publicUrl: 'http://127.0.0.1:8443' },
  transport: 'plain-loopback',
}

let folder: string
let home: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drempel-home-'))
  home = join(folder, 'node')
})
afterEach(() => rm(folder, { recursive: true }))

const init = (some: Partial<InitOptions> = {}) =>
  initHome(home, { ...options, ...some }, systemRandom, NOW)

describe('a new home', () => {
  it('gives a member that the convenant takes, and opens to the same', async () => {
    const member = await init()
    expect(memberSchema.parse(member)).toEqual(member)
    expect(JSON.parse(await readFile(join(home, 'member.json'), 'utf8'))).toEqual(member)
    const opened = await openHome(home)
    expect(opened.member).toEqual(member)
    expect(base64url(opened.signer.publicKey)).toBe(member.signingKey)
    expect(tlsPin(opened.tls!.cert)).toBe(member.tlsPin)
    expect(opened.paths.store).toBe(join(home, 'node.db'))
    expect(opened.config.masterKey).toEqual({ file: 'master.key' })
  })

  it('is private, down to every file', async () => {
    await init()
    expect((await stat(home)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(home)) {
      const { mode } = await stat(join(home, name))
      expect(mode & 0o077).toBe(0)
    }
  })

  it('has two random keys and tokens in two homes', async () => {
    const first = await init()
    const token = await readFile(join(home, 'token'), 'utf8')
    expect(token).toMatch(/^drm_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n$/)
    home = join(folder, 'other')
    const second = await init()
    expect(second.signingKey).not.toBe(first.signingKey)
    expect(second.tlsPin).not.toBe(first.tlsPin)
    expect(await readFile(join(home, 'token'), 'utf8')).not.toBe(token)
  })

  it('takes an empty folder, and refuses one that holds something, untouched', async () => {
    await mkdir(home)
    await init()
    const before = await readFile(join(home, 'signing.key'), 'utf8')
    await expect(init()).rejects.toMatchObject({ code: 'HOME_NOT_EMPTY' })
    expect(await readFile(join(home, 'signing.key'), 'utf8')).toBe(before)
    await writeFile(join(folder, 'file'), '')
    home = join(folder, 'file')
    await expect(init()).rejects.toMatchObject({ code: 'HOME_NOT_EMPTY' })
  })

  it('leaves nothing behind when it fails half-way', async () => {
    const absent = { masterKey: { env: 'DREMPEL_ABSENT' } }
    await expect(init(absent)).rejects.toMatchObject({ code: 'MASTER_KEY_UNAVAILABLE' })
    let calls = 0
    const failing = (length: number) => {
      if (++calls > 4) throw new Error('no randomness')
      return systemRandom(length)
    }
    await expect(initHome(home, options, failing, NOW)).rejects.toThrow('no randomness')
    expect(await readdir(folder)).toEqual([])
  })

  it('of two at once appears once', async () => {
    const results = await Promise.allSettled([init(), init()])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await readdir(folder)).toEqual(['node'])
    await openHome(home)
  })

  it('is made with the folders above it, and nowhere where none can be', async () => {
    home = join(folder, 'of', 'bank-a', 'node')
    await init()
    await openHome(home)
    // As root there is nothing that keeps one from trying.
    home = '/proc/drempel/bank-a/node'
    await expect(init()).rejects.toMatchObject({ code: expect.stringMatching(/^E[A-Z]+$/) })
  })

  it('on loopback has no certificate', async () => {
    const member = await init(loopback)
    expect(member.tlsPin).toBeNull()
    expect((await openHome(home)).tls).toBeUndefined()
    expect(await readdir(home)).not.toContain('tls.key')
  })
})

describe('opening a home', () => {
  beforeEach(async () => {
    await init()
  })

  it.each(['signing.key', 'tls.key'])('refuses a wrong master key for %s by name', async (name) => {
    const other = join(folder, 'other')
    await initHome(other, options, systemRandom, NOW)
    await writeFile(join(home, name), await readFile(join(other, name)))
    await expect(openHome(home)).rejects.toMatchObject({ code: 'WRONG_MASTER_KEY', at: name })
  })

  it('tells a damaged or swapped key file from a wrong master key', async () => {
    const path = join(home, 'signing.key')
    const text = await readFile(path, 'utf8')
    const damaged = { code: 'SEALED_DAMAGED', at: 'signing.key' }
    for (const wrong of [
      text.slice(0, -10),
      text.replace(/.(?=\n$)/, (last) => (last === 'A' ? 'B' : 'A')),
      await readFile(join(home, 'tls.key'), 'utf8'),
      '',
    ]) {
      await writeFile(path, wrong)
      await expect(openHome(home)).rejects.toMatchObject(damaged)
    }
  })

  it.each(['', 'signing.key', 'tls.key', 'master.key'])(
    'refuses rights of others on "%s"',
    async (name) => {
      await chmod(join(home, name), name === '' ? 0o755 : 0o640)
      const at = basename(name === '' ? home : name)
      await expect(openHome(home)).rejects.toMatchObject({ code: 'HOME_UNSAFE', at })
    },
  )

  it.each(['config.yaml', 'signing.key', 'tls.key', 'tls.crt'])('misses %s', async (name) => {
    await rm(join(home, name))
    await expect(openHome(home)).rejects.toMatchObject({ code: 'HOME_MISSING', at: name })
  })

  it('that was never set up says so', async () => {
    await expect(openHome(join(folder, 'x'))).rejects.toMatchObject({ code: 'HOME_MISSING' })
  })

  it.each([
    ['listne: {}\n', 'config.yaml'],
    ['store: {path: 5}\n', 'store.path'],
    ['transport: plain-loopback\n', 'listen.host'],
    ['publicUrl: http://127.0.0.1:80\n', 'publicUrl'],
    ['publicUrl: https://drempel.bank-a.example/path\n', 'publicUrl'],
    ['masterKey: abc\n', 'masterKey'],
    ['{', 'config.yaml'],
    ['workHours: { timeZone: Amsterdam, from: 6, until: 22, outside: 20 }\n', 'workHours.timeZone'],
    ['workHours: { timeZone: UTC, from: 6, until: 25, outside: 20 }\n', 'workHours.until'],
  ])('refuses the setting %j', async (line, at) => {
    const path = join(home, 'config.yaml')
    const key = /^\w+/.exec(line)?.[0]
    const text = await readFile(path, 'utf8')
    const without = text.replace(new RegExp(`^${key}:.*\\n(?: .*\\n)*`, 'm'), '')
    await writeFile(path, without + line)
    await expect(openHome(home)).rejects.toMatchObject({ code: 'BAD_CONFIG', at })
  })

  it('writes no key into the settings, and none in the clear beside the master key', async () => {
    const { signer, tls, masterKey } = await openHome(home)
    const names = (await readdir(home)).filter((name) => !['master.key', 'periods'].includes(name))
    const text = (await Promise.all(names.map((name) => readFile(join(home, name))))).join('\n')
    expect(text).toContain(base64url(signer.publicKey))
    expect(text).not.toContain(base64(masterKey))
    expect(text).not.toContain(tls!.key.split('\n')[1])
    expect(text).not.toContain('PRIVATE KEY')
  })
})

describe('the master key', () => {
  const key = base64(new Uint8Array(32).fill(9))

  it('comes from a variable or the output of a command', async () => {
    expect(await readMasterKey({ env: 'K' }, home, { K: `${key}\n` })).toEqual(
      new Uint8Array(32).fill(9),
    )
    const command = [process.execPath, '-e', `console.log('${key}')`]
    expect((await readMasterKey({ command }, home)).length).toBe(32)
  })

  it.each(['', 'abc', base64(new Uint8Array(31)), `${key}${key}`])('is not %j', async (K) => {
    await expect(readMasterKey({ env: 'K' }, home, { K })).rejects.toMatchObject({
      code: 'BAD_MASTER_KEY',
    })
  })

  it('that can not be had is named, without what the command wrote', async () => {
    const unavailable = { code: 'MASTER_KEY_UNAVAILABLE' }
    await expect(readMasterKey({ env: 'K' }, home, {})).rejects.toMatchObject(unavailable)
    await expect(readMasterKey({ file: 'x' }, home)).rejects.toMatchObject({
      ...unavailable,
      at: 'x',
    })
    const command = [process.execPath, '-e', `console.error('secret'); process.exit(1)`]
    const error = await readMasterKey({ command }, home).catch((reason: Error) => reason)
    expect(error).toMatchObject(unavailable)
    expect(String((error as Error).stack)).not.toContain('secret')
    await expect(readMasterKey({ command: ['/no/such'] }, home)).rejects.toMatchObject(unavailable)
  })
})

describe('keys of periods', () => {
  it('are made once, kept, listed and erased', async () => {
    const keys = openPeriodKeys(join(folder, 'periods'), systemRandom)
    expect(await keys.load('2026Q4')).toBeNull()
    expect(await keys.list()).toEqual([])
    const key = await keys.create('2026Q4')
    expect(await keys.create('2026Q4')).toEqual(key)
    expect(await keys.create('2027Q1')).not.toEqual(key)
    expect(await keys.load('2026Q4')).toEqual(key)
    expect(await keys.list()).toEqual(['2026Q4', '2027Q1'])
    expect((await stat(join(folder, 'periods/2026Q4.key'))).mode & 0o777).toBe(0o600)
    expect(await keys.erase('2026Q4')).toBe(true)
    expect(await keys.erase('2026Q4')).toBe(false)
    expect(await keys.load('2026Q4')).toBeNull()
  })

  it('refuse a damaged file, others on the machine, and a period that is a path', async () => {
    const keys = openPeriodKeys(join(folder, 'periods'), systemRandom)
    await keys.create('2026Q4')
    const path = join(folder, 'periods/2026Q4.key')
    await chmod(path, 0o644)
    await expect(keys.load('2026Q4')).rejects.toMatchObject({ code: 'HOME_UNSAFE' })
    await chmod(path, 0o600)
    await writeFile(path, 'AAAA\n')
    await expect(keys.load('2026Q4')).rejects.toMatchObject({ code: 'SEALED_DAMAGED' })
    await expect(keys.create('2026Q4')).rejects.toMatchObject({ code: 'SEALED_DAMAGED' })
    await writeFile(path, `\0${'A'.repeat(43)}=\n`)
    await expect(keys.load('2026Q4')).rejects.toMatchObject({ code: 'SEALED_DAMAGED' })
    // Overwritten, and the crash came before the unlinking.
    await writeFile(path, new Uint8Array(45))
    expect(await keys.load('2026Q4')).toBeNull()
    await expect(keys.create('2026Q4')).rejects.toMatchObject({ code: 'HOME_FAILED' })
    expect(await keys.erase('2026Q4')).toBe(true)
    await expect(keys.load('../2026Q4')).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })
})

describe('the TLS certificate', () => {
  it.each([
    ['node.example', 'DNS:node.example'],
    ['192.0.2.7', 'IP Address:192.0.2.7'],
    ['::1', 'IP Address:0:0:0:0:0:0:0:1'],
    ['2001:db8::a:0:1', 'IP Address:2001:DB8:0:0:0:A:0:1'],
  ])('for %s reads back as written', (host, name) => {
    const { key, cert } = createTlsKeys(host, NOW, systemRandom)
    const read = new X509Certificate(cert)
    expect(read.subjectAltName).toBe(name)
    expect(read.verify(read.publicKey)).toBe(true)
    expect(read.ca).toBe(false)
    expect(read.validFromDate.getTime()).toBe(NOW)
    expect(read.validToDate.getUTCFullYear()).toBe(2036)
    expect(BigInt(`0x${read.serialNumber}`) > 0n && read.serialNumber.length <= 40).toBe(true)
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(key).toContain('BEGIN PRIVATE KEY')
  })

  it('serves TLS to who trusts it, for its name', async () => {
    const tls = createTlsKeys('127.0.0.1', Date.now() - 1_000, systemRandom)
    const server = createServer(tls, (_, response) => response.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const get = (ca: string) =>
      new Promise<string>((resolve, reject) => {
        request({ host: '127.0.0.1', port, ca }, (response) => {
          response.setEncoding('utf8').on('data', resolve)
        })
          .on('error', reject)
          .end()
      })
    expect(await get(tls.cert)).toBe('hello')
    const other = createTlsKeys('127.0.0.1', Date.now(), systemRandom)
    await expect(get(other.cert)).rejects.toThrow()
    server.close()
  })
})

it('the settings take a loopback by address only, never by a name that points there', () => {
  const base = {
    ...loopback,
    ...{ masterKey: { file: 'master.key' }, store: { path: 'node.db' } },
  }
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    expect(parseConfig({ ...base, listen: { host, port: 1 } }).listen.host).toBe(host)
  }
  for (const host of ['0.0.0.0', '::', 'loopback.example', '127.0.0.1.example', '10.0.0.1']) {
    expect(() => parseConfig({ ...base, listen: { host, port: 1 } })).toThrow('BAD_CONFIG')
  }
})
