/**
 * A reverse proxy before a node's port that writes down the shape of what other nodes send to it and
 * what they get back: sender, method, bytes of the body, and of every frame of a channel.
 */

import { createServer, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { ByteReader, fromUtf8 } from '@drempel/protocol/encoding'

export type Shape = {
  readonly from: string
  readonly to: string
  /** The peer method, or the step of a frame. */
  readonly what: string
  /** Bytes of the request or of the frame, part by part where parts differ in meaning. */
  readonly sent: readonly number[]
  readonly answered: readonly number[]
}

export class Tap {
  readonly shapes: Shape[] = []
  readonly #closers: (() => void)[] = []

  /** @returns the URL that others use from now on */
  async before(to: string, port: number): Promise<string> {
    const server = createServer(async (incoming, outgoing) => {
      const body = await bodyOf(incoming)
      const { method, url, rawHeaders: headers } = incoming
      const forward = request({
        host: '127.0.0.1',
        port,
        method,
        path: url,
        headers,
        setHost: false,
      })
      forward.on('error', () => outgoing.destroy())
      forward.on('response', async (response) => {
        const answer = await bodyOf(response)
        outgoing.writeHead(response.statusCode!, response.rawHeaders)
        outgoing.end(answer)
        this.#exchange(senderOf(incoming), to, url!, body, answer)
      })
      forward.end(body)
    })
    server.on('upgrade', (incoming, socket: Socket, head) => {
      const from = senderOf(incoming)
      const target = connect(port, '127.0.0.1')
      const lines = []
      for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
        lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`)
      }
      target.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      target.write(head)
      const sent = new FrameReader(false, (step, length) => {
        this.shapes.push({ from, to, what: step, sent: [length], answered: [] })
      })
      const received = new FrameReader(true, (step, length) => {
        this.shapes.push({ from: to, to: from, what: step, sent: [length], answered: [] })
      })
      socket.on('data', (bytes: Buffer) => sent.take(bytes))
      target.on('data', (bytes: Buffer) => received.take(bytes))
      socket.pipe(target).pipe(socket)
      for (const end of [socket, target])
        end.on('error', () => void [socket.destroy(), target.destroy()])
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.#closers.push(() => {
      server.close()
      server.closeAllConnections()
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return `http://127.0.0.1:${address.port}`
  }

  close(): void {
    for (const close of this.#closers) close()
  }

  #exchange(from: string, to: string, url: string, body: Buffer, answer: Buffer): void {
    const what = url.replace('/peer/v1/', '')
    if (what === 'oprf/evaluate') {
      // The receipt grows with the asker's log, the checkpoint's size with the holder's: parts apart.
      const [header, , elements] = blocks(body)
      const [evaluated, proof] = blocks(answer)
      // Which holders are asked is drawn anew each time.
      this.shapes.push({
        from,
        to: '*',
        what,
        sent: [header!, elements!],
        answered: [evaluated!, proof!],
      })
      return
    }
    this.shapes.push({ from, to, what, sent: [body.length], answered: [answer.length] })
  }
}

/** RFC 9421: the key id of a request's signature is the member that sent it. */
function senderOf({ headers }: IncomingMessage): string {
  return /keyid="([^"]+)"/.exec(String(headers['signature-input']))?.[1] ?? 'nobody'
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function blocks(bytes: Buffer): number[] {
  const reader = new ByteReader(bytes)
  return [0, 1, 2].map(() => reader.block(1 << 24).length)
}

/** Data frames of RFC 6455 in a stream: `u16 step length, step, payload` in each. */
class FrameReader {
  #pending = Buffer.alloc(0)
  #headLeft: boolean
  readonly #onFrame: (step: string, length: number) => void

  /** @param behindHead whether an HTTP response head comes first */
  constructor(behindHead: boolean, onFrame: (step: string, length: number) => void) {
    this.#headLeft = behindHead
    this.#onFrame = onFrame
  }

  take(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes])
    if (this.#headLeft) {
      const end = this.#pending.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#pending = this.#pending.subarray(end + 4)
      this.#headLeft = false
    }
    while (this.#frame());
  }

  #frame(): boolean {
    const bytes = this.#pending
    if (bytes.length < 2) return false
    const opcode = bytes[0]! & 15
    const masked = bytes[1]! >= 128
    let [length, at] = [bytes[1]! & 127, 2]
    if (length === 126) [length, at] = [bytes.length < 4 ? Infinity : bytes.readUInt16BE(2), 4]
    else if (length === 127)
      [length, at] = [bytes.length < 10 ? Infinity : bytes.readUIntBE(4, 6), 10]
    const start = at + (masked ? 4 : 0)
    if (bytes.length < start + length) return false
    if (opcode < 8) {
      const payload = bytes
        .subarray(start, start + length)
        .map((byte, i) => (masked ? byte ^ bytes[at + (i % 4)]! : byte))
      const stepLength = payload[0]! * 256 + payload[1]!
      const step = fromUtf8(payload.subarray(2, 2 + stepLength))
      this.#onFrame(step, length)
    }
    this.#pending = bytes.subarray(start + length)
    return true
  }
}
