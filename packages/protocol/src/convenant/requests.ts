/** What a node may ask of its convenant, and the counters that it keeps for the answer. */

import type { RefusalCode } from './refusals.ts'

/** The asker's own view of a query, before anything leaves its node. */
export type QueryRequest = {
  readonly type: 'check' | 'screen'
  readonly asker: string
  readonly purpose: string
  readonly kind: string
  readonly rule: string
  /** Elements that will be sent to the key holders. */
  readonly count: number
  /** Ids of the people who stand behind this query: who puts it and who approved it. */
  readonly approvers: readonly string[]
}

/** A key holder's view of the same query: the asker's intent. */
export type EvaluateRequest = {
  readonly type: 'evaluate'
  readonly holder: string
  readonly asker: string
  readonly protocol: 'check' | 'screen'
  readonly purpose: string
  readonly kind: string
  readonly rule: string
  /** Of the key that is asked for. */
  readonly epoch: number
  /** Elements of the batch as received. */
  readonly count: number
  /** The holders that the intent addresses. */
  readonly recipients: readonly string[]
  /** Whether the intent commits to approvals; who gave them, the holder can't see. */
  readonly approved: boolean
}

/** A contributor's own view of tagging flags. */
export type TagRequest = {
  readonly type: 'tag'
  readonly member: string
  readonly kind: string
  readonly epoch: number
  /** Flags that the member's list will hold. */
  readonly listSize: number
  /** Elements that will be sent to the key holders, padding included. */
  readonly count: number
}

/** A key holder's view of tagging. */
export type EvaluateTagsRequest = {
  readonly type: 'evaluate-tags'
  readonly holder: string
  readonly member: string
  readonly kind: string
  readonly epoch: number
  readonly count: number
  readonly recipients: readonly string[]
}

type Round = {
  /** The compute node that announces the round. */
  readonly coordinator: string
  readonly kind: string
  readonly rules: readonly string[]
  readonly contributors: readonly string[]
}

/** The coordinator's own view. */
export type AnnounceRequest = { readonly type: 'announce' } & Round

/** A contributor's view. */
export type ContributeRequest = {
  readonly type: 'contribute'
  readonly member: string
  readonly listSize: number
  readonly newFlags: number
  readonly withdrawnFlags: number
} & Round

/** A compute node's view. */
export type ComputeRequest = { readonly type: 'compute'; readonly node: string } & Round

/** May a member hold a threshold list? Asked by the member and by who would send it. */
export type ConsumeRequest = {
  readonly type: 'consume'
  readonly member: string
  readonly rule: string
}

/** May an asker answer from a list of this age? */
export type AnswerRequest = {
  readonly type: 'answer'
  readonly asker: string
  readonly purpose: string
  readonly rule: string
  /** When the list was published, in milliseconds since 1970. */
  readonly publishedAt: number
}

/** An intersection with another member, as either of the two sees it. */
export type IntersectRequest = {
  readonly type: 'intersect'
  /** Whose view this is. */
  readonly side: 'proposer' | 'partner'
  readonly proposer: string
  readonly partner: string
  readonly purpose: string
  readonly kind: string
  readonly output: 'items' | 'size'
  readonly to: 'proposer' | 'partner' | 'both'
  /** Null while it is not chosen. `prepared`: `ecdh` with a list of the partner's that was masked ahead. */
  readonly protocol: 'ecdh' | 'ot' | 'prepared' | null
  /** Since when that list is as it is, and until when its key lives; milliseconds since 1970. */
  readonly prepared?: { readonly createdAt: number; readonly expiresAt: number }
  /** Padded; null while it is not known. */
  readonly sizes: { readonly proposer: number | null; readonly partner: number | null }
  /** Distinct items of the own list; null while there is none. */
  readonly listSize: number | null
  /** Who of this side consents: people, by id, or the node by its own policy; null while nobody has. */
  readonly consent: readonly string[] | 'policy' | null
}

export type Request =
  | IntersectRequest
  | QueryRequest
  | EvaluateRequest
  | TagRequest
  | EvaluateTagsRequest
  | AnnounceRequest
  | ContributeRequest
  | ComputeRequest
  | ConsumeRequest
  | AnswerRequest

/** Plain counters, as the node last wrote them; `decide` itself knows when a new day or epoch begins. */
export type Usage = {
  /**
   * Elements allowed so far for this asker and purpose: on the asker's node all, on a holder's node
   * those that this holder evaluated. `day` is the UTC day (2027-01-31) of the last of them.
   */
  readonly queried: { readonly day: string; readonly count: number }
  /** Elements evaluated so far for this asker and kind, for all purposes; a holder's counter. */
  readonly asked: { readonly epoch: number; readonly count: number }
  /** Elements tagged so far for this member and kind; `epoch` that of the last of them. */
  readonly tagged: { readonly epoch: number; readonly count: number }
  /** Contributors of the last published round of this kind; null before the first. */
  readonly lastContributors: readonly string[] | null
  /** Whether this member's list was part of a published round of this kind before. */
  readonly contributed: boolean
  /** When the last aggregates of this kind were opened, in milliseconds since 1970; null before. */
  readonly releasedAt: number | null
  /** Intersections of this purpose with the same member within its quota's days, and those of one list. */
  readonly intersected: { readonly pair: number; readonly list: number }
}

/** The counters of a node that has done nothing yet. */
export const NO_USAGE: Usage = {
  queried: { day: '', count: 0 },
  asked: { epoch: 0, count: 0 },
  tagged: { epoch: 0, count: 0 },
  lastContributors: null,
  contributed: false,
  releasedAt: null,
  intersected: { pair: 0, list: 0 },
}

export type Decision =
  | {
      readonly allow: true
      /** What the quota or budget leaves after this request; null where none applies. */
      readonly remaining: number | null
      /** The answer comes from a list beyond its age and must say so. */
      readonly stale: boolean
    }
  | { readonly allow: false; readonly code: RefusalCode }
