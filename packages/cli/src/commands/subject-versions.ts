/** Under which version of the convenant a question was asked: its entries name it. */

import type { SubjectAccess } from '@drempel/protocol/api'
import type { Convenant } from '@drempel/protocol/convenant'
import { parseEvent, parseReceipt } from '@drempel/protocol/log'
import { digestOf } from './convenant.ts'

type Asked = Pick<SubjectAccess['queries'][number], 'entries'>

/**
 * @param versions that the node installed, oldest first, one at the least
 * @returns the version that an entry names; the last one where none does
 */
export function versionsOf(versions: readonly Convenant[]): (asked: Asked) => Convenant {
  const byDigest = new Map(versions.map((version) => [digestOf(version), version]))
  return ({ entries }) => {
    const named = entries.flatMap(({ receipt }) => byDigest.get(digestIn(receipt) ?? '') ?? [])
    return named[0] ?? versions.at(-1)!
  }
}

/** As the letter is the node's word, so is this: `subject verify` proves it. */
function digestIn(receipt: string): string | undefined {
  try {
    const event = parseEvent(parseReceipt(receipt).extra ?? new Uint8Array())
    return 'convenant' in event ? event.convenant?.digest : undefined
  } catch {
    return undefined
  }
}
