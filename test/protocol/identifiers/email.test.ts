/**
 * Sources: RFC 3696 section 3 with its errata (legal addresses that validators refuse); RFC 5321
 * sections 4.1.2, 4.1.3 and 4.5.3.1; RFC 5322 section 3.4.1 and appendix A (comments, groups,
 * obsolete forms); RFC 6531 for local parts outside ASCII.
 */

import { canonicalize } from '@drempel/protocol/identifiers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accepts, errorOf, rejects } from './cases.ts'

const local64 = 'a'.repeat(64)
const host189 = `${`${'b'.repeat(46)}.`.repeat(4)}c`

describe('addresses', () => {
  accepts('email', [
    ['john.q.public@example.com', 'john.q.public@example.com'],
    ['John.Q.Public@Example.COM', 'john.q.public@example.com'],
    ['user@example.com.', 'user@example.com'],
    // RFC 3696, section 3.
    ['user+mailbox@example.com', 'user+mailbox@example.com'],
    ['customer/department=shipping@example.com', 'customer/department=shipping@example.com'],
    ['$A12345@example.com', '$a12345@example.com'],
    ['!def!xyz%abc@example.com', '!def!xyz%abc@example.com'],
    ['_somename@example.com', '_somename@example.com'],
    ["o'brien@example.com", "o'brien@example.com"],
    ['{}|~`^?*&#@example.com', '{}|~`^?*&#@example.com'],
    ['-@example.com', '-@example.com'],
    // Nothing that one provider means is folded for all.
    ['J.O.E+shop@gmail.com', 'j.o.e+shop@gmail.com'],
    ['joe-shop@yahoo.com', 'joe-shop@yahoo.com'],
    ['joe@googlemail.com', 'joe@googlemail.com'],
    // The whole host, in the form of hosts.
    ['user@mail.example.co.uk', 'user@mail.example.co.uk'],
    ['user@B\u00fccher.example', 'user@xn--bcher-kva.example'],
    ['user@xn--bcher-kva.example', 'user@xn--bcher-kva.example'],
    ['user@\u4f8b\u5b50.\u5e7f\u544a', 'user@xn--fsqu00a.xn--4rr70v'],
    ['user@example\u3002com', 'user@example.com'],
    ['user@my_host.example.com', 'user@my_host.example.com'],
    ['user@com.ar', 'user@com.ar'],
    ['n@ai', 'n@ai'],
    [`${local64}@${host189}`, `${local64}@${host189}`],
  ])

  rejects('email', [
    ['', 'EMAIL_FORMAT'],
    ['@', 'EMAIL_FORMAT'],
    ['user', 'EMAIL_FORMAT'],
    ['@example.com', 'EMAIL_FORMAT'],
    ['user@', 'EMAIL_DOMAIN'],
    ['user@@example.com', 'EMAIL_DOMAIN'],
    ['a@b@example.com', 'EMAIL_DOMAIN'],
    ['.user@example.com', 'EMAIL_LOCAL'],
    ['user.@example.com', 'EMAIL_LOCAL'],
    ['us..er@example.com', 'EMAIL_LOCAL'],
    ['us er@example.com', 'EMAIL_LOCAL'],
    ['user @example.com', 'EMAIL_LOCAL'],
    [' user@example.com', 'EMAIL_LOCAL'],
    ['user@ example.com', 'EMAIL_DOMAIN'],
    ['user@example.com ', 'EMAIL_DOMAIN'],
    ['user@example.com\n', 'EMAIL_DOMAIN'],
    ['us\u0000er@example.com', 'EMAIL_LOCAL'],
    // RFC 3696's own examples that its errata 246 withdraws.
    ['Abc\\@def@example.com', 'EMAIL_LOCAL'],
    ['Fred\\ Bloggs@example.com', 'EMAIL_LOCAL'],
    // RFC 5322 appendix A: display name, group, comments, obsolete blanks.
    ['"Joe Q. Public" <john.q.public@example.com>', 'EMAIL_FORMAT'],
    ['Mary Smith <mary@x.test>', 'EMAIL_LOCAL'],
    ['<boss@nil.test>', 'EMAIL_LOCAL'],
    ['A Group:Ed Jones <c@a.test>,joe@where.test;', 'EMAIL_LOCAL'],
    ['pete(his account)@silly.test', 'EMAIL_LOCAL'],
    ['pete@silly.test(his host)', 'EMAIL_DOMAIN'],
    ['john . public@example.com', 'EMAIL_LOCAL'],
    ['mailto:user@example.com', 'EMAIL_LOCAL'],
    ['user@example.com,user@example.org', 'EMAIL_DOMAIN'],
    // Address literals, RFC 5321 section 4.1.3; hosts that are none.
    ['joe@[192.0.2.1]', 'EMAIL_DOMAIN'],
    ['joe@[IPv6:2001:db8::1]', 'EMAIL_DOMAIN'],
    ['joe@192.0.2.1', 'EMAIL_DOMAIN'],
    ['joe@localhost', 'EMAIL_DOMAIN'],
    ['joe@example..com', 'EMAIL_DOMAIN'],
    ['joe@example.com:25', 'EMAIL_DOMAIN'],
    ['joe@xn--a.\u00df', 'EMAIL_DOMAIN'],
    // RFC 6531, and letters that case-insensitive matching may take for ASCII.
    ['\u7528\u6237@example.com', 'EMAIL_LOCAL'],
    ['jos\u00e9@example.com', 'EMAIL_LOCAL'],
    ['\u212aim@example.com', 'EMAIL_LOCAL'],
    ['\u017fam@example.com', 'EMAIL_LOCAL'],
    ['user\uff20example.com', 'EMAIL_FORMAT'],
    // 65 octets, and 255 in all.
    [`${local64}a@example.com`, 'EMAIL_LENGTH'],
    [`${local64}@b${host189}`, 'EMAIL_LENGTH'],
    [`${'a.'.repeat(500_000)}@example.com`, 'EMAIL_LENGTH'],
  ])

  it('says which rule of hosts the part behind the @ breaks, and not the part itself', () => {
    expect(errorOf('email', 'joe@secret-host:25').message).toMatch(/EMAIL_DOMAIN.*HOST_URL/)
    expect(errorOf('email', 'joe@secret-host:25').message).not.toContain('secret')
  })
})

describe('quoted local parts', () => {
  accepts('email', [
    ['"joe"@example.com', 'joe@example.com'],
    ['"Joe.Public"@example.com', 'joe.public@example.com'],
    ['"j\\o\\e"@example.com', 'joe@example.com'],
    ['"Abc@def"@example.com', '"abc@def"@example.com'],
    ['"Abc\\@def"@example.com', '"abc@def"@example.com'],
    ['"Fred Bloggs"@example.com', '"fred bloggs"@example.com'],
    ['"Fred\\ Bloggs"@example.com', '"fred bloggs"@example.com'],
    ['"Joe\\\\Blow"@example.com', '"joe\\\\blow"@example.com'],
    ['"a\\"b"@example.com', '"a\\"b"@example.com'],
    ['"joe..public"@example.com', '"joe..public"@example.com'],
    ['".joe"@example.com', '".joe"@example.com'],
    ['" "@example.com', '" "@example.com'],
    ['""@example.com', '""@example.com'],
  ])

  rejects('email', [
    ['"joe@example.com', 'EMAIL_QUOTED'],
    ['"', 'EMAIL_QUOTED'],
    ['"joe\\"@example.com', 'EMAIL_QUOTED'],
    ['"jo\te"@example.com', 'EMAIL_QUOTED'],
    ['"jo\ne"@example.com', 'EMAIL_QUOTED'],
    ['"jos\u00e9"@example.com', 'EMAIL_QUOTED'],
    ['"joe\\\n"@example.com', 'EMAIL_QUOTED'],
    ['"joe"', 'EMAIL_FORMAT'],
    ['"joe".public@example.com', 'EMAIL_FORMAT'],
    ['jo"e"@example.com', 'EMAIL_LOCAL'],
    ['"joe"@[192.0.2.1]', 'EMAIL_DOMAIN'],
  ])

  it('have one form for all the ways to quote a name', () => {
    const printable = fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)),
      maxLength: 30,
    })
    fc.assert(
      fc.property(printable, fc.infiniteStream(fc.boolean()), (name, escapes) => {
        const quote = (always: boolean) => {
          const content = [...name].map((c) => {
            const backslash = escapes.next().value === true
            return always || backslash || c === '"' || c === '\\' ? `\\${c}` : c
          })
          return `"${content.join('')}"@example.com`
        }
        const form = canonicalize('email', quote(true))
        expect(canonicalize('email', quote(false))).toBe(form)
        expect(canonicalize('email', form)).toBe(form)
      }),
    )
  })
})

describe('any address', () => {
  it('that is accepted is its own form', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.emailAddress(),
          fc.string(),
          fc.string().map((s) => `${s}@a.nl`),
        ),
        (raw) => {
          let email: string
          try {
            email = canonicalize('email', raw)
          } catch {
            expect(errorOf('email', raw).code).toMatch(/^EMAIL_/)
            return
          }
          expect(canonicalize('email', email)).toBe(email)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
