/** What witnessing needs of a node; less than a session's context, of which it is a part. */

import type { NodeContext } from '../context.ts'

export type World = Pick<
  NodeContext,
  | 'self'
  | 'signer'
  | 'store'
  | 'audit'
  | 'peers'
  | 'outside'
  | 'clock'
  | 'random'
  | 'log'
  | 'inForce'
>
