/** Channels that a test puts in the place of a member's own. */

import type { Channel } from '@drempel/node/internal/peers'

/** Does what the other does, to be bent in part. */
export function wrapped(channel: Channel): Channel {
  return {
    ...{ peer: channel.peer, bytesSent: 0, bytesReceived: 0 },
    send: (step, payload) => channel.send(step, payload),
    receive: (step) => channel.receive(step),
    receiveInto: (step, into) => channel.receiveInto(step, into),
    roundTrip: () => channel.roundTrip(),
    close: () => channel.close(),
  }
}

/** Takes all, says nothing. */
export const silent: Channel = {
  ...{ peer: 'bank-a', bytesSent: 0, bytesReceived: 0 },
  send: async () => {},
  receive: () => new Promise(() => {}),
  receiveInto: () => new Promise(() => {}),
  roundTrip: () => new Promise(() => {}),
  close: async () => {},
}
