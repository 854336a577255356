/**
 * Sources: publicsuffix.org's test_psl.txt (public domain), which is the algorithm's published
 * table; its private section; names of the lists that the examples load.
 */

import { canonicalize } from '@drempel/protocol/identifiers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accepts, rejects } from './cases.ts'

describe('test_psl.txt', () => {
  accepts('domain', [
    ['example.COM', 'example.com'],
    ['WwW.example.COM', 'example.com'],
    ['example.example', 'example.example'],
    ['b.example.example', 'example.example'],
    ['a.b.example.example', 'example.example'],
    ['domain.biz', 'domain.biz'],
    ['a.b.domain.biz', 'domain.biz'],
    ['a.b.example.com', 'example.com'],
    ['example.uk.com', 'example.uk.com'],
    ['a.b.example.uk.com', 'example.uk.com'],
    ['test.ac', 'test.ac'],
    ['b.c.mm', 'b.c.mm'],
    ['a.b.c.mm', 'b.c.mm'],
    ['www.test.jp', 'test.jp'],
    ['www.test.ac.jp', 'test.ac.jp'],
    ['test.kyoto.jp', 'test.kyoto.jp'],
    ['a.b.ide.kyoto.jp', 'b.ide.kyoto.jp'],
    ['a.b.c.kobe.jp', 'b.c.kobe.jp'],
    ['city.kobe.jp', 'city.kobe.jp'],
    ['www.city.kobe.jp', 'city.kobe.jp'],
    ['a.b.test.ck', 'b.test.ck'],
    ['www.ck', 'www.ck'],
    ['www.www.ck', 'www.ck'],
    ['www.test.us', 'test.us'],
    ['www.test.ak.us', 'test.ak.us'],
    ['www.test.k12.ak.us', 'test.k12.ak.us'],
    ['\u98df\u72ee.com.cn', 'xn--85x722f.com.cn'],
    ['www.\u98df\u72ee.\u516c\u53f8.cn', 'xn--85x722f.xn--55qx5d.cn'],
    ['shishi.\u516c\u53f8.cn', 'shishi.xn--55qx5d.cn'],
    ['www.\u98df\u72ee.\u4e2d\u56fd', 'xn--85x722f.xn--fiqs8s'],
    ['www.xn--85x722f.xn--55qx5d.cn', 'xn--85x722f.xn--55qx5d.cn'],
  ])

  rejects('domain', [
    ['com', 'DOMAIN_PUBLIC_SUFFIX'],
    ['biz', 'DOMAIN_PUBLIC_SUFFIX'],
    ['uk.com', 'DOMAIN_PUBLIC_SUFFIX'],
    ['mm', 'DOMAIN_PUBLIC_SUFFIX'],
    ['c.mm', 'DOMAIN_PUBLIC_SUFFIX'],
    ['ac.jp', 'DOMAIN_PUBLIC_SUFFIX'],
    ['ide.kyoto.jp', 'DOMAIN_PUBLIC_SUFFIX'],
    ['c.kobe.jp', 'DOMAIN_PUBLIC_SUFFIX'],
    ['test.ck', 'DOMAIN_PUBLIC_SUFFIX'],
    ['k12.ak.us', 'DOMAIN_PUBLIC_SUFFIX'],
    ['\u516c\u53f8.cn', 'DOMAIN_PUBLIC_SUFFIX'],
    ['xn--fiqs8s', 'DOMAIN_PUBLIC_SUFFIX'],
    ['.com', 'HOST_LABEL'],
    ['.example.example', 'HOST_LABEL'],
    ['example', 'HOST_SINGLE_LABEL'],
    ['', 'HOST_LABEL'],
  ])
})

describe('hosting, mistakes and other hosts', () => {
  accepts('domain', [
    ['shop.example.co.uk', 'example.co.uk'],
    ['www.politie.nl.', 'politie.nl'],
    ['x.scammer.github.io', 'scammer.github.io'],
    ['0-73-fr-66.vercel.app', '0-73-fr-66.vercel.app'],
    ['a.b.pages.dev', 'b.pages.dev'],
    ['0-mailer.dynv6.net', '0-mailer.dynv6.net'],
    ['_dmarc.my_shop.nl', 'my_shop.nl'],
    ['-magiceden.io', '-magiceden.io'],
    ['a.helium.fastto.sit', 'fastto.sit'],
    ['xn--bcher-kva.example.nl', 'example.nl'],
  ])

  rejects('domain', [
    ['github.io', 'DOMAIN_PUBLIC_SUFFIX'],
    ['vercel.app', 'DOMAIN_PUBLIC_SUFFIX'],
    ['com.ar', 'DOMAIN_PUBLIC_SUFFIX'],
    ['kirt.er', 'DOMAIN_PUBLIC_SUFFIX'],
    ['127.0.0.1', 'HOST_IP'],
    ['0x7f.1', 'HOST_IP'],
    ['https://example.com/', 'HOST_URL'],
    ['user@example.com', 'HOST_URL'],
    ['exam ple.com', 'HOST_CHARACTER'],
    ['xn--a.\u00df', 'HOST_IDN'],
    ['localhost', 'HOST_SINGLE_LABEL'],
  ])

  it('is the end of its host, its own form, and one for all hosts below it', () => {
    const suffix = fc.constantFrom('nl', 'co.uk', 'github.io', 'c.kobe.jp', 'x.ck', 'nosuchtld')
    const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/)
    fc.assert(
      fc.property(label, label, suffix, (sub, own, end) => {
        const domain = canonicalize('domain', `${own}.${end}`)
        expect(domain).toBe(end === 'nosuchtld' ? `${own}.${end}` : domain)
        expect(canonicalize('domain', `${sub}.${own}.${end}`)).toBe(`${own}.${end}`)
        expect(canonicalize('domain', domain)).toBe(domain)
      }),
    )
  })
})
