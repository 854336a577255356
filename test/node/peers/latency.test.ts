import { farthestRoundTrip } from '@drempel/node/internal/peers'
import { describe, expect, it } from 'vitest'

/** A link on which the k-th ping takes so long. */
function link(milliseconds: (ping: number) => number) {
  const made = { pings: 0, roundTrip: async () => milliseconds(made.pings++) }
  return made
}

describe('how far away peers are', () => {
  it('is known after one ping that comes back at once', async () => {
    const near = link(() => 0.3)
    expect(await farthestRoundTrip([near])).toBe(0.3)
    expect(near.pings).toBe(1)
  })

  it('is not overstated by a busy machine: one ping in thirty that meets no other work is enough', async () => {
    for (const late of [2, 5, 13]) {
      const busy = link((ping) => (ping === 29 ? 0.4 : late))
      expect(await farthestRoundTrip([busy])).toBe(0.4)
    }
  })

  it('is the least of several pings to a far peer, which take no longer than they need', async () => {
    const far = link((ping) => 40 + ((7 * ping) % 5))
    expect(await farthestRoundTrip([far])).toBe(40)
    expect(far.pings).toBeLessThanOrEqual(10)
    const veryFar = link((ping) => 300 - ping)
    expect(await farthestRoundTrip([veryFar])).toBe(296)
    expect(veryFar.pings).toBe(5)
  })

  it('is that of the farther peer', async () => {
    expect(await farthestRoundTrip([link(() => 25), link(() => 0.2)])).toBe(25)
    expect(await farthestRoundTrip([link(() => 0.2), link(() => 25)])).toBe(25)
  })

  it('ends for a clock that stands still, and fails as the channel does', async () => {
    expect(await farthestRoundTrip([link(() => 0)])).toBe(0)
    const gone = { roundTrip: () => Promise.reject(new Error('gone')) }
    await expect(farthestRoundTrip([link(() => 30), gone])).rejects.toThrow('gone')
  })
})
