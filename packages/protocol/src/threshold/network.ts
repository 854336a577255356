/** The comparator network that merges the partners' sorted lists: one tree, public, from sizes only. */

/** `layout` fills working rows 0 to size - 1 in order; `ones` are rows of all ones, which stay last. */
export type LayoutRun = {
  readonly from: 'left' | 'right' | 'ones'
  readonly start: number
  readonly count: number
}

/** Compare-exchange row low + k with row high + k for every k < count, the smaller to low. */
export type CompareRun = { readonly low: number; readonly high: number; readonly count: number }

export type MergeNode =
  | { readonly kind: 'list'; readonly partner: number; readonly rows: number }
  | {
      readonly kind: 'merge'
      readonly left: MergeNode
      readonly right: MergeNode
      /** left.rows + right.rows; the output is the first `rows` of the working rows. */
      readonly rows: number
      /** Working rows, padding included. */
      readonly size: number
      readonly layout: readonly LayoutRun[]
      /** Runs of one layer are disjoint. */
      readonly layers: readonly (readonly CompareRun[])[]
    }
