/** What can be wrong with an experiment: each names the file and the field. */

import { failWith } from '@drempel/protocol/encoding'

export type ExperimentErrorCode =
  /** The file is no YAML, or a field of it cannot be used. */
  | 'EXPERIMENT_INVALID'
  /** A file or package with data cannot be read as the experiment says. */
  | 'EXPERIMENT_DATA'
  /** More identifiers than the ranges that can't be real hold. */
  | 'EXPERIMENT_TOO_LARGE'
  /** The protocol and the reference computation gave different answers. */
  | 'EXPERIMENT_DIFFERS'

export const fail: ReturnType<typeof failWith<ExperimentErrorCode>> =
  failWith<ExperimentErrorCode>()
