/**
 * The node's memory: one interface, so that another database can take the place of SQLite.
 *
 * Duties of every backend:
 * - Each method is one transaction: all of it happens or nothing, and concurrent calls behave as if
 *   they ran one after the other.
 * - When a promise resolves, what it wrote survives a crash of the process and of the machine; of a
 *   claim (parts/claim.ts), when its `durable` does.
 * - When a promise rejects, the caller can't know whether the write happened: it reads before it
 *   goes on. A write that was reported as failed may be found after a restart, complete.
 * - A read sees every write that resolved before it was called.
 * - One process at a time: a second one that opens the same store is refused, since two writers of
 *   one log would sign two trees.
 * - What arrives in a field called `sealed` or `index` is opaque. The store is given no identifier,
 *   no share and no key in the clear and keeps none.
 * - Errors are ProtocolErrors of StoreErrorCode; their text carries no data of a row.
 *
 * Times are milliseconds since 1970. `createdAt` and the like come from the clock that the backend
 * was opened with. Digests, round ids, txids and tokens' ids are lower-case hexadecimal text.
 */

import type { AlertStore } from './parts/alerts.ts'
import type { AskedStore } from './parts/asked.ts'
import type { CaseStore } from './parts/cases.ts'
import type { ComparisonStore } from './parts/comparisons.ts'
import type { ContributionStore } from './parts/contributions.ts'
import type { ConvenantStore } from './parts/convenants.ts'
import type { FeedbackStore } from './parts/feedback.ts'
import type { FlagStore } from './parts/flags.ts'
import type { KeyStore } from './parts/keys.ts'
import type { ListStore } from './parts/lists.ts'
import type { LogStore } from './parts/log.ts'
import type { MetaStore } from './parts/meta.ts'
import type { ProposalStore } from './parts/proposals.ts'
import type { PsiStore } from './parts/psi.ts'
import type { RecallStore } from './parts/recalls.ts'
import type { RehearsalStore } from './parts/rehearsals.ts'
import type { ReplayStore } from './parts/replay.ts'
import type { RoundStore } from './parts/rounds.ts'
import type { TagStore } from './parts/tags.ts'
import type { TokenStore } from './parts/tokens.ts'
import type { UsageStore } from './parts/usage.ts'
import type { WitnessStore } from './parts/witness.ts'

export interface Store {
  readonly flags: FlagStore
  readonly tags: TagStore
  readonly keys: KeyStore
  readonly rounds: RoundStore
  readonly lists: ListStore
  readonly comparisons: ComparisonStore
  readonly contributions: ContributionStore
  readonly convenants: ConvenantStore
  readonly log: LogStore
  readonly proposals: ProposalStore
  readonly psi: PsiStore
  readonly rehearsals: RehearsalStore
  readonly replay: ReplayStore
  readonly usage: UsageStore
  readonly witness: WitnessStore
  readonly alerts: AlertStore
  readonly feedback: FeedbackStore
  readonly asked: AskedStore
  readonly cases: CaseStore
  readonly recalls: RecallStore
  readonly tokens: TokenStore
  readonly meta: MetaStore

  /** Overwrites what deleted rows left behind (free pages, the write-ahead log), where the backend keeps any. */
  scrub(): Promise<void>
  /** Ends the store; later calls reject with `STORE_CLOSED`. Closing twice is fine. */
  close(): Promise<void>
}
