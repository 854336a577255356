/**
 * Which node to talk to, how to recognise it, and which token it may see. A home's token goes to the
 * home's own URL, or to whoever proves to hold the home's TLS key; to nobody else.
 */

import { join } from 'node:path'
import { type MemberDescriptor, memberSchema } from '@drempel/protocol/convenant'
import { fail } from '../output/errors.ts'
import type { Lang, Text } from '../output/language.ts'
import { readTextIfThere } from './files.ts'

export type Home = {
  readonly path: string
  readonly member: MemberDescriptor
  readonly token: string | undefined
}

export type Target = {
  /** An origin: scheme, host, port. */
  readonly url: string
  /** base64url SHA-256 of the TLS key's SubjectPublicKeyInfo; null for plain http on loopback. */
  readonly pin: string | null
  readonly token: string | undefined
  readonly home: Home | undefined
}

/** Undefined when there is no home. @throws ProtocolError `MEMBER_FILE`, `FILE_UNREADABLE` */
export async function readHome(path: string): Promise<Home | undefined> {
  const file = join(path, 'member.json')
  const text = await readTextIfThere(file)
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail('MEMBER_FILE', { at: file })
  }
  const parsed = memberSchema.safeParse(value)
  if (!parsed.success) {
    return fail('MEMBER_FILE', { at: `${file}: ${parsed.error.issues[0]!.path.join('.')}` })
  }
  const token = (await readTextIfThere(join(path, 'token')))?.trim()
  return { path, member: parsed.data, token }
}

/**
 * @param asked `url` and `pin` as options gave them; `knownPins` by URL, from a convenant
 * @throws ProtocolError `HOME_MISSING`, `USAGE`, `INSECURE_URL`, `PIN_UNKNOWN`
 */
export function chooseTarget(
  home: Home | undefined,
  asked: {
    readonly url?: string | undefined
    readonly pin?: string | undefined
    readonly token?: string | undefined
    readonly knownPins?: ReadonlyMap<string, string | null>
  },
  lang: Lang = 'en',
): Target {
  if (asked.pin !== undefined && !PIN.test(asked.pin))
    fail('USAGE', { at: '--pin', hint: A_PIN[lang] })
  const url = asked.url === undefined ? home?.member.url : originOf(asked.url, lang)
  if (url === undefined) return fail('HOME_MISSING')
  const secure = url.startsWith('https:')
  if (!secure && !isLoopback(url)) fail('INSECURE_URL')
  const isOwn = url === home?.member.url
  const known = isOwn ? home.member.tlsPin : asked.knownPins?.get(url)
  // At another address than its own a home's node is still known by the home's key.
  const pin = secure ? (asked.pin ?? known ?? home?.member.tlsPin ?? null) : null
  if (secure && pin === null) fail('PIN_UNKNOWN', { at: url })
  const provesHome = secure && pin === home?.member.tlsPin
  const token = asked.token ?? (isOwn || provesHome ? home?.token : undefined)
  return { url, pin, token, home }
}

export function originOf(text: string, lang: Lang = 'en'): string {
  if (!URL.canParse(text)) return fail('USAGE', { at: '--node', hint: A_URL[lang] })
  const { protocol, origin, pathname, search, username } = new URL(text)
  const web = protocol === 'https:' || protocol === 'http:'
  if (!web || pathname !== '/' || search !== '' || username !== '') {
    return fail('USAGE', { at: '--node', hint: NO_MORE[lang] })
  }
  return origin
}

const PIN = /^[A-Za-z0-9_-]{43}$/
const A_PIN: Text = {
  nl: 'tlsPin uit member.json van de node: 43 tekens',
  en: "tlsPin of the node's member.json: 43 characters",
}
const A_URL: Text = { nl: 'een adres: https://NAAM:POORT', en: 'a URL: https://host:port' }
const NO_MORE: Text = {
  nl: 'alleen schema, naam en poort: https://NAAM:POORT',
  en: 'scheme, host and port only: https://host:port',
}

/** By address or `localhost`; no other name, since a name can be made to point anywhere. */
function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
