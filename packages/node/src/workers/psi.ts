/** The computation of an intersection on the node's worker threads. */

import { countOf } from '@drempel/protocol/group'
import { type EcdhWork, itemCount } from '@drempel/protocol/psi'
import type { WorkerPool } from './pool.ts'

/** @param signal ends what runs or waits */
export function pooledWork(pool: WorkerPool, signal?: AbortSignal): EcdhWork {
  const options = (elements: number) => ({ elements, urgent: false, signal })
  return {
    // One in work and one in line for each thread.
    parallel: 2 * pool.size,
    mask: (scalar, dst, items) =>
      pool.run('psiMask', { scalar, dst, items }, options(itemCount(items))),
    multiply: (scalar, elements) =>
      pool.run('psiMultiply', { scalar, elements }, options(countOf(elements))),
    blind: (wide, dst, items) =>
      pool.run('psiBlind', { wide, dst, items }, options(itemCount(items))),
    unblind: (blinds, key, elements) =>
      pool.run('psiUnblind', { blinds, key, elements }, options(countOf(elements))),
  }
}
