/**
 * Bytes that went to peers and came from them since the node started, as sockets count them: what a
 * round really takes. Those of witnesses that are no members and of operators are not among them.
 */

import type { Socket } from 'node:net'

export class Traffic {
  readonly #open = new Set<Socket>()
  #sent = 0
  #received = 0

  /** All that the connection carries, before and after. */
  watch(socket: Socket): void {
    if (this.#open.has(socket) || socket.destroyed) return
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#sent += socket.bytesWritten
      this.#received += socket.bytesRead
    })
  }

  totals(): { readonly sent: number; readonly received: number } {
    let [sent, received] = [this.#sent, this.#received]
    for (const socket of this.#open) {
      sent += socket.bytesWritten
      received += socket.bytesRead
    }
    return { sent, received }
  }
}
