/** The command line of `npm run differential`, or undefined when it makes no sense. */

const BUILDS = ['relaxed', 'baseline'] as const

export type Command = {
  readonly fieldOperations: number
  readonly groupOperations: number
  readonly seed: number
  readonly builds: readonly (typeof BUILDS)[number][]
}

export const USAGE = `npm run differential -- [FIELD [GROUP [SEED [BUILD]]]]

FIELD   operations of each kernel's field against BigInt (1e6)
GROUP   operations of each kernel against libsodium, and a hundredth against noble (1e4)
SEED    a whole number below 2^32 (the time)
BUILD   ${BUILDS.join(' or ')} (both)

Example:  npm run differential -- 1e8 1e6`

export function readCommand(args: readonly string[], now: number): Command | undefined {
  const [field = '1e6', group = '1e4', seed = String(now % 2 ** 32), build, ...more] = args
  const numbers = [field, group, seed].map(wholeNumber)
  const [fieldOperations, groupOperations, start] = numbers as [number, number, number]
  const builds = BUILDS.filter((name) => build === undefined || build === name)
  const known = numbers.every((number) => number !== undefined) && start < 2 ** 32
  if (!known || builds.length === 0 || more.length > 0) return undefined
  return { fieldOperations, groupOperations, seed: start, builds }
}

/** Also as 1e6. */
function wholeNumber(text: string): number | undefined {
  const number = /^\d+(e\d+)?$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}
