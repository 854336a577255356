/**
 * Loaded into every node of the benchmark (`--import`): measures how late the event loop of its main
 * thread runs and what the whole process spends, and writes both down at each SIGUSR2, since the one
 * before.
 */

import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'
import { type Load, loadFile } from './load.ts'

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  let before = process.cpuUsage()
  process.on('SIGUSR2', () => {
    const { user, system } = process.cpuUsage(before)
    const load: Load = {
      p99: delay.percentile(99) / 1e6,
      max: delay.max / 1e6,
      cpu: (user + system) / 1e6,
    }
    const file = loadFile(process.pid)
    writeFileSync(`${file}.new`, JSON.stringify(load))
    renameSync(`${file}.new`, file)
    delay.reset()
    before = process.cpuUsage()
  })
}
