export {
  type Decoded,
  type Elements,
  elementsBetween,
  encodingsOf,
  joinDecoded,
} from './decoded.ts'
export type { GroupErrorCode } from './errors.ts'
export * from './feldman.ts'
export * from './flat.ts'
export * from './group.ts'
export { libsodiumGroup } from './libsodium.ts'
export { nobleGroup } from './noble.ts'
export * from './scalar.ts'
export { defaultGroup, type KernelBuild, simdGroup } from './select.ts'
export * from './shamir.ts'
