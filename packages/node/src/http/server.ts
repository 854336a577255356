/** node:http or node:https under a Hono app. */

import type { Hono } from 'hono'

export type ServerLimits = {
  readonly maxConnections: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly maxHeaderBytes: number
}

export type ServerOptions = {
  // biome-ignore lint/suspicious/noExplicitAny: any environment of the app
  readonly app: Hono<any>
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** PEM; absent means plain HTTP, which is refused unless `host` is a loopback address. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly limits?: Partial<ServerLimits>
}

export type RunningServer = {
  readonly host: string
  readonly port: number
  /** Stops accepting, lets requests under way end for at most `graceMs`, then destroys sockets. */
  close(graceMs?: number): Promise<void>
}

export declare function startServer(options: ServerOptions): Promise<RunningServer>
