export { isLoopback, type MasterKeySource, type NodeConfig, nodeConfig } from './schema.ts'
export type * from './types.ts'
