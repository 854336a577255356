/**
 * E-mail address, a Mailbox of RFC 5321 section 4.1.2: local part and host, both lower case.
 *
 * - The domain part is the full canonical host, not the registrable domain: a@x.example.nl and
 *   a@example.nl are two mailboxes.
 * - Local parts are ASCII and lose their case. RFC 5321 lets a host tell cases apart; none of note
 *   does. Nothing else is folded: no dots, no +tags, no aliases, which mean different things at
 *   different providers.
 * - A quoted local part that needs no quotes loses them, others keep the fewest escapes: section
 *   4.1.2 calls these spellings equivalent.
 * - Address literals (user@[192.0.2.1]), comments, display names and local parts outside ASCII
 *   (RFC 6531) are refused.
 */

import { isProtocolError } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { canonicalHost } from './host.ts'

/** @throws ProtocolError with an `EmailErrorCode` */
export function canonicalEmail(raw: string): string {
  if (raw.length > MAX_INPUT) fail('EMAIL_LENGTH', { hint: LENGTH_HINT })
  const split = raw.startsWith('"') ? afterQuotes(raw) : raw.indexOf('@')
  if (split < 1 || raw[split] !== '@') fail('EMAIL_FORMAT', { hint: 'write it as name@host' })
  const local = localPart(raw.slice(0, split))
  const email = `${local}@${hostPart(raw.slice(split + 1))}`
  // RFC 5321 section 4.5.3.1: 64 octets, and 256 for a path, of which two are its angle brackets.
  if (local.length > 64 || email.length > 254) {
    fail('EMAIL_LENGTH', { hint: LENGTH_HINT })
  }
  return email
}

// Twice 254, for a name with a backslash before every character, and ignorable ones in the host.
const MAX_INPUT = 1000
const LENGTH_HINT = 'at most 64 characters before the @ and 254 in all'

const DOT_STRING = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const QUOTED_STRING = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/

function localPart(raw: string): string {
  if (!raw.startsWith('"')) {
    if (!DOT_STRING.test(raw)) {
      fail('EMAIL_LOCAL', { hint: 'a character or dot before the @ that a name cannot have' })
    }
    return raw.toLowerCase()
  }
  if (!QUOTED_STRING.test(raw)) {
    fail('EMAIL_QUOTED', { hint: 'the quoted name has a character that quotes cannot hold' })
  }
  const content = raw.slice(1, -1).replace(/\\(.)/g, '$1').toLowerCase()
  return DOT_STRING.test(content) ? content : `"${content.replace(/["\\]/g, '\\$&')}"`
}

/** Index behind the closing quote: a quoted local part may hold an @. */
function afterQuotes(raw: string): number {
  for (let i = 1; i < raw.length; i++) {
    if (raw[i] === '\\') i++
    else if (raw[i] === '"') return i + 1
  }
  return fail('EMAIL_QUOTED', { hint: 'the quoted name has no closing quote' })
}

function hostPart(raw: string): string {
  try {
    return canonicalHost(raw)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return fail('EMAIL_DOMAIN', { hint: `behind the @: ${error.message}` })
  }
}
