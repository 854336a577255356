/**
 * A node's home: a folder of mode 0700 with the node's settings and keys.
 *
 *   config.yaml   settings                      member.json   what others may know, for the convenant
 *   signing.key   Ed25519 seed, sealed          tls.key/.crt  TLS key, sealed, and its certificate
 *   master.key    unless it comes from elsewhere  periods/    keys of the log's periods,
 *                                                             and which logs there are
 *   token         the first administrator's bearer token   node.db  the store
 */

import { readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type Bytes,
  base64,
  base64url,
  fromUtf8,
  hex,
  type RandomBytes,
  type Signer,
  signerFromSeed,
  utf8,
} from '@drempel/protocol/encoding'
import { parse, stringify } from 'yaml'
import { createTlsKeys, tlsPin } from './certificate.ts'
import { fail } from './errors.ts'
import { checkPrivate, makeFolder, makeParents, syncFolder, writeNew } from './files.ts'
import { openKnownLogs } from './knownlogs.ts'
import { readMasterKey } from './masterkey.ts'
import { openPeriodKeys } from './periodkeys.ts'
import { openPurposeKeys, withPurposes } from './purposekeys.ts'
import { systemRandom } from './random.ts'
import { type NodeConfig, parseConfig } from './schema.ts'
import { decodeSealedFile, encodeSealedFile } from './sealedfile.ts'
import type { Home, HomePaths, MemberDescriptor } from './types.ts'
import { createVault } from './vault.ts'

/** What an operator chooses; what is left out has a safe default. */
export type InitOptions = Pick<NodeConfig, 'member' | 'listen' | 'publicUrl'> & {
  readonly transport?: NodeConfig['transport']
  readonly masterKey?: NodeConfig['masterKey']
  readonly store?: NodeConfig['store']
}

/**
 * Sets up a new node: keys, certificate, settings, and a token for its first administrator.
 * The home appears whole or not at all.
 * @returns what the other members need for the convenant
 * @throws ProtocolError `HOME_NOT_EMPTY`, `BAD_CONFIG`, `MASTER_KEY_UNAVAILABLE`, `BAD_MASTER_KEY`
 */
export async function initHome(
  dir: string,
  options: InitOptions,
  random: RandomBytes,
  now: number,
): Promise<MemberDescriptor> {
  const home = resolve(dir)
  const config = parseConfig({
    member: options.member,
    listen: options.listen,
    transport: options.transport ?? 'tls',
    publicUrl: options.publicUrl,
    masterKey: options.masterKey ?? { file: 'master.key' },
    store: options.store ?? { path: 'node.db' },
  })
  await refuseOccupied(home)
  await makeParents(dirname(home))
  const draft = join(dirname(home), `.${basename(home)}.${hex(random(6))}.new`)
  await makeFolder(draft)
  try {
    const member = await fill(draft, config, random, now)
    // A rename replaces no folder that has come to hold something since.
    await rmdir(home).catch(() => undefined)
    await rename(draft, home).catch(() => fail('HOME_NOT_EMPTY'))
    await syncFolder(dirname(home))
    return member
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}

/**
 * Reads a home; changes nothing.
 * @throws ProtocolError `HOME_MISSING`, `HOME_UNSAFE`, `BAD_CONFIG`, `MASTER_KEY_UNAVAILABLE`,
 * `BAD_MASTER_KEY`, `WRONG_MASTER_KEY`, `SEALED_DAMAGED`
 */
export async function openHome(dir: string, random: RandomBytes = systemRandom): Promise<Home> {
  const home = resolve(dir)
  await checkPrivate(home, 'HOME_MISSING')
  const config = readConfig(await content(pathsOf(home, 'node.db').config))
  const paths = pathsOf(home, config.store.path)
  const masterKey = await readMasterKey(config.masterKey, home)
  const vault = createVault(masterKey)
  const unseal = async (path: string) => {
    await checkPrivate(path, 'HOME_MISSING')
    return decodeSealedFile(vault, basename(path), await content(path))
  }
  const signer = signerFromSeed(await unseal(paths.signingKey))
  const tls =
    config.transport === 'tls'
      ? { key: fromUtf8(await unseal(paths.tlsKey)), cert: await content(paths.tlsCertificate) }
      : undefined
  const purposeKeys = openPurposeKeys(paths.periods, random)
  return {
    config,
    member: describe(config, signer, tls?.cert),
    signer,
    ...(tls === undefined ? {} : { tls }),
    masterKey,
    periodKeys: withPurposes(openPeriodKeys(paths.periods, random), purposeKeys),
    purposeKeys,
    knownLogs: await openKnownLogs(paths.periods, vault, random),
    paths,
  }
}

/** Where things lie in a home; `store` may be absolute. */
export function pathsOf(home: string, store: string): HomePaths {
  const file = (name: string) => join(home, name)
  return {
    home,
    config: file('config.yaml'),
    member: file('member.json'),
    token: file('token'),
    masterKey: file('master.key'),
    signingKey: file('signing.key'),
    tlsKey: file('tls.key'),
    tlsCertificate: file('tls.crt'),
    periods: file('periods'),
    store: resolve(home, store),
  }
}

async function fill(
  home: string,
  config: NodeConfig,
  random: RandomBytes,
  now: number,
): Promise<MemberDescriptor> {
  const paths = pathsOf(home, config.store.path)
  if ('file' in config.masterKey && config.masterKey.file === basename(paths.masterKey)) {
    await writeNew(paths.masterKey, `${base64(random(32))}\n`)
  }
  const vault = createVault(await readMasterKey(config.masterKey, home))
  const seal = (path: string, secret: Bytes) =>
    writeNew(path, encodeSealedFile(vault, basename(path), secret, random))

  const seed = random(32)
  const signer = signerFromSeed(seed)
  await seal(paths.signingKey, seed)
  let certificate: string | undefined
  if (config.transport === 'tls') {
    const { key, cert } = createTlsKeys(hostOf(config.publicUrl), now, random)
    await seal(paths.tlsKey, utf8(key))
    await writeNew(paths.tlsCertificate, cert)
    certificate = cert
  }
  await makeFolder(paths.periods)
  // A home inside a checkout must not be added to it by accident.
  await writeNew(join(home, '.gitignore'), '*\n')
  await writeNew(paths.token, `drm_${hex(random(6))}_${base64url(random(32))}\n`)
  await writeNew(paths.config, stringify(config))
  const member = describe(config, signer, certificate)
  await writeNew(paths.member, `${JSON.stringify(member, null, 2)}\n`)
  return member
}

function describe(config: NodeConfig, signer: Signer, cert: string | undefined): MemberDescriptor {
  const { id, name, sector, contact, fg } = config.member
  return {
    ...{ id, name, sector },
    url: config.publicUrl,
    signingKey: base64url(signer.publicKey),
    tlsPin: cert === undefined ? null : tlsPin(cert),
    ...{ contact, fg },
  }
}

async function refuseOccupied(home: string): Promise<void> {
  let names: readonly string[]
  try {
    names = await readdir(home)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return
    return fail('HOME_NOT_EMPTY', { hint: 'choose a folder that does not exist or is empty' })
  }
  if (names.length > 0) {
    fail('HOME_NOT_EMPTY', { hint: 'choose a folder that does not exist or is empty' })
  }
}

function readConfig(text: string): NodeConfig {
  let value: unknown
  try {
    value = parse(text)
  } catch {
    return fail('BAD_CONFIG', { at: 'config.yaml', hint: 'it is no YAML' })
  }
  return parseConfig(value)
}

async function content(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return fail('HOME_MISSING', { at: basename(path), hint: 'set the node up first' })
  }
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}
