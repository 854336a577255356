/**
 * Looks for secrets in bytes, in the forms in which software lets them slip: plain, in hexadecimal,
 * in base64 at any alignment, and as SHA-256 in bytes, hexadecimal or base64.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Finding = { readonly secret: string; readonly form: string; readonly at: number }

type Pattern = { readonly secret: string; readonly form: string; readonly bytes: Buffer }

/** Patterns are found by their first bytes, as one number. */
const HEAD = 6

export class Scanner {
  readonly #byHead = new Map<number, Pattern[]>()

  /** @param secrets of at least ten characters; shorter ones would be found by accident */
  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) {
      if (secret.length < 10) throw new Error('too short to look for')
      for (const [form, bytes] of formsOf(secret)) {
        const head = bytes.readUIntBE(0, HEAD)
        const known = this.#byHead.get(head)
        if (known === undefined) this.#byHead.set(head, [{ secret, form, bytes }])
        else known.push({ secret, form, bytes })
      }
    }
  }

  scan(data: Uint8Array | string): Finding[] {
    const bytes =
      typeof data === 'string'
        ? Buffer.from(data)
        : Buffer.from(data.buffer, data.byteOffset, data.length)
    const findings: Finding[] = []
    for (let at = 0; at + HEAD <= bytes.length; at++) {
      const candidates = this.#byHead.get(bytes.readUIntBE(at, HEAD))
      if (candidates === undefined) continue
      for (const { secret, form, bytes: pattern } of candidates) {
        if (pattern.equals(bytes.subarray(at, at + pattern.length))) {
          findings.push({ secret, form, at })
        }
      }
    }
    return findings
  }

  /** Every file of a folder and of the folders in it. */
  scanFolder(folder: string): { files: string[]; findings: (Finding & { file: string })[] } {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    const findings = files.flatMap((file) =>
      this.scan(readFileSync(file)).map((finding) => ({ ...finding, file })),
    )
    return { files, findings }
  }
}

/** What a secret looks like; hashes also of what the OPRF takes as its input. */
export function formsOf(secret: string): [form: string, bytes: Buffer][] {
  const plain = Buffer.from(secret)
  const forms: [string, Buffer][] = [
    ['plain', plain],
    ['plain, upper case', Buffer.from(secret.toUpperCase())],
    ['UTF-16', Buffer.from(secret, 'utf16le')],
    ['hex', Buffer.from(plain.toString('hex'))],
    ['hex, upper case', Buffer.from(plain.toString('hex').toUpperCase())],
    ...[0, 1, 2].map((shift): [string, Buffer] => [
      `base64, shifted ${shift}`,
      insideBase64(plain, shift),
    ]),
  ]
  for (const [of, text] of [
    ['it', secret],
    ['the OPRF input', `drempel/v1/host:${secret}`],
  ] as const) {
    const hash = createHash('sha256').update(text).digest()
    forms.push([`SHA-256 of ${of}`, hash])
    forms.push([`SHA-256 of ${of}, hex`, Buffer.from(hash.toString('hex'))])
    forms.push([
      `SHA-256 of ${of}, hex, upper case`,
      Buffer.from(hash.toString('hex').toUpperCase()),
    ])
    // 42 of its 43 digits: whatever comes after it, and both alphabets.
    forms.push([`SHA-256 of ${of}, base64`, Buffer.from(hash.toString('base64').slice(0, 42))])
    forms.push([
      `SHA-256 of ${of}, base64url`,
      Buffer.from(hash.toString('base64url').slice(0, 42)),
    ])
  }
  // Forms that coincide, as base64 and base64url mostly do, are one.
  return [
    ...new Map(forms.map(([form, bytes]) => [bytes.toString('latin1'), [form, bytes]])).values(),
  ] as [string, Buffer][]
}

/** The digits of base64 that do not depend on what stands before and after. */
function insideBase64(bytes: Buffer, shift: number): Buffer {
  const padded = Buffer.concat([Buffer.alloc(shift), bytes])
  const whole = padded.subarray(0, padded.length - (padded.length % 3))
  const digits = whole.toString('base64')
  return Buffer.from(digits.slice(shift === 0 ? 0 : 4))
}
