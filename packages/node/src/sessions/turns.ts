/**
 * Work that is done one after the other, for each name apart: what a step read of the store is still so
 * when it writes. One that fails holds up nobody.
 */
export class Turns<Name> {
  readonly #last = new Map<Name, Promise<unknown>>()

  async of<Value>(name: Name, work: () => Promise<Value>): Promise<Value> {
    const result = (this.#last.get(name) ?? Promise.resolve()).then(work)
    const turn = result.catch(() => {})
    this.#last.set(name, turn)
    try {
      return await result
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name)
    }
  }
}
