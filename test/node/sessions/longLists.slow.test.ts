/** Lists longer than a call takes arguments, through a whole round of real nodes. */

import { ownersResult } from '@drempel/node/internal/sessions'
import { expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'

const FLAGS = 140_000
const RULE = 'device-t3-owners'

test('three partners that share a hundred thousand flags and more are told of each of them', async () => {
  const federation = await Federation.open({
    kinds: ['host', 'device'],
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'device', t: 3, output: 'owners', keys: 'plain' },
    ],
    listCap: 2 * FLAGS,
  })
  try {
    const devices = Array.from({ length: FLAGS }, (_, i) => `${35_000_000_000_000 + i}01`)
    const fourth = federation.member('bank-b')
    const others = federation.members.filter((member) => member !== fourth)
    for (const member of others) await member.flag(devices, 'device')
    await fourth.flag([devices[0]!, '9900000000000001'], 'device')
    const round = await federation.member('bank-a').round('device')
    expect(round).toMatchObject({ state: 'published', leftOut: [] })
    for (const member of federation.members) {
      await member.ended(round.round)
      const result = await ownersResult(member.ctx, 'device', RULE)
      expect(result?.over.size).toBe(member === fourth ? 1 : FLAGS)
    }
  } finally {
    await federation.close()
  }
}, 900_000)
