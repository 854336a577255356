/**
 * Work of which no part waits for another, one part after the other: one that fails, be it every time for
 * want of a row that can be read, keeps none from its turn.
 */
export async function eachInTurn(
  parts: Readonly<Record<string, () => Promise<unknown>>>,
  failed: (part: string, error: unknown) => void,
): Promise<void> {
  for (const [name, work] of Object.entries(parts)) {
    try {
      await work()
    } catch (error) {
      failed(name, error)
    }
  }
}

/** The same, told by throwing what the first of them threw when all had their turn. */
export async function allInTurn(works: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  const parts = Object.fromEntries(works.map((work, i) => [i, work]))
  await eachInTurn(parts, (_, error) => void failures.push(error))
  if (failures.length > 0) throw failures[0]
}
