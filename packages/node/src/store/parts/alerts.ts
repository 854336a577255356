/** What stood out in how the node is used. A row names members, purposes and kinds, never an identifier. */

export type AlertRecord = {
  readonly id: number
  readonly at: number
  readonly code: string
  /** Who asked; null for the node's own people. */
  readonly member: string | null
  readonly purpose: string | null
  readonly kind: string | null
  /** Name of the token whose holder has looked at it. */
  readonly seenBy: string | null
  readonly seenAt: number | null
}

export type NewAlert = Pick<AlertRecord, 'at' | 'code' | 'member' | 'purpose' | 'kind'> & {
  /** Where the log says it already, in an entry of another type. */
  readonly entered?: true
}

export interface AlertStore {
  /** @param once of alerts with the same text only the first is kept @returns its id, null if there was one */
  raise(once: string, alert: NewAlert): Promise<number | null>
  /** Unseen ones, or all; the latest first. */
  list(options: { readonly all: boolean; readonly limit: number }): Promise<readonly AlertRecord[]>
  /** False if it is unknown or was seen before. */
  see(id: number, by: string, at: number): Promise<boolean>
  /** Those that the log does not have yet, oldest first. */
  unentered(): Promise<readonly AlertRecord[]>
  setEntered(id: number): Promise<void>
}
