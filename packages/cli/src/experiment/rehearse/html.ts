/** The checklist as one HTML file for an FG: no script, nothing fetched, prints on A4. */

import { escaped, htmlDocument } from '../../output/document.ts'
import type { Lang, Text } from '../../output/language.ts'
import { paragraph, tableOf } from '../report/markup.ts'
import { CHECKS, type Item, type Sheet, worst } from './sheet.ts'
import { checkName, matrixRows, missingIn, nextOf, okText, openItems } from './show.ts'
import { STATE_NAMES, TEXTS } from './texts.ts'

export function sheetHtml(sheets: readonly Sheet[], lang: Lang): string {
  const say = (text: Text) => text[lang]
  const [first] = sheets
  const { convenant, word, digest } = first!
  const title = `${say(TEXTS.title)} ${convenant.id}, ${say(TEXTS.version)} ${convenant.version}`
  const missing = missingIn(sheets)
  const left = sheets.flatMap((sheet) =>
    openItems(sheet).map((item) => `${sheet.member}: ${lineOf(item, lang)}`),
  )
  const sections = [
    paragraph(say(TEXTS.about)),
    ...(left.length === 0
      ? [paragraph(say(okText(sheets)))]
      : [paragraph(say(TEXTS.notOk), 'warning'), list(left)]),
    ...(missing.length === 0 || sheets.length === 1
      ? []
      : [paragraph(`${say(TEXTS.missing)} ${missing.join(', ')}`, 'warning')]),
    ...(sheets.length === 1
      ? []
      : [
          `<h2>${escaped(say(TEXTS.matrix))}</h2>`,
          tableOf(
            [say(TEXTS.matrixHead), ...sheets.map(({ member }) => member)],
            matrixRows(sheets, lang),
            lang,
          ),
        ]),
    ...sheets.flatMap((sheet) => section(sheet, lang)),
    paragraph(say(TEXTS.absent), 'note'),
    paragraph(say(TEXTS.after), 'note'),
    facts([
      [say(TEXTS.digest), convenant.digest],
      [say(TEXTS.word), word],
      [say(TEXTS.rehearsal), digest],
    ]),
  ]
  const body = [
    `<p class="from">${escaped(say(TEXTS.drempel))}</p>`,
    `<h1>${escaped(title)}</h1>`,
    ...sections,
  ]
  return htmlDocument({ lang, title, style: STYLE, body })
}

function section(sheet: Sheet, lang: Lang): string[] {
  const { member, items, began, ended, open } = sheet
  const when = `${minute(began)} – ${minute(ended)}`
  const rows = CHECKS.flatMap((check) =>
    items
      .filter((item) => item.check === check)
      .map((item, i) => [
        i === 0 ? checkName(check, lang) : '',
        item.about ?? '',
        STATE_NAMES[item.state][lang],
        nextOf(item, lang) ?? '',
      ]),
  )
  return [
    `<h2>${escaped(`${TEXTS.member[lang]} ${member}: ${STATE_NAMES[worst(items.map(({ state }) => state))][lang]}`)}</h2>`,
    paragraph(`${TEXTS.when[lang]}: ${when}`, 'note'),
    ...(open ? [paragraph(TEXTS.open[lang], 'warning')] : []),
    tableOf([...TEXTS.head[lang]], rows, lang),
  ]
}

function lineOf(item: Item, lang: Lang): string {
  const about = item.about === undefined ? '' : ` (${item.about})`
  const next = nextOf(item, lang)
  return `${checkName(item.check, lang)}${about}: ${STATE_NAMES[item.state][lang]}${next === undefined ? '' : `; ${next}`}`
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`
}

function facts(entries: readonly (readonly [string, string])[]): string {
  const lines = entries.map(
    ([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`,
  )
  return `<dl>${lines.join('')}</dl>`
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 1rem } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; break-after: avoid } .from { color: #555; margin: 0 }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem } thead { display: table-header-group } thead th { vertical-align: bottom; border-bottom: 2px solid #888 }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top } tbody th { font-weight: 400 } tr, li { break-inside: avoid }
.note { color: #444; font-size: .92rem } .warning { border-left: 4px solid #d55e00; padding-left: .8rem } dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .85rem } dd { margin: 0; overflow-wrap: anywhere }
@page { size: A4; margin: 18mm } @media print { body { margin: 0; max-width: none; font-size: 10pt } }
`
