/** The workers' rows of the problem table. */

import type { ProblemSpec, ProblemTable } from '../http/index.ts'
import type { WorkerErrorCode } from './errors.ts'

const busy: ProblemSpec = {
  status: 503,
  en: 'The node has more to compute than it can take on now',
  nl: 'De node heeft nu meer te rekenen dan hij aankan',
}

export const workerProblems: ProblemTable<WorkerErrorCode> = {
  POOL_CLOSED: busy,
  POOL_FULL: busy,
  WORKER_LOST: {
    status: 500,
    en: 'A computation ended in a fault of the node',
    nl: 'Een berekening eindigde in een fout van de node',
  },
}
