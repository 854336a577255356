/** What only the WebAssembly kernels have: slices, a memory of their own, and a choice at load. */

import { concat, fromBase64, hex, isProtocolError } from '@drempel/protocol/encoding'
import {
  defaultGroup,
  type Group,
  itemAt,
  libsodiumGroup,
  nobleGroup,
  randomScalars,
  simdGroup,
} from '@drempel/protocol/group'
import { describe, expect, it, vi } from 'vitest'
import { baseline } from '../../../packages/protocol/src/group/kernel/baseline.ts'
import { kernelGroup } from '../../../packages/protocol/src/group/kernel/group.ts'
import { KernelMemory } from '../../../packages/protocol/src/group/kernel/memory.ts'
import { relaxed } from '../../../packages/protocol/src/group/kernel/relaxed.ts'
import { passesSelfTest } from '../../../packages/protocol/src/group/kernel/selftest.ts'
import { fastestGroup } from '../../../packages/protocol/src/group/select.ts'
import { f64x2 } from '../../../packages/protocol/wasm/assembler.ts'
import { groupModule } from '../../../packages/protocol/wasm/curve/abi.ts'
import { relaxedField } from '../../../packages/protocol/wasm/field/relaxed.ts'
import { seededRandom } from '../random.ts'
import { compareBackends } from './differential.ts'

const BUILDS = [
  { build: 'relaxed', module: relaxed },
  { build: 'baseline', module: baseline },
] as const

class RefusedModule {
  constructor() {
    throw new RangeError('larger than this thread may compile')
  }
}

const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (isProtocolError(error)) return `${error.code} ${error.at}`
    throw error
  }
  return 'no error'
}

describe.each(BUILDS)('the kernel $build', ({ build, module }) => {
  const group = simdGroup(build)!
  const random = seededRandom(build)

  it('runs on the Node.js versions that the package supports', () => {
    expect(simdGroup(build)?.backend).toBe(build)
  })

  it('does what libsodium does', () => {
    expect(compareBackends([group], libsodiumGroup, 1000, `quick ${build}`)).toBeGreaterThan(999)
  })

  it('does what noble does', () => {
    expect(compareBackends([group], nobleGroup, 200, `noble ${build}`, [3])).toBeGreaterThan(199)
  })

  it.each([255, 256, 257, 513])('cuts a batch of %i into slices', (count) => {
    const elements = group.fromUniform(random(64 * count))
    const scalars = randomScalars(group, count, random)
    const products = group.multiplySecret(scalars, elements)
    for (const i of [0, 1, 253, 254, 255, 256, 257, 511, 512].filter((i) => i < count)) {
      expect(itemAt(products, i)).toEqual(
        libsodiumGroup.multiplySecret(itemAt(scalars, i), itemAt(elements, i)),
      )
    }
    const sum = group.combinePublic(scalars, elements)
    let rest = products
    while (rest.length > 32) {
      const half = 32 * Math.floor(rest.length / 64)
      const odd = rest.subarray(2 * half)
      rest = concat(group.add(rest.subarray(0, half), rest.subarray(half, 2 * half)), odd)
    }
    expect(sum).toEqual(rest)
  })

  it('says where in a long batch an element is none', () => {
    const elements = group.fromUniform(random(64 * 600))
    const one = randomScalars(group, 1, random)
    for (const at of [0, 1, 255, 256, 257, 511, 512, 599]) {
      const bad = elements.slice().fill(0xff, 32 * at, 32 * at + 32)
      const identity = elements.slice().fill(0, 32 * at, 32 * at + 32)
      expect(codeOf(() => group.assertElements(bad))).toBe(`BAD_ELEMENT ${at}`)
      expect(codeOf(() => group.assertElements(identity))).toBe(`IDENTITY_ELEMENT ${at}`)
      expect(codeOf(() => group.multiplySecret(one, bad))).toBe(`BAD_ELEMENT ${at}`)
      expect(codeOf(() => group.add(elements, bad))).toBe(`BAD_ELEMENT ${at}`)
    }
  })

  it('sums more elements than fit one slice', () => {
    const count = 2049
    const elements = group.fromUniform(random(64 * count))
    const scalars = randomScalars(group, count, random)
    const split = 32 * 1000
    expect(group.combinePublic(scalars, elements)).toEqual(
      group.add(
        group.combinePublic(scalars.subarray(0, split), elements.subarray(0, split)),
        group.combinePublic(scalars.subarray(split), elements.subarray(split)),
      ),
    )
  })

  it('keeps more public keys in use than it keeps tables', () => {
    const elements = group.fromUniform(random(64 * 12))
    const blind = randomScalars(group, 1, random)
    for (const i of [...Array(12).keys(), ...Array(12).keys()]) {
      const base = itemAt(elements, i)
      expect(group.combineMinusSecret(blind, [base], blind, base)).toEqual(new Uint8Array(32))
    }
  })

  it('leaves nothing of a secret in its memory, even after an error', () => {
    const memory = new KernelMemory(fromBase64(module))
    const own = kernelGroup(build, memory)
    const fresh = memory.bytes.slice()
    const elements = own.fromUniform(random(64 * 5))
    const scalars = randomScalars(own, 5, random)
    let busy = false
    own.multiplySecret(scalars, elements)
    own.multiplyBaseSecret(scalars)
    own.combineMinusSecret(scalars.subarray(0, 32), [elements], scalars, elements.subarray(0, 32))
    own.hashPlusBaseSecret([elements], elements, scalars.subarray(0, 32))
    own.hashTimesSecret([elements], elements, scalars.subarray(0, 32))
    codeOf(() => own.multiplySecret(scalars, elements.with(0, 1)))
    memory.run(() => {
      memory.place(scalars, 32, 5)
      busy = memory.bytes.some((byte, i) => byte !== (fresh[i] ?? 0))
    })
    expect(busy).toBe(true)
    expect(memory.bytes.findIndex((byte, i) => byte !== (fresh[i] ?? 0))).toBe(-1)
  })
})

describe('the choice at load', () => {
  it('is the same one each time', () => {
    expect(defaultGroup()).toBe(defaultGroup())
    expect(defaultGroup().backend).toBe(fastestGroup().backend)
  })

  it.each([
    { refused: [], backend: 'relaxed' },
    { refused: [relaxed], backend: 'baseline' },
    { refused: [baseline], backend: 'relaxed' },
    { refused: [relaxed, baseline], backend: 'libsodium' },
  ])('takes $backend where the engine refuses $refused.length', ({ refused, backend }) => {
    const modules = refused.map((module) => hex(fromBase64(module)))
    const { Module } = WebAssembly
    class Choosy extends Module {
      constructor(bytes: Uint8Array<ArrayBuffer>) {
        if (modules.includes(hex(bytes))) throw new WebAssembly.CompileError('refused')
        super(bytes)
      }
    }
    vi.stubGlobal('WebAssembly', Object.create(WebAssembly, { Module: { value: Choosy } }))
    const group = fastestGroup()
    expect(group.backend).toBe(backend)
    expect(compareBackends([group], nobleGroup, 20, backend, [3])).toBeGreaterThan(19)
  })

  it.each([
    ['there is no WebAssembly', () => vi.stubGlobal('WebAssembly', undefined)],
    [
      'the engine refuses to compile',
      () =>
        vi.stubGlobal(
          'WebAssembly',
          Object.create(WebAssembly, { Module: { value: RefusedModule } }),
        ),
    ],
  ])('has no kernel where %s', (_, stub) => {
    stub()
    try {
      for (const { build } of BUILDS) expect(simdGroup(build)).toBeUndefined()
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('refuses relaxed SIMD that rounds a product before it adds', () => {
    const { add, mul } = f64x2
    const madd = vi.spyOn(f64x2, 'relaxedMadd').mockImplementation((a, b, c) => add(mul(a, b), c))
    const module = groupModule(relaxedField)
    expect(madd).toHaveBeenCalled()
    madd.mockRestore()
    expect(passesSelfTest(kernelGroup('twice', new KernelMemory(module)))).toBe(false)
    const fused = new KernelMemory(groupModule(relaxedField))
    expect(passesSelfTest(kernelGroup('once', fused))).toBe(true)
  })

  it.each([
    'fromUniform',
    'multiplySecret',
    'multiplyBaseSecret',
    'hashPlusBaseSecret',
    'hashTimesSecret',
    'combineMinusSecret',
    'combinePublic',
    'subtract',
  ] as const)('refuses a kernel whose %s is off by a bit', (method) => {
    const good = simdGroup('relaxed')!
    expect(passesSelfTest(good)).toBe(true)
    const off = { ...good, [method]: flipping(good[method] as (...args: never[]) => Uint8Array) }
    expect(passesSelfTest(off as Group)).toBe(false)
  })

  it.each(['few', 'many'])('refuses a kernel that sums %s elements wrongly', (how) => {
    const good = simdGroup('relaxed')!
    const off: Group = {
      ...good,
      combinePublic(scalars, ...batches) {
        const right = good.combinePublic(scalars, ...batches)
        const hit = scalars.length > 32 * 24 === (how === 'many')
        return hit ? right.with(0, right[0]! ^ 2) : right
      },
    }
    expect(passesSelfTest(off)).toBe(false)
  })

  it('refuses a kernel that takes elements for none', () => {
    const off: Group = {
      ...simdGroup('baseline')!,
      multiplySecret: () => nobleGroup.multiplySecret(new Uint8Array(32), new Uint8Array(32)),
    }
    expect(passesSelfTest(off)).toBe(false)
  })
})

const flipping =
  (method: (...args: never[]) => Uint8Array) =>
  (...args: never[]) => {
    const right = method(...args)
    return right.with(right.length - 1, right.at(-1)! ^ 1)
  }
