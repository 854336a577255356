/** The node's own output: what a line carries, and what it never does. */

import { expect, test } from 'vitest'
import { createLog } from '../../../packages/node/src/app/log.ts'

function linesOf(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = []
  write(createLog('bank-a', { write: (line) => void lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a line says which member it is about, beside the one that writes it', () => {
  const [line] = linesOf((log) => log('warn', 'log.not-cosigned', { peer: 'bank-b', code: 'BUSY' }))
  expect(line).toMatchObject({
    ...{ event: 'log.not-cosigned', member: 'bank-a', peer: 'bank-b', code: 'BUSY' },
  })
})

test('what has no place in a line is dropped, whoever passes it', () => {
  const fields = { identifier: 'NL91ABNA0417164300', member: 'bank-c', toString: 'x', txid: '00' }
  const [line] = linesOf((log) => log('info', 'psi.done', fields as object))
  expect(Object.keys(line!).sort()).toEqual(['event', 'level', 'member', 'time', 'txid'])
  expect(line!.member).toBe('bank-a')
})
