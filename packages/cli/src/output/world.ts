/** What a command may touch of the machine; tests hand in their own. */

import type { Clock, RandomBytes } from '@drempel/protocol/encoding'

export type World = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: Sink
  readonly stderr: Sink
  readonly clock: Clock
  readonly random: RandomBytes
}

export type Sink = {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}
