/**
 * The node's TLS certificate: self-signed ECDSA P-256 (RFC 5280 profile), ten years. Members pin the
 * key, by SHA-256 of its SubjectPublicKeyInfo in the convenant; nobody relies on names, dates or
 * an issuer, so a certificate of one fixed form, written here, does. Node's parser reads it back.
 */

import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type Bytes,
  base64,
  base64url,
  concat,
  type RandomBytes,
  utf8,
} from '@drempel/protocol/encoding'

const TEN_YEARS = 3652 * 24 * 3600 * 1000

export type TlsKeys = { readonly key: string; readonly cert: string }

/** @param host DNS name or IP address that the certificate is for @returns PEM */
export function createTlsKeys(host: string, now: number, random: RandomBytes): TlsKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  // RFC 5280, section 4.1.2.2: positive, at most 20 octets.
  const serial = random(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const subject = sequence(set(sequence(oid(OIDS.commonName), utf8String('drempel node'))))
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))), // version 3
    integer(serial),
    ECDSA_SHA256,
    subject,
    sequence(time(now), time(now + TEN_YEARS)),
    subject,
    spki,
    explicit(3, extensions(host)),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, ECDSA_SHA256, bitString(signature))
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { key, cert: pem('CERTIFICATE', certificate) }
}

/** base64url SHA-256 of the SubjectPublicKeyInfo of a certificate in PEM. */
export function tlsPin(cert: string): string {
  const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return base64url(createHash('sha256').update(spki).digest())
}

const OIDS = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  keyUsage: [0x55, 0x1d, 0x0f],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  extKeyUsage: [0x55, 0x1d, 0x25],
  serverAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
  clientAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],
}
const ECDSA_SHA256 = sequence(oid(OIDS.ecdsaWithSha256))

function extensions(host: string): Bytes {
  const critical = der(0x01, Uint8Array.of(0xff))
  // GeneralName (RFC 5280, section 4.2.1.6): iPAddress [7] or dNSName [2].
  const name = isIP(host) === 0 ? der(0x82, utf8(host)) : der(0x87, address(host))
  return sequence(
    sequence(oid(OIDS.basicConstraints), critical, octets(sequence())),
    // digitalSignature, the first bit of one byte with seven unused ones
    sequence(oid(OIDS.keyUsage), critical, octets(der(0x03, Uint8Array.of(7, 0x80)))),
    sequence(oid(OIDS.extKeyUsage), octets(sequence(oid(OIDS.serverAuth), oid(OIDS.clientAuth)))),
    sequence(oid(OIDS.subjectAltName), octets(sequence(name))),
  )
}

function address(host: string): Bytes {
  if (isIP(host) === 4) return Uint8Array.from(host.split('.'), Number)
  // The URL parser writes IPv6 in full words with at most one `::`.
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::')
  const words = (text: string) => text.split(':').filter((word) => word !== '')
  const [left, right] = [words(head), words(tail ?? '')]
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return Uint8Array.from(
    [...left, ...zeros, ...right].flatMap((word) => {
      const value = Number.parseInt(word, 16)
      return [value >> 8, value & 0xff]
    }),
  )
}

/** X.690, section 8.1: tag, length, content. */
function der(tag: number, content: Bytes): Bytes {
  const length = content.length
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return concat(Uint8Array.of(tag, ...head), content)
}

function sequence(...parts: Bytes[]): Bytes {
  return der(0x30, concat(...parts))
}

function set(...parts: Bytes[]): Bytes {
  return der(0x31, concat(...parts))
}

function explicit(number: number, content: Bytes): Bytes {
  return der(0xa0 | number, content)
}

function integer(bytes: Bytes): Bytes {
  return der(0x02, bytes)
}

function oid(bytes: readonly number[]): Bytes {
  return der(0x06, Uint8Array.from(bytes))
}

function octets(content: Bytes): Bytes {
  return der(0x04, content)
}

function bitString(content: Bytes): Bytes {
  return der(0x03, concat(Uint8Array.of(0), content))
}

function utf8String(text: string): Bytes {
  return der(0x0c, utf8(text))
}

/** RFC 5280, section 4.1.2.5: two digits of the year through 2049, then four. */
function time(at: number): Bytes {
  const text = `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`
  return text < '2050' ? der(0x17, utf8(text.slice(2))) : der(0x18, utf8(text))
}

function pem(label: string, content: Bytes): string {
  const lines = base64(content)
    .match(/.{1,64}/g)!
    .join('\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
