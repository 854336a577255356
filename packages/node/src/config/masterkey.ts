/** Where the master key comes from: 32 random bytes in base64, never in config.yaml itself. */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type Bytes, fromBase64 } from '@drempel/protocol/encoding'
import { fail } from './errors.ts'
import { checkPrivate } from './files.ts'
import type { MasterKeySource } from './schema.ts'

/**
 * @param home a relative file counts from here
 * @throws ProtocolError `MASTER_KEY_UNAVAILABLE`, `BAD_MASTER_KEY`, `HOME_UNSAFE`
 */
export async function readMasterKey(
  source: MasterKeySource,
  home: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Bytes> {
  const text = await read(source, home, environment)
  let key: Bytes
  try {
    key = fromBase64(text.trim())
  } catch {
    return fail('BAD_MASTER_KEY', { hint: 'write 32 random bytes in base64' })
  }
  if (key.length !== 32) fail('BAD_MASTER_KEY', { hint: 'write 32 random bytes in base64' })
  return key
}

async function read(
  source: MasterKeySource,
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if ('env' in source) {
    const told = { at: `$${source.env}`, hint: `set the environment variable ${source.env}` }
    return environment[source.env] ?? fail('MASTER_KEY_UNAVAILABLE', told)
  }
  if ('file' in source) {
    const path = resolve(home, source.file)
    await checkPrivate(path, 'MASTER_KEY_UNAVAILABLE')
    return readFile(path, 'utf8').catch(() =>
      fail('MASTER_KEY_UNAVAILABLE', { at: basename(path), hint: 'the file can not be read' }),
    )
  }
  return output(source.command)
}

/** No shell; what the command writes to stderr goes nowhere, since it may quote secrets. */
function output(command: readonly string[]): Promise<string> {
  const [file, ...args] = command
  return new Promise((resolvePromise, reject) => {
    execFile(file!, args, { timeout: 30_000, maxBuffer: 4096 }, (error, stdout) => {
      if (error === null) return resolvePromise(stdout)
      try {
        fail('MASTER_KEY_UNAVAILABLE', { at: file!, hint: 'the command of masterKey failed' })
      } catch (refusal) {
        reject(refusal)
      }
    })
  })
}
