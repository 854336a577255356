/** An HTML file that fetches nothing and runs nothing, whatever others wrote in it. */

import type { Lang } from './language.ts'

export type Document = {
  readonly lang: Lang
  readonly title: string
  readonly style: string
  /** HTML, escaped where it is others' words. */
  readonly body: readonly string[]
}

export function htmlDocument({ lang, title, style, body }: Document): string {
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${body.join('\n')}
</body>
</html>
`
}

/** Text for an element or an attribute; what can't be seen shows as a dot. */
export function escaped(text: string): string {
  const visible = text.replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, '·')
  return visible.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`)
}
