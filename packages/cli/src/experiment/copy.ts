/** The experiment as it was written, for its folder: comments, order and style stay. */

import { isMap, isNode, isScalar, parseDocument } from 'yaml'

/** With where its paths start, so that the copy leads to the same data. */
export function withBase(text: string, base: string): string {
  const { contents } = parseDocument(text)
  if (!isMap(contents)) return text
  const value = JSON.stringify(base)
  const given = contents.items.find(({ key }) => isScalar(key) && key.value === 'base')?.value
  if (isNode(given) && given.range) {
    const [from, until] = given.range
    // A block scalar ends with its line.
    const end = text.slice(from, until).endsWith('\n') ? '\n' : ''
    return `${text.slice(0, from)}${value}${end}${text.slice(until)}`
  }
  const first = contents.items[0]?.key
  if (!isNode(first) || !first.range) return text
  const [at] = first.range
  const indent = text.slice(text.lastIndexOf('\n', at - 1) + 1, at)
  const line = contents.flow ? `"base": ${value}, ` : `base: ${value}\n${indent}`
  return `${text.slice(0, at)}${line}${text.slice(at)}`
}
