/** Nonces of peers' requests; they survive a restart, so that a captured request can't be sent again. */

import type { Claim } from './claim.ts'

export interface ReplayStore {
  /** True when the nonce is new for the member, and is then remembered; false when it was seen. */
  claim(member: string, nonce: string, expiresAt: number): Promise<Claim<boolean>>
  /** Forgets nonces with expiresAt < t; returns how many. */
  forgetBefore(t: number): Promise<number>
}
