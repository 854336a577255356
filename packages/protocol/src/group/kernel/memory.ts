/** A group kernel: a module, its memory, and how much of it lanes and points take. */

import { ModuleMemory } from '../../encoding/kernel/memory.ts'

/** The exports; packages/protocol/wasm/curve/abi.ts says what each does. */
export type KernelExports = {
  readonly memory: WebAssembly.Memory
  lanes(): number
  pointBytes(): number
  tableBytes(): number
  heapBase(): number
  decode(out: number, encodings: number, groups: number, flags: number): void
  fromUniform(out: number, uniform: number, groups: number): void
  encode(encodings: number, points: number, groups: number): void
  doubleEncode(encodings: number, points: number, groups: number, scratch: number): void
  multiply(out: number, points: number, digits: number, groups: number, stride: number): void
  fixedTable(table: number, point: number, scratch: number): void
  fixedMultiply(out: number, table: number, digits: number, groups: number, stride: number): void
  fixedMultiplyAdd(
    out: number,
    points: number,
    table: number,
    digits: number,
    groups: number,
    stride: number,
  ): void
  add(out: number, a: number, b: number, groups: number): void
  subtract(out: number, a: number, b: number, groups: number): void
  straus(
    out: number,
    rows: number,
    q: number,
    digits: number,
    windows: number,
    groups: number,
    scratch: number,
  ): void
  msm(
    out: number,
    points: number,
    groups: number,
    digits: number,
    bits: number,
    windows: number,
    scratch: number,
  ): void
}

export class KernelMemory extends ModuleMemory<KernelExports> {
  readonly lanes = this.call.lanes()
  readonly pointBytes = this.call.pointBytes()
  readonly tableBytes = this.call.tableBytes()

  /** A region for points of so many groups. */
  takePoints(groups: number): number {
    return this.take(groups * this.pointBytes)
  }

  /** Groups that hold `count` elements. */
  groupsOf(count: number): number {
    return Math.ceil(count / this.lanes)
  }
}
