export { createTlsKeys, type TlsKeys, tlsPin } from './certificate.ts'
export type { ConfigErrorCode } from './errors.ts'
export { type InitOptions, initHome, openHome, pathsOf } from './home.ts'
export { openKnownLogs } from './knownlogs.ts'
export { readMasterKey } from './masterkey.ts'
export { openPeriodKeys } from './periodkeys.ts'
export { indexKeyOf, openPurposeKeys, purposeDayName, recordKeyOf } from './purposekeys.ts'
export { systemRandom } from './random.ts'
export {
  isLoopback,
  type MasterKeySource,
  type NodeConfig,
  nodeConfig,
  parseConfig,
} from './schema.ts'
export type * from './types.ts'
export { createVault, openWith, sealWith, type Vault } from './vault.ts'
