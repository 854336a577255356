/** In a child process: the moment at which it kills itself. */

type Step = (...args: never[]) => unknown

/** At the first call that is meant, before it or after what it did is done; nothing follows. */
export function killAt(
  holder: object,
  name: string,
  when: 'before' | 'after',
  meant: (...args: never[]) => boolean = () => true,
): void {
  const bent = holder as { [name: string]: Step }
  const honest = bent[name]!
  bent[name] = function (this: unknown, ...args) {
    if (!meant(...args)) return honest.apply(this, args)
    const kill = () => {
      process.kill(process.pid, 'SIGKILL')
      return new Promise(() => {})
    }
    return when === 'before' ? kill() : Promise.resolve(honest.apply(this, args)).then(kill)
  }
}
