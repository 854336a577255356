/** The Store over better-sqlite3. Synchronous inside: calls are transactions one after the other. */

import type { Store } from '../store.ts'
import { alertStore } from './alerts.ts'
import { askedStore } from './asked.ts'
import { caseStore } from './cases.ts'
import { comparisonStore } from './comparisons.ts'
import { connect, type SqliteOptions } from './connection.ts'
import { contributionStore } from './contributions.ts'
import { convenantStore } from './convenants.ts'
import { feedbackStore } from './feedback.ts'
import { flagStore } from './flags.ts'
import { keyStore } from './keys.ts'
import { listStore } from './lists.ts'
import { logStore } from './log.ts'
import { metaStore } from './meta.ts'
import { proposalStore } from './proposals.ts'
import { psiStore } from './psi.ts'
import { recallStore } from './recalls.ts'
import { rehearsalStore } from './rehearsals.ts'
import { replayStore } from './replay.ts'
import { roundStore } from './rounds.ts'
import { tagStore } from './tags.ts'
import { tokenStore } from './tokens.ts'
import { usageStore } from './usage.ts'
import { witnessStore } from './witness.ts'

export type { SqliteOptions } from './connection.ts'

/**
 * Opens the file, creates it when there is none, and brings its schema up to date.
 * @throws ProtocolError `STORE_BUSY`, `STORE_CORRUPT`, `STORE_NEWER`, `STORE_FAILED`
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const connection = connect(options)
  return {
    flags: flagStore(connection),
    tags: tagStore(connection),
    keys: keyStore(connection),
    rounds: roundStore(connection),
    lists: listStore(connection),
    comparisons: comparisonStore(connection),
    contributions: contributionStore(connection),
    convenants: convenantStore(connection),
    log: logStore(connection),
    proposals: proposalStore(connection),
    psi: psiStore(connection),
    rehearsals: rehearsalStore(connection),
    replay: replayStore(connection),
    usage: usageStore(connection),
    witness: witnessStore(connection),
    alerts: alertStore(connection),
    feedback: feedbackStore(connection),
    asked: askedStore(connection),
    cases: caseStore(connection),
    recalls: recallStore(connection),
    tokens: tokenStore(connection),
    meta: metaStore(connection),
    scrub: async () => connection.scrub(),
    close: async () => {
      connection.close()
    },
  }
}
