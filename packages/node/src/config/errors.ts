import { failWith } from '@drempel/protocol/encoding'

export type ConfigErrorCode =
  | 'HOME_NOT_EMPTY'
  | 'HOME_MISSING' // no node was set up there
  | 'HOME_UNSAFE' // others on this machine can read or change its files
  | 'HOME_FAILED' // input or output failed
  | 'BAD_CONFIG'
  | 'BAD_MASTER_KEY' // not 32 bytes in base64
  | 'MASTER_KEY_UNAVAILABLE' // the file, variable or command gave none
  | 'WRONG_MASTER_KEY'
  | 'SEALED_DAMAGED' // a sealed value was changed, or belongs to another place

export const fail = failWith<ConfigErrorCode>()
