import { paddedListSize } from '@drempel/protocol/convenant'

const list = { least: 64, most: 2 ** 27 }
const terms = { sizes: { proposer: list, partner: list }, stepsPerDoubling: 4 } as const

/** As a drafted convenant has it: 64, then four steps in each doubling. */
export function paddedSize(count: number): number {
  return paddedListSize(terms, 'partner', count)
}
