/** The public shape of a round: bins, slots, widths. Every node computes the same plan. */

/** One partner's list: `slots` = factor·base + window in every bin. */
export type PartnerPlan = {
  readonly id: string
  readonly paddedSize: number
  readonly factor: number
  readonly slots: number
}

export type RoundPlan = {
  /** A power of two and a multiple of 128; shard k holds bins 128k to 128k + 127. */
  readonly bins: number
  /** log2 of `bins`. */
  readonly binBits: number
  /** n': slots per bin and unit of size factor, before the window. */
  readonly base: number
  /** W: how many slots a record may wait. */
  readonly window: number
  /** h: bits of a record key. */
  readonly keyBits: number
  /** w = keyBits - binBits: bits of x, the rest of the key inside its bin. */
  readonly width: number
  /** Leading bits of x that decide order, at most `width`. */
  readonly orderBits: number
  /** In the round's order, as given. */
  readonly partners: readonly PartnerPlan[]
  /** R: slots of all partners together, per bin. */
  readonly rows: number
}
