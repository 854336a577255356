/**
 * Writes the kernel of packages/protocol/src/psi/ot. All operands are addresses, lengths and counts.
 * Addresses depend on which bins the own items fell in: the peer sees none of that.
 */

import { ModuleBuilder } from '../assembler.ts'
import { writeCompress, writePrg } from './blake3.ts'
import { writeItems } from './items.ts'
import { writeConceal, writeCorrect, writeEvaluate, writeOutputs } from './rows.ts'
import { HEAP, MASKS } from './scratch.ts'
import { writeTranspose } from './transpose.ts'

export function psiModule(): Uint8Array {
  const module = new ModuleBuilder({ pages: 0, imported: true })
  const compress = writeCompress(module, 16)
  const compressDigest = writeCompress(module, 4)
  writePrg(module)
  writeItems(module, compress)
  writeTranspose(module)
  writeCorrect(module)
  writeConceal(module, compressDigest)
  writeOutputs(module, compress)
  writeEvaluate(module, compressDigest, compress)
  const masks = new Uint8Array(HEAP - MASKS).fill(0xff, 0, 64)
  module.data(MASKS, masks)
  return module.bytes()
}
