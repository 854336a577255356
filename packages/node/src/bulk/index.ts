/** Large amounts of bytes, at the speed of the hardware: memory, key streams, MACs. */

export { aesCtr, gmac } from './ciphers.ts'
export { giveBack, takeBuffer, takeBytes } from './memory.ts'
