import { defineConfig } from 'vitest/config'

const source = {
  resolve: { conditions: ['drempel-src'] },
  ssr: { resolve: { conditions: ['drempel-src'] } },
}

// A poll that is not over in a second is one of a busy machine, and its file has longer than this.
const patient = { expect: { poll: { timeout: 30_000 } } }

// Modules load once a worker instead of once a file, which halves the time: a test file puts back what
// it changes of the process.
const shared = { isolate: false, restoreMocks: true, unstubGlobals: true }

const slow = { testTimeout: 900_000, hookTimeout: 900_000 }

// They measure time, give processes little of it to end in, or look for what others leave. The other slow
// ones fill each other's pauses.
const ALONE = ['bench/*', 'cli/*', 'node/workers/*', 'timing/*'].map(
  (name) => `test/${name}.slow.test.ts`,
)

export default defineConfig({
  test: {
    // On two cores vitest would take one.
    maxWorkers: '100%',
    projects: [
      {
        ...source,
        test: {
          name: 'quick',
          ...patient,
          ...shared,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.slow.test.ts', '**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'slow',
          ...patient,
          ...shared,
          include: ['test/**/*.slow.test.ts'],
          exclude: [...ALONE, '**/node_modules/**'],
          ...slow,
        },
      },
      {
        ...source,
        test: {
          name: 'slow-alone',
          ...patient,
          include: ALONE,
          exclude: ['**/node_modules/**'],
          ...slow,
          fileParallelism: false,
        },
      },
    ],
  },
})
