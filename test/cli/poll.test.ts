import { poll } from '@drempel/cli/internal/client/poll'
import { ProtocolError } from '@drempel/protocol/encoding'
import { expect, it } from 'vitest'

/** Looks that read these, one after the other; an error is thrown. */
function looks(...read: readonly (string | ProtocolError)[]) {
  const world = { now: 0 }
  const left = [...read]
  const next = poll(
    () => world.now,
    'begun',
    async () => {
      const one = left.shift()!
      if (typeof one !== 'string') throw one
      return one
    },
  )
  return { world, next }
}
const failed = (code: string) => new ProtocolError(code)

it('keeps what a node said while it is away, for a minute', async () => {
  const away = [failed('NODE_UNREACHABLE'), failed('NODE_TIMEOUT')]
  const { world, next } = looks(...away.slice(0, 1), 'half', ...away.slice(1), 'done')
  const told: string[] = []
  for (let i = 0; i < 4; i++) {
    told.push(await next())
    world.now += 59_000
  }
  expect(told).toEqual(['begun', 'half', 'half', 'done'])
})

it('ends when the node stays away, and at once for what it says itself', async () => {
  const gone = looks('half', failed('NODE_UNREACHABLE'), failed('NODE_UNREACHABLE'))
  const refused = looks(failed('NODE_PROBLEM')).next()
  const ends = async () => {
    await gone.next()
    gone.world.now += 60_000
    expect(await gone.next()).toBe('half')
    gone.world.now += 1
    await gone.next()
  }
  await Promise.all([
    expect(refused).rejects.toMatchObject({ code: 'NODE_PROBLEM' }),
    expect(ends()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' }),
  ])
})
