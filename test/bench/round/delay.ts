/** A link as long as one of a wide area: bytes to a port of this machine arrive later, in their order. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Detour = { readonly port: number; close(): void }

/** @param delayMs each way */
export async function delayed(to: number, delayMs: number): Promise<Detour> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (from) => {
    const onward = connect({ host: '127.0.0.1', port: to, noDelay: true })
    for (const socket of [from, onward]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    carry(from, onward, delayMs)
    carry(onward, from, delayMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function carry(from: Socket, to: Socket, delayMs: number): void {
  // Timers of one length fire in the order in which they were set.
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs))
  from.on('end', () => setTimeout(() => to.end(), delayMs))
  from.on('error', () => to.destroy())
}
