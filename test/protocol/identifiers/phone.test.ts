/**
 * Sources: ITU-T E.164 (15 digits, country codes) and E.123 (notation); the numbers of Google
 * libphonenumber's PhoneNumberUtilTest (parse tests, Apache-2.0) where today's plan assigns them;
 * Ofcom's numbers for drama use (020 7946 0xxx); NANPA's 555-01xx and 650 253 0000; the Dutch
 * numbering plan (ACM: 06, 085, 088, 097, 0800, 0900, 14 xxx); libphonenumber-js's example number
 * of every region.
 */

import { createRequire } from 'node:module'
import { canonicalize } from '@drempel/protocol/identifiers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accepts, rejects } from './cases.ts'

const NL = { defaultRegion: 'NL' }

describe('the Dutch plan', () => {
  accepts('phone', [
    ['0612345678', '+31612345678', NL],
    ['06-12345678', '+31612345678', NL],
    ['06 12 34 56 78', '+31612345678', NL],
    ['06.1234.5678', '+31612345678', NL],
    ['06\u00a012345678', '+31612345678', NL],
    ['06\u201112345678', '+31612345678', NL],
    ['+31612345678', '+31612345678'],
    ['+31 6 12345678', '+31612345678'],
    ['+31 (0)6 12345678', '+31612345678'],
    ['+31 06 12345678', '+31612345678'],
    ['(+31) 6 12345678', '+31612345678'],
    ['0031612345678', '+31612345678', NL],
    ['0031 (0)6 12345678', '+31612345678', NL],
    ['31612345678', '+31612345678', NL],
    ['612345678', '+31612345678', NL],
    ['(020) 794 60 01', '+31207946001', NL],
    ['020/7946001', '+31207946001', NL],
    ['085 888 8888', '+31858888888', NL],
    ['088-0123456', '+31880123456', NL],
    ['097 012345678', '+3197012345678', NL],
    ['0800-1202', '+318001202', NL],
    ['0900-8844', '+319008844', NL],
    ['14 020', '+3114020', NL],
  ])

  rejects('phone', [
    // Short numbers: emergency, police hotline prefix, carrier information.
    ['112', 'PHONE_LENGTH', NL],
    ['144', 'PHONE_LENGTH', NL],
    ['1888', 'PHONE_LENGTH', NL],
    ['+31112', 'PHONE_LENGTH'],
    // One digit short, one too many, twelve too many.
    ['061234567', 'PHONE_INVALID', NL],
    ['06123456789', 'PHONE_INVALID', NL],
    ['+31612345678901234567', 'PHONE_LENGTH'],
    ['140201', 'PHONE_INVALID', NL],
    ['0676 123456', 'PHONE_INVALID', NL],
    ['0612345678', 'PHONE_REGION'],
    ['0031612345678', 'PHONE_REGION'],
    ['0612345678', 'PHONE_REGION', { defaultRegion: 'XX' }],
    ['0612345678', 'PHONE_REGION', { defaultRegion: 'nl' }],
    ['+31612345678', 'PHONE_REGION', { defaultRegion: 'toString' }],
    ['0612345678 / 0687654321', 'PHONE_LENGTH', NL],
    ['0612345678 of 0687654321', 'PHONE_CHARACTER', NL],
    ['020 7946001 toestel 12', 'PHONE_EXTENSION', NL],
    ['020 7946001 tst. 12', 'PHONE_EXTENSION', NL],
  ])
})

describe('other plans', () => {
  accepts('phone', [
    // New Zealand, PhoneNumberUtilTest.testParseNationalNumber.
    ['033316005', '+6433316005', { defaultRegion: 'NZ' }],
    ['33316005', '+6433316005', { defaultRegion: 'NZ' }],
    ['03-331 6005', '+6433316005', { defaultRegion: 'NZ' }],
    ['0064 3 331 6005', '+6433316005', { defaultRegion: 'NZ' }],
    ['01164 3 331 6005', '+6433316005', { defaultRegion: 'US' }],
    ['+64 3 331 6005', '+6433316005'],
    ['64 3 331 6005', '+6433316005', { defaultRegion: 'NZ' }],
    // North America: trunk 1, shared by 25 countries.
    ['(650) 253-0000', '+16502530000', { defaultRegion: 'US' }],
    ['1 650 253 0000', '+16502530000', { defaultRegion: 'US' }],
    ['+1 (650) 253-0000', '+16502530000'],
    ['+1 242 357 0000', '+12423570000'],
    ['1-800-555-1234', '+18005551234', { defaultRegion: 'CA' }],
    // Italy keeps its leading zero after the country code, also in brackets.
    ['06 1234 5678', '+390612345678', { defaultRegion: 'IT' }],
    ['+39 06 1234 5678', '+390612345678'],
    ['+39 (0)6 1234 5678', '+390612345678'],
    // Argentina: 15 after the area code becomes 9 before it (testParseNumbersArgentina).
    ['011 15 2345 6789', '+5491123456789', { defaultRegion: 'AR' }],
    ['+54 9 11 2345 6789', '+5491123456789'],
    // Trunk prefixes other than 0: Russia 8, Hungary 06; Brazil with a carrier code.
    ['8 (800) 555-35-35', '+78005553535', { defaultRegion: 'RU' }],
    ['+36 (06) 1 234 5678', '+3612345678'],
    ['0 41 41 98888-7777', '+5541988887777', { defaultRegion: 'BR' }],
    // Ofcom drama numbers.
    ['020 7946 0018', '+442079460018', { defaultRegion: 'GB' }],
    ['+44 (0)20 7946 0018', '+442079460018'],
    ['00 44 20 7946 0018', '+442079460018', NL],
    // Country codes that are no country: international freephone, premium rate.
    ['+800 1234 5678', '+80012345678'],
    ['+979 123 456 789', '+979123456789'],
    ['+49 (0) 30 123456', '+4930123456'],
    ['+262 692 12 34 56', '+262692123456'],
  ])

  rejects('phone', [
    ['', 'PHONE_LENGTH'],
    ['+', 'PHONE_LENGTH'],
    ['()', 'PHONE_LENGTH'],
    ['+999 123 456 789', 'PHONE_COUNTRY'],
    ['+0 612345678', 'PHONE_COUNTRY'],
    ['+39 612345678', 'PHONE_INVALID'],
    // Mexico dropped the 1 of mobile numbers; E.123's own example is not an assigned number.
    ['+52 1 55 1234 5678', 'PHONE_LENGTH'],
    ['+22 607 123 4567', 'PHONE_LENGTH'],
    ['++31612345678', 'PHONE_CHARACTER'],
    ['+31+612345678', 'PHONE_CHARACTER'],
    ['31612345678+', 'PHONE_CHARACTER', NL],
    ['tel:+31612345678', 'PHONE_CHARACTER'],
    ['1-800-FLOWERS', 'PHONE_CHARACTER', { defaultRegion: 'US' }],
    ['+1 650-253-0000 x123', 'PHONE_EXTENSION'],
    ['+1 650-253-0000 ext. 123', 'PHONE_EXTENSION'],
    ['+1 650-253-0000;ext=123', 'PHONE_EXTENSION'],
    ['+1 650-253-0000,123#', 'PHONE_EXTENSION'],
    ['+1 650-253-0000#123', 'PHONE_EXTENSION'],
    // Full width, Arabic-Indic digits, invisible marks that address books put around numbers.
    ['\uff0b31612345678', 'PHONE_CHARACTER'],
    ['+3161234567\uff18', 'PHONE_CHARACTER'],
    ['+3161234567\u0668', 'PHONE_CHARACTER'],
    ['\u202a+31612345678\u202c', 'PHONE_CHARACTER'],
    ['+31612345678\u200e', 'PHONE_CHARACTER'],
    ['+31612345678\n', 'PHONE_CHARACTER'],
    ['*#06#', 'PHONE_CHARACTER', NL],
    ['anonymous', 'PHONE_CHARACTER'],
    ['1'.repeat(100_000), 'PHONE_LENGTH', NL],
    // Would take a careless pattern for extensions minutes.
    [`1ext${' '.repeat(200_000)}z`, 'PHONE_LENGTH', NL],
  ])
})

describe('the example number of every region', () => {
  const requireFromProtocol = createRequire(
    new URL('../../../packages/protocol/package.json', import.meta.url),
  )
  const examples = requireFromProtocol('libphonenumber-js/examples.mobile.json') as Record<
    string,
    string
  >
  const { getCountryCallingCode } = requireFromProtocol('libphonenumber-js/max') as {
    getCountryCallingCode(region: string): string
  }

  it('has one form, in national and international writing', () => {
    expect(Object.keys(examples).length).toBeGreaterThan(200)
    for (const [region, national] of Object.entries(examples)) {
      const canonical = `+${getCountryCallingCode(region)}${national}`
      expect(canonicalize('phone', national, { defaultRegion: region })).toBe(canonical)
      expect(canonicalize('phone', canonical)).toBe(canonical)
      // A canonical form does not depend on who reads it.
      expect(canonicalize('phone', canonical, NL)).toBe(canonical)
    }
  })

  it('is idempotent on whatever is accepted', () => {
    const region = fc.constantFrom(...Object.keys(examples))
    const dialled = fc.stringMatching(/^\+?[0-9]{5,14}$/)
    fc.assert(
      fc.property(dialled, region, fc.boolean(), (digits, defaultRegion, near) => {
        const raw = near ? `${examples[defaultRegion]!.slice(0, -3)}${digits.slice(-3)}` : digits
        let canonical: string
        try {
          canonical = canonicalize('phone', raw, { defaultRegion })
        } catch {
          return
        }
        expect(canonical).toMatch(/^\+[1-9][0-9]{4,14}$/)
        expect(canonicalize('phone', canonical)).toBe(canonical)
      }),
      { numRuns: 1000 },
    )
  })
})
