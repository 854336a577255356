/**
 * The kernel in WebAssembly SIMD: 128 lanes an instruction. packages/protocol/wasm/mpc.ts writes the
 * module; `npm run kernels` puts its bytes into simd.wasm.ts.
 */

import { fromBase64 } from '../encoding/index.ts'
import { type Kernel, plainKernel, ROW_WORDS } from './kernel.ts'
import type { Share, Words } from './share.ts'
import { simd } from './simd.wasm.ts'

type Exports = {
  and(z: number, mask: number, ...operands: number[]): void
  compare(z: number, mask: number, ...operands: number[]): void
  select(z: number, mask: number, ...operands: number[]): void
  swap(z: number, mask: number, ...operands: number[]): void
  exchange(plane: number, d: number, runs: number, end: number): void
  differ(out: number, plane: number, runs: number, end: number): void
  add(target: number, source: number, bytes: number): void
  transpose(out: number, planes: number, bytes: number): void
}

let compiled: WebAssembly.Module | undefined

/** Over a memory of its own; undefined where the engine has no WebAssembly SIMD or not that much room. */
export function simdKernel(
  pages: number,
): { readonly kernel: Kernel; readonly buffer: ArrayBuffer } | undefined {
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    compiled ??= new WebAssembly.Module(Uint8Array.from(fromBase64(simd)))
    const instance = new WebAssembly.Instance(compiled, { env: { memory } })
    const { buffer } = memory
    return { kernel: over(buffer, instance.exports as Exports), buffer }
  } catch {
    return undefined
  }
}

// Words outside the memory go to the plain kernel.
function over(buffer: ArrayBuffer, wasm: Exports): Kernel {
  const holds = (words: Words) => words.buffer === buffer
  const holdsShare = ({ first, second }: Share) => holds(first) && holds(second)
  const address = (words: Words, at: number) => words.byteOffset + 4 * at
  const onRuns =
    (run: Exports['compare'], plain: Kernel['compare']): Kernel['compare'] =>
    (z, into, mask, plane, base, runs, c, at) => {
      if (!(holds(z) && holds(mask) && holdsShare(plane) && holds(runs) && holdsShare(c)))
        return plain(z, into, mask, plane, base, runs, c, at)
      run(
        address(z, into),
        address(mask, into),
        address(plane.first, base),
        address(plane.second, base),
        address(c.first, at),
        address(c.second, at),
        address(runs, 0),
        address(runs, runs.length),
      )
    }
  return {
    and(z, into, mask, x, atX, y, atY, words) {
      if (!(holds(z) && holds(mask) && holdsShare(x) && holdsShare(y)))
        return plainKernel.and(z, into, mask, x, atX, y, atY, words)
      wasm.and(
        address(z, into),
        address(mask, into),
        address(x.first, atX),
        address(x.second, atX),
        address(y.first, atY),
        address(y.second, atY),
        4 * words,
      )
    },
    compare: onRuns(wasm.compare, plainKernel.compare),
    select: onRuns(wasm.select, plainKernel.select),
    swap: onRuns(wasm.swap, plainKernel.swap),
    exchange(plane, base, runs, d, from) {
      if (!(holds(plane) && holds(runs) && holds(d)))
        return plainKernel.exchange(plane, base, runs, d, from)
      const end = address(runs, runs.length)
      wasm.exchange(address(plane, base), address(d, from), address(runs, 0), end)
    },
    differ(out, at, plane, base, runs) {
      if (!(holds(out) && holds(plane) && holds(runs)))
        return plainKernel.differ(out, at, plane, base, runs)
      const end = address(runs, runs.length)
      wasm.differ(address(out, at), address(plane, base), address(runs, 0), end)
    },
    add(target, at, source, from, words) {
      if (!(holds(target) && holds(source))) return plainKernel.add(target, at, source, from, words)
      wasm.add(address(target, at), address(source, from), 4 * words)
    },
    transpose(out, planes, words) {
      const whole = words % ROW_WORDS === 0
      if (!(whole && holds(out) && holds(planes))) return plainKernel.transpose(out, planes, words)
      wasm.transpose(address(out, 0), address(planes, 0), 4 * words)
    },
  }
}
