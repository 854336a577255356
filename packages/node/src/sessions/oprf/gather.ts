/**
 * What sessions ask for in one turn of the event loop, done as one. A group commit wakes many checks at
 * once, and what they need next costs much less together. Nothing waits longer than that turn.
 */

type Waiting<Item, Result> = {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * @param most items of one `run`
 * @param nameOf only items of one name go together
 * @param run returns for each item, in order, what gives its result or throws its error
 */
export function gathered<Item, Result>(
  most: number,
  nameOf: (item: Item) => string,
  run: (items: readonly Item[]) => Promise<readonly (() => Result)[]>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []

  const settle = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ item }) => item))
      batch.forEach(({ resolve, reject }, i) => {
        try {
          resolve(results[i]!())
        } catch (error) {
          reject(error)
        }
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  const flush = (): void => {
    const groups = new Map<string, Waiting<Item, Result>[]>()
    for (const each of waiting) {
      const name = nameOf(each.item)
      const group = groups.get(name)
      if (group === undefined) groups.set(name, [each])
      else group.push(each)
    }
    waiting = []
    for (const group of groups.values()) {
      for (let from = 0; from < group.length; from += most) {
        void settle(group.slice(from, from + most))
      }
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ item, resolve, reject }) === 1) setImmediate(flush)
    })
}
