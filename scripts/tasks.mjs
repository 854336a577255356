/**
 * What each npm script runs, as arguments of the chosen Node ('pnpm' first: of pnpm). An attended task
 * gets a channel to the launcher, and ends when that closes.
 */

const source = '--conditions=drempel-src'
const quiet = '--disable-warning=ExperimentalWarning'
const script = (file, ...args) => [source, quiet, file, ...args]
const bin = (path, ...args) => [`node_modules/${path}`, ...args]
const vitest = (...args) => bin('vitest/vitest.mjs', 'run', ...args)

export const tasks = {
  demo: { attended: true, steps: (rest) => [script('examples/src/demo/main.ts', ...rest)] },
  drempel: { attended: true, steps: (rest) => [script('packages/cli/src/main.ts', ...rest)] },
  test: { steps: (rest) => [vitest('--project', 'quick', ...rest)] },
  'test:slow': { steps: (rest) => [vitest('--project', 'slow*', ...rest)] },
  timing: { steps: (rest) => [script('test/timing/main.ts', ...rest)] },
  differential: { steps: (rest) => [script('test/protocol/group/check.ts', ...rest)] },
  kernels: { steps: () => [script('packages/protocol/wasm/build.ts')] },
  bench: { steps: (rest) => [script('test/bench/main.ts', ...rest)] },
  typecheck: { steps: (rest) => [bin('typescript/bin/tsc', '-b', ...rest)] },
  lint: {
    steps: () => [
      bin('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
      bin('knip/bin/knip.js'),
    ],
  },
  format: { steps: () => [bin('@biomejs/biome/bin/biome', 'check', '--write', '.')] },
  pnpm: { noInstall: true, steps: (rest) => [['pnpm', ...rest]] },
}
