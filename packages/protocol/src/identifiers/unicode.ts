/**
 * What the runtime's URL parser makes of internationalised names, as a digest.
 *
 * The parser brings its own UTS #46 tables. They are not those of the regular expressions or of
 * ICU: Node 20 reports Unicode 17 and parses host names by Unicode 15.0. No version number can be
 * asked for, so the answers to a fixed set of names are hashed: names with characters that each
 * Unicode version added, and names on which revisions of UTS #46 differ.
 */

import { hashParts, hex, utf8 } from '../encoding/index.ts'

/** 16 hexadecimal digits; equal for two runtimes that agree on every name of the probe. */
export function unicodeDigest(parse: (name: string) => string = parseWithRuntime): string {
  const answers = PROBE.map((name) => parse(name))
  return hex(hashParts('drempel/v1/uts46-probe', ...answers.map(utf8))).slice(0, 16)
}

function parseWithRuntime(name: string): string {
  try {
    return new URL(`https://${name}/`).hostname
  } catch {
    return ''
  }
}

// First code points of blocks and late additions, per Unicode version.
const ADDED_IN = [
  [0x0526, 0x1f680, 0x2b740], // 6.0
  [0x08a0, 0x11680, 0x16f00], // 6.1
  [0x037f, 0x10500, 0x118a0], // 7.0
  [0x08b3, 0x11280, 0x2b820], // 8.0
  [0x1c80, 0x1e900, 0x16fe0], // 9.0
  [0x11d00, 0x1b170, 0x2ceb0], // 10.0
  [0x1c90, 0x10f00, 0x16e40], // 11.0
  [0x0c77, 0x11fc0, 0x1e100], // 12.0
  [0x32ff], // 12.1
  [0x16fe4, 0x11900, 0x30000], // 13.0
  [0x061d, 0x0870, 0x10570, 0x1e290], // 14.0
  [0x0cf3, 0x11f00, 0x1e4d0, 0x31350], // 15.0
  [0x2ebf0], // 15.1
  [0x1c89, 0xa7da, 0x105c0, 0x10d4e, 0x16d43], // 16.0
  [0x088f, 0xa7ce, 0x10940, 0x11b60, 0x16ebb, 0x323b0], // 17.0
  [0x10e2f, 0x1e6ff, 0x2fa1e, 0x3347a], // unassigned in 17.0: a later version may assign them
].flat()

// Code points whose status changed between revisions: deviations (ß, final sigma, joiners),
// capital sharp s, ignored and invisible characters, STD3 symbols, late case pairs, other dots,
// compatibility ideographs with corrected mappings, ideographic description characters.
const REVISED = [
  0x00df, 0x03c2, 0x200c, 0x200d, 0x1e9e, 0x00ad, 0x034f, 0x061c, 0x115f, 0x17b4, 0x180b, 0x180e,
  0x180f, 0x200b, 0x200e, 0x2028, 0x2060, 0x2061, 0x2064, 0x2066, 0x206a, 0x3164, 0xfe0f, 0xfeff,
  0xffa0, 0xfff9, 0xfffc, 0xfffd, 0x1d173, 0xe0001, 0xe0100, 0x2260, 0x226e, 0x2132, 0x2183, 0x04c0,
  0x10a0, 0x10c7, 0x13a0, 0xab70, 0x1c88, 0x3002, 0xff0e, 0xff61, 0x2488, 0x2f868, 0x2f874, 0x2f91f,
  0x2f95f, 0x2f9bf, 0x2ff0, 0x2ffc, 0x31ef, 0x2102, 0x2113, 0x33a5, 0xa64a, 0x1f100, 0x1f16c,
]

// Rules rather than characters: A-labels beside U-labels, bidi, joiners in context, marks, hyphens,
// full width. ASCII names are never asked: their form is their lower case.
const NAMES = [
  'xn--a.\u00df',
  'xn--abc-.\u00df',
  'xn--.\u00df',
  'xn--zca.\u00df',
  'XN--ZCA.\u00df',
  'xn--zn7c.\u00df',
  'xn--a-yoc.\u00df',
  'xn--1ug.\u00df',
  'xn--8i7caa.\u00df',
  'xn--maana-pta.\u00df',
  'xn--te\u0161la.example',
  '\u064aa.example',
  '1.\u064a',
  'a.\u05d01',
  '\u0915\u094d\u200d\u0937.example',
  '\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example',
  '\u0301a.example',
  'a\u2020--.example',
  '-\u2020.example',
  '\uff21\uff0d\uff42.example',
  '\u2100.example',
  'a=\u0338b.example',
  '\uff10\uff58\uff17\uff46.\uff11',
]

const PROBE = [
  ...[...ADDED_IN, ...REVISED].map((code) => `a${String.fromCodePoint(code)}b.example`),
  ...NAMES,
]
