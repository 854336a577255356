import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fromUtf8, isProtocolError } from '@drempel/protocol/encoding'
import {
  canonicalize,
  formVersions,
  IBANTOOLS_VERSION,
  IDENTIFIER_KINDS,
  LIBPHONENUMBER_VERSION,
  oprfInput,
  TLDTS_VERSION,
  unicodeDigest,
} from '@drempel/protocol/identifiers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('every kind', () => {
  it.each(IDENTIFIER_KINDS)('%s: any string is its own form or a ProtocolError', (kind) => {
    const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(anything, fc.constantFrom(undefined, 'NL', 'US'), (raw, defaultRegion) => {
        const options = defaultRegion === undefined ? {} : { defaultRegion }
        try {
          const form = canonicalize(kind, raw, options)
          expect(canonicalize(kind, form)).toBe(form)
        } catch (error) {
          if (!isProtocolError(error)) throw error
          expect(error.code).toMatch(
            kind === 'domain' ? /^(HOST|DOMAIN)_/ : `${kind.toUpperCase()}_`,
          )
        }
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['iban', 'NL91ABNA0417164301'],
    ['phone', '+3161234567'],
    ['device', '490154203237519'],
    ['host', 'secret-name.example/path'],
    ['domain', 'blogspot.co.uk:8080'],
    ['email', 'secret.name@secret-host'],
  ] as const)('%s: no error holds four characters in a row of the value', (kind, raw) => {
    try {
      canonicalize(kind, raw)
      expect.unreachable()
    } catch (error) {
      if (!isProtocolError(error)) throw error
      const text = `${error.message} ${error.at} ${error.hint} ${error.culprit}`.toLowerCase()
      for (let i = 0; i + 4 <= raw.length; i++) {
        const piece = raw.slice(i, i + 4).toLowerCase()
        // Words of the explanation itself: name, host, path.
        if (!'name host path'.includes(piece)) expect(text).not.toContain(piece)
      }
    }
  })
})

describe('OPRF input', () => {
  it('is the kind and the canonical form, and tells kinds apart', () => {
    expect(fromUtf8(oprfInput('iban', 'NL91ABNA0417164300'))).toBe(
      'drempel/v1/iban:NL91ABNA0417164300',
    )
    const inputs = IDENTIFIER_KINDS.map((kind) => fromUtf8(oprfInput(kind, 'example.com')))
    expect(new Set(inputs).size).toBe(IDENTIFIER_KINDS.length)
    for (const kind of IDENTIFIER_KINDS) expect(kind).not.toContain(':')
  })
})

describe('versions of what the forms depend on', () => {
  const manifest = new URL('../../../packages/protocol/package.json', import.meta.url)
  const pinned = (
    JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: Record<string, string> }
  ).dependencies

  it.each([
    ['tldts', TLDTS_VERSION],
    ['libphonenumber-js', LIBPHONENUMBER_VERSION],
    ['ibantools', IBANTOOLS_VERSION],
  ])('%s is the pinned one and the installed one', (name, version) => {
    expect(pinned[name]).toBe(version)
    expect(installedVersion(createRequire(manifest).resolve(name), name)).toBe(version)
  })

  it('name every one of them', () => {
    expect(formVersions()).toEqual({
      publicSuffixList: `tldts-${TLDTS_VERSION}`,
      phoneMetadata: `libphonenumber-js-${LIBPHONENUMBER_VERSION}-max`,
      ibanRegistry: expect.stringMatching(`^ibantools-${IBANTOOLS_VERSION}-[0-9a-f]{16}$`),
      unicode: expect.stringMatching(/^uts46-probe-[0-9a-f]{16}$/),
    })
    expect(formVersions().unicode).toBe(`uts46-probe-${unicodeDigest()}`)
  })

  it('change when the URL parser answers one name of the probe in another way', () => {
    const asked: string[] = []
    const parse = (name: string) => {
      asked.push(name)
      try {
        return new URL(`https://${name}/`).hostname
      } catch {
        return ''
      }
    }
    const whole = unicodeDigest(parse)
    const names = [...asked]
    expect(whole).toBe(unicodeDigest())
    expect(new Set(names).size).toBe(names.length)
    const digests = names.map((odd) =>
      unicodeDigest((name) => (name === odd ? `${parse(name)}?` : parse(name))),
    )
    expect(new Set([whole, ...digests]).size).toBe(names.length + 1)
  })

  it('probe names that the runtime accepts and names that it rejects', () => {
    const answers: boolean[] = []
    unicodeDigest((name) => {
      answers.push(URL.canParse(`https://${name}/`))
      return ''
    })
    expect(answers.filter(Boolean).length).toBeGreaterThan(40)
    expect(answers.filter((answer) => !answer).length).toBeGreaterThan(20)
  })
})

function installedVersion(entry: string, name: string): string {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string
        version: string
      }
      if (found.name === name) return found.version
    } catch {}
  }
  throw new Error(`${name} has no package.json`)
}
