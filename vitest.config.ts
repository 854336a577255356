import { defineConfig } from 'vitest/config'

const source = {
  resolve: { conditions: ['drempel-src'] },
  ssr: { resolve: { conditions: ['drempel-src'] } },
}

// A poll that is not over in a second is one of a busy machine, and its file has longer than this.
const patient = { expect: { poll: { timeout: 30_000 } } }

const slow = { testTimeout: 900_000, hookTimeout: 900_000 }

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
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.slow.test.ts', '**/node_modules/**'],
          // Modules load once a worker instead of once a file, which halves the time: a test file
          // puts back what it changes of the process.
          isolate: false,
          restoreMocks: true,
          unstubGlobals: true,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'slow',
          ...patient,
          include: ['test/**/*.slow.test.ts'],
          exclude: ['test/protocol/**', '**/node_modules/**'],
          ...slow,
          // Each starts processes enough to fill the machine.
          fileParallelism: false,
        },
      },
      {
        ...source,
        test: {
          name: 'slow-protocol',
          ...patient,
          include: ['test/protocol/**/*.slow.test.ts'],
          exclude: ['**/node_modules/**'],
          ...slow,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
