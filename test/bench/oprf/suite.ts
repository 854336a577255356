/**
 * Suite `oprf`: what a key holder and an asker spend on an identifier, on one thread, beside the same
 * work done with libsodium's own functions and with noble-curves.
 */

import { defaultGroup } from '@drempel/protocol/group'
import type { Mode, Suite } from '../harness/suite.ts'
import type { TurnLimits } from '../harness/turns.ts'
import { benchClient } from './client.ts'
import { benchEvaluate } from './evaluate.ts'
import { benchProofs } from './proofs.ts'
import { benchTagging } from './tagging.ts'

/** What nodes use for bulk work. */
const bulk = defaultGroup()

type Size = { readonly batch: number; readonly limits: TurnLimits }

const SIZES: Record<Mode, Size> = {
  full: { batch: 1000, limits: { seconds: 25, atLeast: 5, atMost: 200 } },
  quick: { batch: 256, limits: { seconds: 9, atLeast: 1, atMost: 100 } },
  smoke: { batch: 4, limits: { seconds: 0, atLeast: 1, atMost: 1 } },
}

const PARTS = [
  ['server evaluate', benchEvaluate],
  ['client blind and unblind', benchClient],
  ['evaluate with proof, verify', benchProofs],
  ['tagging with a quorum', benchTagging],
] as const

export const oprf: Suite = async ({ mode, say }) => {
  const { batch, limits } = SIZES[mode]
  const results = []
  for (const [what, bench] of PARTS) {
    say(`oprf: ${what}, batches of ${batch}`)
    results.push(...(await bench(bulk, batch, limits)))
  }
  return results
}
