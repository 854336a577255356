/** config.yaml: strict, so that a misspelt setting stops the node instead of being ignored. */

import { z } from 'zod'

const text = z.string().trim().min(1).max(200)

/** The master key comes from a file (relative to the home), a variable, or the output of a command. */
export const masterKeySource = z.union([
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({ command: z.array(z.string()).min(1) }),
])

export const nodeConfig = z
  .strictObject({
    member: z.strictObject({
      id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
      name: text,
      sector: z.enum(['bank', 'telecom', 'platform', 'police', 'helpdesk']),
      contact: text,
      fg: text,
    }),
    listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65_535) }),
    transport: z.enum(['tls', 'plain-loopback']),
    publicUrl: z.url({ protocol: /^https?$/ }),
    masterKey: masterKeySource,
    store: z.strictObject({ path: z.string().min(1) }),
  })
  .superRefine((config, context) => {
    const plain = config.transport === 'plain-loopback'
    const scheme = new URL(config.publicUrl).protocol
    if (plain && !isLoopback(config.listen.host)) {
      context.addIssue({
        code: 'custom',
        path: ['listen', 'host'],
        message: 'plain HTTP is for loopback only',
      })
    }
    if (scheme !== (plain ? 'http:' : 'https:')) {
      context.addIssue({
        code: 'custom',
        path: ['publicUrl'],
        message: 'scheme and transport differ',
      })
    }
  })

export type NodeConfig = z.infer<typeof nodeConfig>
export type MasterKeySource = z.infer<typeof masterKeySource>

/** 127.0.0.0/8, ::1 and localhost; no other name, since a name can be made to point anywhere. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
