/**
 * Sources: the examples of the SWIFT IBAN registry (test/vectors/identifiers); ISO 7064 for the
 * check digits; the print format of ISO 13616-1; ECBS EBS204 for GB82 WEST, its worked example.
 */

import { readFileSync } from 'node:fs'
import { canonicalize } from '@drempel/protocol/identifiers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accepts, errorOf, rejects } from './cases.ts'

const registry = JSON.parse(
  readFileSync(new URL('../../vectors/identifiers/iban-registry.json', import.meta.url), 'utf8'),
) as { examples: Record<string, string>; territoryOf: Record<string, string> }

// By big integers, so that the check does not share the code under test.
function withCheckDigits(country: string, bban: string): string {
  const digits = [...`${bban}${country}00`].map((c) => Number.parseInt(c, 36)).join('')
  return `${country}${String(98n - (BigInt(digits) % 97n)).padStart(2, '0')}${bban}`
}

const territories = Object.entries(registry.territoryOf).map(
  ([code, parent]) => [code, withCheckDigits(code, registry.examples[parent]!.slice(4))] as const,
)
const countries = [...Object.entries(registry.examples), ...territories]

describe('an IBAN of every country', () => {
  it('has 89 entries and 13 territories', () => {
    expect(Object.keys(registry.examples)).toHaveLength(89)
    expect(territories).toHaveLength(13)
  })

  it.each(countries)('%s in electronic and in print format', (_, iban) => {
    const printed = iban.replace(/.{4}(?=.)/g, '$& ')
    expect(canonicalize('iban', iban)).toBe(iban)
    expect(canonicalize('iban', printed)).toBe(iban)
    expect(canonicalize('iban', printed.toLowerCase())).toBe(iban)
  })

  it.each(countries)('%s: every broken twin has its code', (_, iban) => {
    const last = iban.at(-1)!
    // Same class, other value: the structure holds, the checksum does not.
    const other = /[0-9]/.test(last) ? (Number(last) + 1) % 10 : last === 'A' ? 'B' : 'A'
    expect(errorOf('iban', iban.slice(0, -1) + other).code).toBe('IBAN_CHECKSUM')
    expect(errorOf('iban', iban.slice(0, -1)).code).toBe('IBAN_LENGTH')
    expect(errorOf('iban', `${iban}0`).code).toBe('IBAN_LENGTH')
    expect(errorOf('iban', `${iban.slice(0, 2)}A${iban.slice(3)}`).code).toBe('IBAN_STRUCTURE')
    expect(errorOf('iban', `XX${iban.slice(2)}`).code).toBe('IBAN_COUNTRY')
    expect(errorOf('iban', `${iban.slice(0, -1)}_`).code).toBe('IBAN_CHARACTER')
  })

  // A digit and a letter can: 1B and B1 both stand for 111 in mod 97-10, as the Romanian example has.
  it.each(countries)(
    '%s: no two digits or two letters side by side can change places',
    (_, iban) => {
      for (let i = 4; i + 1 < iban.length; i++) {
        const [a, b] = [iban[i]!, iban[i + 1]!]
        if (a === b || /[0-9]/.test(a) !== /[0-9]/.test(b)) continue
        const swapped = iban.slice(0, i) + b + a + iban.slice(i + 2)
        expect(['IBAN_CHECKSUM', 'IBAN_STRUCTURE']).toContain(errorOf('iban', swapped).code)
      }
    },
  )
})

describe('spellings', () => {
  accepts('iban', [
    ['GB82 WEST 1234 5698 7654 32', 'GB82WEST12345698765432'],
    ['gb82west12345698765432', 'GB82WEST12345698765432'],
    ['NL91 ABNA 0417 1643 00', 'NL91ABNA0417164300'],
    ['NL91\u00a0ABNA\u00a00417\u00a01643\u00a000', 'NL91ABNA0417164300'],
    ['NL91\u202fABNA\u202f0417\u202f1643\u202f00', 'NL91ABNA0417164300'],
    [' NL91ABNA0417164300 ', 'NL91ABNA0417164300'],
    ['nl91 abna 0417 1643 00', 'NL91ABNA0417164300'],
    ['N L 9 1 A B N A 0 4 1 7 1 6 4 3 0 0', 'NL91ABNA0417164300'],
    // Brazil's and Honduras's other examples, and a QR-IBAN (Swiss implementation guidelines).
    ['BR1800360305000010009795493C1', 'BR1800360305000010009795493C1'],
    ['HN54PISA00000000000000123124', 'HN54PISA00000000000000123124'],
    ['CH44 3199 9123 0008 8901 2', 'CH4431999123000889012'],
    // National check digits that a national rule would refuse: ISO 13616 does not ask for them.
    [withCheckDigits('BE', '539007547035'), withCheckDigits('BE', '539007547035')],
    [withCheckDigits('NL', 'ABNA0417164301'), withCheckDigits('NL', 'ABNA0417164301')],
  ])

  rejects('iban', [
    ['', 'IBAN_COUNTRY'],
    ['   ', 'IBAN_COUNTRY'],
    ['NL', 'IBAN_LENGTH'],
    ['NL91ABNA041716430', 'IBAN_LENGTH'],
    ['NL91ABNA04171643000', 'IBAN_LENGTH'],
    ['NL92ABNA0417164300', 'IBAN_CHECKSUM'],
    ['NL91ABNA0517164300', 'IBAN_CHECKSUM'],
    ['NL19ABNA0417164300', 'IBAN_CHECKSUM'],
    ['NL91AB1A0417164300', 'IBAN_STRUCTURE'],
    ['NL91ABNAO417164300', 'IBAN_STRUCTURE'],
    ['NLO1ABNA0417164300', 'IBAN_STRUCTURE'],
    ['NL91-ABNA-0417-1643-00', 'IBAN_CHARACTER'],
    ['NL91.ABNA.0417.1643.00', 'IBAN_CHARACTER'],
    ['NL91\tABNA0417164300', 'IBAN_CHARACTER'],
    ['NL91ABNA0417164300\n', 'IBAN_CHARACTER'],
    ['NL91ABNA0417164300;', 'IBAN_CHARACTER'],
    ['IBAN NL91 ABNA 0417 1643 00', 'IBAN_COUNTRY'],
    ['IBAN: NL91 ABNA 0417 1643 00', 'IBAN_CHARACTER'],
    ['\ufeffNL91ABNA0417164300', 'IBAN_CHARACTER'],
    ['\u200bNL91ABNA0417164300', 'IBAN_CHARACTER'],
    // Letters that upper-casing turns into ASCII, and digits of other scripts.
    ['L\u0131210881000023240', 'IBAN_CHARACTER'],
    ['NL91ABNA041716430\u0660', 'IBAN_CHARACTER'],
    ['\uff2e\uff2c91ABNA0417164300', 'IBAN_CHARACTER'],
    ['NL91\u0410BNA0417164300', 'IBAN_CHARACTER'],
    // A domestic account number, a BIC, a card number.
    ['0417164300', 'IBAN_COUNTRY'],
    ['ABNANL2A', 'IBAN_COUNTRY'],
    ['4111111111111111', 'IBAN_COUNTRY'],
    // No entry in the registry: United States; Guernsey writes GB; Angola is not registered.
    [withCheckDigits('US', '123456789012345678'), 'IBAN_COUNTRY'],
    [withCheckDigits('GG', 'NWBK60161331926819'), 'IBAN_COUNTRY'],
    [withCheckDigits('AO', '004400006729503010102'), 'IBAN_COUNTRY'],
    [withCheckDigits('AA', '0011123Z5678'), 'IBAN_COUNTRY'],
    ['NL91ABNA0417164300'.repeat(1000), 'IBAN_LENGTH'],
  ])
})

describe('check digits', () => {
  // ISO 7064 yields 02 to 98. Mod 97 alone would take 00, 01 and 99 for 97, 98 and 02.
  it.each([
    ['97', '00'],
    ['98', '01'],
    ['02', '99'],
  ])('%s cannot be written as %s', (issued, alias) => {
    const iban = Array.from({ length: 2000 }, (_, i) =>
      withCheckDigits('NL', `ABNA${String(i).padStart(10, '0')}`),
    ).find((candidate) => candidate.slice(2, 4) === issued)!
    const twin = iban.slice(0, 2) + alias + iban.slice(4)
    const digits = [...twin.slice(4), ...twin.slice(0, 4)].map((c) => Number.parseInt(c, 36))
    expect(BigInt(digits.join('')) % 97n).toBe(1n)
    expect(canonicalize('iban', iban)).toBe(iban)
    expect(errorOf('iban', twin).code).toBe('IBAN_CHECKSUM')
  })

  it('are the only ones that fit an account', () => {
    const account = fc.stringMatching(/^[A-Z]{4}[0-9]{10}$/)
    fc.assert(
      fc.property(account, fc.integer({ min: 0, max: 99 }), (bban, check) => {
        const iban = `NL${String(check).padStart(2, '0')}${bban}`
        if (iban === withCheckDigits('NL', bban)) expect(canonicalize('iban', iban)).toBe(iban)
        else expect(errorOf('iban', iban).code).toBe('IBAN_CHECKSUM')
      }),
    )
  })
})
