/** Nonces of peers' requests; they survive a restart, so that a captured request can't be sent again. */

export interface ReplayStore {
  /** True when the nonce is new for the member, which is then remembered; false when it was seen. */
  remember(member: string, nonce: string, expiresAt: number): Promise<boolean>
  /** Forgets nonces with expiresAt < t; returns how many. */
  forgetBefore(t: number): Promise<number>
}
