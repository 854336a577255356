/** Which lists are intersected how, and what is expected of it. */

import type { PsiOutput, PsiProtocol } from '@drempel/protocol/psi'
import type { Mode } from '../harness/suite.ts'

export type Workload = {
  readonly receiver: number
  readonly sender: number
  /** How many both have. */
  readonly common: number
  readonly output: PsiOutput
  /** In turns over the same lists. */
  readonly contenders: readonly Contender[]
  /** Beside psi.js, in turns. */
  readonly psiJs?: boolean
}

export type Contender = {
  readonly protocol: PsiProtocol
  /** The sender's list goes ahead of the question. */
  readonly prepared?: boolean
  readonly goals: Goals
}

/** In the units of the suite's results. */
export type Goals = {
  readonly seconds?: number
  readonly timesPsiJs?: number
  readonly peakMiB?: number
  readonly megabytes?: number
}

const MILLION = 2 ** 20

export const WORKLOADS: Readonly<Record<Mode, readonly Workload[]>> = {
  full: [
    {
      ...equal(10_000, 'items'),
      psiJs: true,
      contenders: [
        { protocol: 'ecdh', goals: { timesPsiJs: 25 } },
        { protocol: 'ot', goals: { timesPsiJs: 200 } },
      ],
    },
    {
      ...equal(MILLION, 'items'),
      contenders: [{ protocol: 'ot', goals: { seconds: 4, peakMiB: 800, megabytes: 110 } }],
    },
    {
      receiver: 1_000,
      sender: 1_000_000,
      common: 500,
      output: 'items',
      contenders: [
        { protocol: 'ecdh', prepared: true, goals: { seconds: 5 } },
        { protocol: 'ot', goals: {} },
      ],
    },
    {
      ...equal(MILLION, 'size'),
      contenders: [{ protocol: 'ecdh', goals: { seconds: 150 } }],
    },
  ],
  quick: [
    {
      ...equal(500, 'items'),
      psiJs: true,
      contenders: [
        { protocol: 'ecdh', goals: { timesPsiJs: 25 } },
        { protocol: 'ot', goals: {} },
      ],
    },
    {
      ...equal(MILLION / 8, 'items'),
      contenders: [{ protocol: 'ot', goals: { seconds: 4 / 8, peakMiB: 800, megabytes: 110 / 8 } }],
    },
    {
      receiver: 1_000,
      sender: 20_000,
      common: 500,
      output: 'items',
      contenders: [{ protocol: 'ecdh', prepared: true, goals: { seconds: 5 } }],
    },
    {
      ...equal(MILLION / 128, 'size'),
      contenders: [{ protocol: 'ecdh', goals: { seconds: 150 / 128 } }],
    },
  ],
  smoke: [
    {
      ...equal(20, 'items'),
      psiJs: true,
      contenders: [
        { protocol: 'ecdh', goals: {} },
        { protocol: 'ot', goals: {} },
      ],
    },
    {
      receiver: 5,
      sender: 100,
      common: 3,
      output: 'items',
      contenders: [{ protocol: 'ecdh', prepared: true, goals: {} }],
    },
    { ...equal(70, 'size'), contenders: [{ protocol: 'ecdh', goals: {} }] },
  ],
}

/** Minutes, gigabytes of memory and of disk: on its own, when asked for. */
export const LARGE: Workload = {
  ...equal(10_000_000, 'items'),
  contenders: [{ protocol: 'ot', goals: { seconds: 60, peakMiB: 4096 } }],
}

function equal(size: number, output: PsiOutput) {
  return { receiver: size, sender: size, common: size / 2, output }
}
