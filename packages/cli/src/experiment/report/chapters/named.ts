/** One line of a chapter: a rule, or what it is compared with. */

import type { Finding } from '../../evaluate.ts'

export type Named = {
  readonly name: string
  readonly finding: Finding
  readonly reference: boolean
}
