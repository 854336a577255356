/**
 * Full host name as the WHATWG URL standard reads it ("domain to ASCII", UTS #46, non-transitional),
 * without a trailing dot, within the limits of RFC 1035: labels of 63 octets, 253 in all.
 *
 * What the standard accepts and names in use have is accepted: underscores, hyphens at either end
 * of a label, unknown top-level domains. IP addresses, and anything else of a URL, are refused.
 * `www.` is a name like any other and stays. Look-alike letters of other scripts are different
 * names and stay different: folding them would let one flag hit an innocent name.
 */

import { parse as parseSuffix } from 'tldts'
import { fail } from './errors.ts'

/** @throws ProtocolError with a `HostErrorCode` */
export function canonicalHost(raw: string): string {
  if (raw.length > MAX_INPUT) fail('HOST_LENGTH', { hint: LENGTH_HINT })
  const ascii = toAscii(raw)
  const host = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii
  const labels = host.split('.')
  if (labels.some((label) => label === '' || label.length > 63)) {
    fail('HOST_LABEL', { hint: 'a part between dots is empty or longer than 63 characters' })
  }
  if (host.length > 253) fail('HOST_LENGTH', { hint: LENGTH_HINT })
  // URL standard, "ends in a number checker": such a host is an IPv4 address (127.1, 0x7f.1,
  // 2130706433) or an error, never a name.
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1)!)) fail('HOST_IP', { hint: IP_HINT })
  if (labels.length === 1 && parseSuffix(host, LOOKUP).isIcann !== true) {
    fail('HOST_SINGLE_LABEL', { hint: 'a name without a dot, and not a top-level domain' })
  }
  return host
}

/** For tldts: the argument is a canonical host already, nothing is to be cut out of it. */
export const LOOKUP = {
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
  // The private section too: github.io is a suffix, or two strangers under it would be one domain.
  allowPrivateDomains: true,
}

// Ample for 253 characters with ignorable ones among them; bounds the work of the IDN parser.
const MAX_INPUT = 1000
const LENGTH_HINT = 'a host name has at most 253 characters'
const ASCII_ONLY = /^[!-~]*$/
const CHARACTER_HINT = 'a name has letters, digits, hyphens, underscores and dots'
const IP_HINT = 'an IP address is not a host name'

function toAscii(raw: string): string {
  if (/[\p{Cc}\s]/u.test(raw)) {
    fail('HOST_CHARACTER', { hint: 'white space or a control character' })
  }
  if (raw.includes('[') || /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(raw)) {
    fail('HOST_IP', { hint: IP_HINT })
  }
  if (/[/\\?#@:%]/.test(raw)) {
    fail('HOST_URL', { hint: 'the name only: no scheme, port, path, user or percent-encoding' })
  }
  // "Domain to ASCII" of an ASCII name is its lower case, also when an A-label in it decodes to
  // nothing valid: such names are registered and served. So no table of Unicode decides on them.
  if (/^[A-Za-z0-9._-]*$/.test(raw)) return raw.toLowerCase()
  if (ASCII_ONLY.test(raw)) fail('HOST_CHARACTER', { hint: CHARACTER_HINT })
  let ascii: string
  try {
    ascii = new URL(`https://${raw}/`).hostname
  } catch {
    return fail('HOST_IDN', { hint: 'not a valid internationalised name (UTS #46)' })
  }
  if (!/^[a-z0-9._-]*$/.test(ascii)) {
    fail('HOST_CHARACTER', { hint: CHARACTER_HINT })
  }
  return ascii
}
