/** Large amounts of bytes, at the speed of the hardware: memory, key streams, MACs, hashes. */

export { aesCtr, gmac } from './ciphers.ts'
export { sha256 } from './hash.ts'
export { giveBack, takeBuffer, takeBytes } from './memory.ts'
