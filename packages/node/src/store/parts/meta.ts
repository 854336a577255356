/** Small facts about the node: the last clock, the software that ran, the vault's canary. */

export interface MetaStore {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
}
