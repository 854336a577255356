import { ProtocolError } from '@drempel/protocol/encoding'
import { expect, test } from 'vitest'
// Not for users of the layer.
import { culpritOf } from '../../../packages/node/src/sessions/errors.ts'

const told = (at: string) => new ProtocolError('PEER_PROBLEM', { culprit: 'bank-b', at })

test.each(['NODES_DISAGREE', 'REVEAL_MISMATCH'])(
  'who says %s is not at fault, nor is anybody else',
  (code) => {
    expect(culpritOf(told(code))).toBeUndefined()
    expect(culpritOf(new ProtocolError(code))).toBeUndefined()
  },
)

test('who refuses without naming another is', () => {
  expect(culpritOf(told('WRONG_LENGTH'))).toBe('bank-b')
  expect(culpritOf(new ProtocolError('WRONG_LENGTH', { culprit: 'telecom' }))).toBe('telecom')
})
