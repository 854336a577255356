/** Small facts about the node: the last clock, the software that ran, the vault's canary. */

export type MetaEntry = { readonly key: string; readonly value: string }

export interface MetaStore {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
}
