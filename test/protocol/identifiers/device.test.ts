/**
 * Sources: 3GPP TS 23.003 section 6.2 and annex B.3 (26053179 311383, check digit 7); the IMEIs of
 * the Wikipedia article on the subject (49-015420-323751-8, 35-209900-176148-1 with IMEISV
 * ...-23); GSMA TS.06 (reporting body, 00 for test devices); RFC 9562 section 4 and appendices A
 * and B for UUIDs, section 5.9 and 5.10 for nil and max.
 */

import { canonicalize } from '@drempel/protocol/identifiers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accepts, errorOf, rejects } from './cases.ts'

describe('IMEI and IMEISV', () => {
  accepts('device', [
    ['26053179311383', '26053179311383'],
    ['260531793113837', '26053179311383'],
    ['2605317931138371', '26053179311383'],
    ['2605317931138399', '26053179311383'],
    ['490154203237518', '49015420323751'],
    ['49-015420-323751-8', '49015420323751'],
    ['49 015420 323751 8', '49015420323751'],
    ['49015420/323751/8', '49015420323751'],
    ['4901542032375184', '49015420323751'],
    ['49015420323751', '49015420323751'],
    ['35-209900-176148-1', '35209900176148'],
    ['35-209900-176148-23', '35209900176148'],
    ['352099001761481', '35209900176148'],
    ['35209900 176148 1', '35209900176148'],
    ['8900100402807052', '89001004028070'],
    ['3525360900003963', '35253609000039'],
    ['2901542032375105', '29015420323751'],
    // A check digit of 0 that is right; a leading 0 that belongs to the number.
    ['000000000000109', '00000000000010'],
    ['010203040506071', '01020304050607'],
    ['356938035643809', '35693803564380'],
  ])

  rejects('device', [
    ['', 'DEVICE_FORMAT'],
    ['4901542032375', 'DEVICE_FORMAT'],
    ['49015420323751842', 'DEVICE_FORMAT'],
    ['490154203237517', 'DEVICE_CHECK_DIGIT'],
    ['490154203237519', 'DEVICE_CHECK_DIGIT'],
    ['490154203237581', 'DEVICE_CHECK_DIGIT'],
    ['352099001761482', 'DEVICE_CHECK_DIGIT'],
    // Networks transmit a spare 0 in place of the check digit (TS 23.003, section 6.2.1).
    ['490154203237510', 'DEVICE_CHECK_DIGIT'],
    ['260531793113830', 'DEVICE_CHECK_DIGIT'],
    // All zeros pass Luhn and stand on thousands of cloned handsets.
    ['000000000000000', 'DEVICE_PLACEHOLDER'],
    ['00000000000000', 'DEVICE_PLACEHOLDER'],
    ['0000000000000001', 'DEVICE_PLACEHOLDER'],
    ['111111111111119', 'DEVICE_PLACEHOLDER'],
    // MEID in hexadecimal and decimal, ICCID, MAC address, serial number, IMEI with a label.
    ['A0000000002329', 'DEVICE_FORMAT'],
    ['293608736500703710', 'DEVICE_FORMAT'],
    ['8931440301234567890', 'DEVICE_FORMAT'],
    ['00:1b:63:84:45:e6', 'DEVICE_FORMAT'],
    ['C02XK0AAJG5H', 'DEVICE_FORMAT'],
    ['IMEI 490154203237518', 'DEVICE_FORMAT'],
    ['490154203237518,', 'DEVICE_FORMAT'],
    ['4.90154203237518e14', 'DEVICE_FORMAT'],
    ['-490154203237518', 'DEVICE_FORMAT'],
    ['49015420323751\u0668', 'DEVICE_FORMAT'],
    ['490154203237518\n', 'DEVICE_FORMAT'],
    [' 490154203237518', 'DEVICE_FORMAT'],
  ])

  it('gives one form to all software versions of a device, and the right check digit only', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9][0-8]9[0-9]{11}$/), (device) => {
        const accepted = Array.from('0123456789').filter((digit) => {
          try {
            return canonicalize('device', device + digit) === device
          } catch {
            return false
          }
        })
        expect(accepted).toHaveLength(1)
        for (const version of ['00', '07', '42', '98']) {
          expect(canonicalize('device', device + version)).toBe(device)
        }
        expect(canonicalize('device', device)).toBe(device)
      }),
    )
  })

  it('finds every single wrong digit in an IMEI', () => {
    const imei = '490154203237518'
    for (let at = 0; at < 15; at++) {
      for (const digit of '0123456789') {
        if (digit === imei[at]) continue
        const wrong = imei.slice(0, at) + digit + imei.slice(at + 1)
        expect(errorOf('device', wrong).code).toBe('DEVICE_CHECK_DIGIT')
      }
    }
  })
})

describe('UUID', () => {
  accepts('device', [
    ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
    ['C232AB00-9414-11EC-B3C8-9F6BDECED846', 'c232ab00-9414-11ec-b3c8-9f6bdeced846'],
    ['5df41881-3aed-3515-88a7-2f4a814cf09e', '5df41881-3aed-3515-88a7-2f4a814cf09e'],
    ['919108f7-52d1-4320-9bac-f847db4148a8', '919108f7-52d1-4320-9bac-f847db4148a8'],
    ['2ed6657d-e927-568b-95e1-2665a8aea6a2', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    ['1EC9414C-232A-6B00-B3C8-9F6BDECED846', '1ec9414c-232a-6b00-b3c8-9f6bdeced846'],
    ['017F22E2-79B0-7CC3-98C4-DC0C0C07398F', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'],
    ['2489E9AD-2EE2-8E00-8EC9-32D5F69181C0', '2489e9ad-2ee2-8e00-8ec9-32d5f69181c0'],
    ['01234567-8901-2345-6789-012345678901', '01234567-8901-2345-6789-012345678901'],
  ])

  rejects('device', [
    // What a phone reports when its user refuses tracking.
    ['00000000-0000-0000-0000-000000000000', 'DEVICE_PLACEHOLDER'],
    ['FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', 'DEVICE_PLACEHOLDER'],
    ['f81d4fae7dec11d0a76500a0c91e6bf6', 'DEVICE_FORMAT'],
    ['{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}', 'DEVICE_FORMAT'],
    ['urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'DEVICE_FORMAT'],
    ['f81d4fae-7dec-11d0-a765-00a0c91e6bf', 'DEVICE_FORMAT'],
    ['f81d4fae-7dec-11d0-a765-00a0c91e6bfg', 'DEVICE_FORMAT'],
    ['f81d4fae-7dec-11d0a765-00a0c91e-6bf6', 'DEVICE_FORMAT'],
    ['f81d4fae\u20107dec\u201011d0\u2010a765\u201000a0c91e6bf6', 'DEVICE_FORMAT'],
    ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6\n', 'DEVICE_FORMAT'],
  ])
})
