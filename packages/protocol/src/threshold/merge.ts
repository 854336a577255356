/**
 * Merges the partners' sorted lists along the public network: compare-exchange on order bits, swapping
 * whole rows. The control bits c can be kept, and run backwards over a flag plane they carry each flag
 * to the slot its row came from. Messages depend on public sizes only; nothing is opened.
 */

import {
  type Chunk,
  chunkRuns,
  greaterThan,
  newPlanes,
  type Planes,
  planeAt,
  type RowRun,
  type Session,
  type Share,
  swap,
  xorConstant,
} from '../mpc/index.ts'
import type { LayoutRun, MergeNode } from './network.ts'

/** Control bits per layer of every merge node. */
export type Controls = Map<MergeNode, { readonly chunks: readonly Chunk[]; readonly c: Share }[]>

type MergeOptions = {
  readonly orderBits: number
  /** Filled with the control bits, when they are needed to run the network backwards. */
  readonly keep?: Controls | undefined
  /** Called after each layer with the number of pairs it compared. */
  readonly onLayer?: (pairs: number) => void
}

/** @param list called once per partner, so that a list need not be held longer than its own merge */
export async function mergeLists(
  session: Session,
  node: MergeNode,
  list: (partner: number) => Planes,
  options: MergeOptions,
): Promise<Planes> {
  if (node.kind === 'list') return list(node.partner)
  const working = await layOut(session, node, list, options)
  const controls: { chunks: readonly Chunk[]; c: Share }[] = []
  for (const [layer, runs] of node.layers.entries()) {
    const here = session.narrow(`layer${layer}`)
    const chunks = chunkRuns(runs, working.rowWords)
    const c = await greaterThan(here.narrow('compare'), working, chunks, options.orderBits)
    await swap(here.narrow('swap'), working, chunks, c)
    if (options.keep !== undefined) controls.push({ chunks, c })
    options.onLayer?.(countPairs(runs))
  }
  options.keep?.set(node, controls)
  return { ...working, rows: node.rows }
}

/** Pairs that all layers of the network compare. */
export function comparators(node: MergeNode): number {
  if (node.kind === 'list') return 0
  const own = node.layers.reduce((sum, runs) => sum + countPairs(runs), 0)
  return own + comparators(node.left) + comparators(node.right)
}

// A function of its own, so that both sides are free again while the layers run.
async function layOut(
  session: Session,
  node: MergeNode & { readonly kind: 'merge' },
  list: (partner: number) => Planes,
  options: MergeOptions,
): Promise<Planes> {
  const left = await mergeLists(session.narrow('l'), node.left, list, options)
  const right = await mergeLists(session.narrow('r'), node.right, list, options)
  const working = newPlanes(left.bits, node.size, left.rowWords)
  let row = 0
  for (const run of node.layout) {
    fillRows(session, working, row, run, run.from === 'left' ? left : right)
    row += run.count
  }
  return working
}

function countPairs(runs: readonly RowRun[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0)
}

/** Planes over the merged rows go back to where these came from: per partner, planes over its slots. */
export async function unmerge(
  session: Session,
  node: MergeNode,
  planes: Planes,
  controls: Controls,
): Promise<ReadonlyMap<number, Planes>> {
  if (node.kind === 'list') return new Map([[node.partner, planes]])
  const { bits, rowWords } = planes
  const working = newPlanes(bits, node.size, rowWords)
  copyRows(working, 0, planes, 0, node.rows)
  const layers = controls.get(node)!
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    const { chunks, c } = layers[layer]!
    await swap(session.narrow(`layer${layer}`), working, chunks, c)
  }
  const left = newPlanes(bits, node.left.rows, rowWords)
  const right = newPlanes(bits, node.right.rows, rowWords)
  let row = 0
  for (const { from, start, count } of node.layout) {
    if (from !== 'ones') copyRows(from === 'left' ? left : right, start, working, row, count)
    row += count
  }
  return new Map([
    ...(await unmerge(session.narrow('l'), node.left, left, controls)),
    ...(await unmerge(session.narrow('r'), node.right, right, controls)),
  ])
}

function fillRows(
  session: Session,
  into: Planes,
  row: number,
  run: LayoutRun,
  source: Planes,
): void {
  if (run.from !== 'ones') {
    copyRows(into, row, source, run.start, run.count)
    return
  }
  for (let bit = 0; bit < into.bits; bit++) {
    const at = planeAt(into, bit) + row * into.rowWords
    xorConstant(session.party, into.share, -1, at, at + run.count * into.rowWords)
  }
}

function copyRows(into: Planes, row: number, from: Planes, start: number, count: number): void {
  const words = count * into.rowWords
  for (let bit = 0; bit < into.bits; bit++) {
    const to = planeAt(into, bit) + row * into.rowWords
    const at = planeAt(from, bit) + start * from.rowWords
    into.share.first.set(from.share.first.subarray(at, at + words), to)
    into.share.second.set(from.share.second.subarray(at, at + words), to)
  }
}
