/** Versions of the convenant that this node installed. */

import type { Bytes } from '@drempel/protocol/encoding'

export type ConvenantRecord = {
  readonly digest: string
  readonly version: number
  /** The signed document, byte for byte. */
  readonly document: Bytes
  readonly installedAt: number
}

export interface ConvenantStore {
  /**
   * Installs a version. False, and nothing changed, when one of the same or a higher version is
   * installed, unless it is the same document (then true).
   */
  put(convenant: Omit<ConvenantRecord, 'installedAt'>): Promise<boolean>
  /** The highest version. */
  current(): Promise<ConvenantRecord | null>
  get(digest: string): Promise<ConvenantRecord | null>
  /** Highest version first. */
  history(): Promise<readonly ConvenantRecord[]>
}
