/** config.yaml: strict, so that a misspelt setting stops the node instead of being ignored. */

import { memberSchema } from '@drempel/protocol/convenant'
import { z } from 'zod'
import { fail } from './errors.ts'

/** The master key comes from a file (relative to the home), a variable, or the output of a command. */
const masterKeySource = z.union([
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({ command: z.array(z.string().min(1)).min(1) }),
])

export const nodeConfig = z
  .strictObject({
    /** As the convenant names this node; keys and pin are added from the key files. */
    member: memberSchema.omit({ url: true, signingKey: true, tlsPin: true }),
    listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65_535) }),
    transport: z.enum(['tls', 'plain-loopback']),
    /** Where other members reach the node, as the convenant writes it. */
    publicUrl: memberSchema.shape.url,
    masterKey: masterKeySource,
    store: z.strictObject({ path: z.string().min(1) }),
    /** Threads for long computations; as many as there are cores when it is left out. */
    workers: z.exactOptional(z.int().min(0).max(256)),
    /** When people work; what is asked at other times may raise an alert. Left out: 6 to 22 in Amsterdam. */
    workHours: z.exactOptional(
      z.strictObject({
        timeZone: z.string().refine(isTimeZone, 'an IANA time zone'),
        /** Full hours, the first included and the last not. */
        from: z.int().min(0).max(23),
        until: z.int().min(1).max(24),
        /** Identifiers that one member may ask for one purpose outside them in a day. */
        outside: z.int().min(0),
      }),
    ),
    /**
     * What becomes of proposed intersections, the first that fits: accepted with the node's own active
     * flags, where the convenant leaves consent to policy, or refused. What none fits waits for a person.
     */
    intersections: z.exactOptional(
      z
        .array(
          z.strictObject({
            purpose: z.string().min(1).max(64),
            /** A member; left out: whoever proposes it. */
            from: z.exactOptional(z.string().min(1).max(64)),
            do: z.enum(['accept', 'refuse']),
          }),
        )
        .max(100),
    ),
    /**
     * Whether data subjects are told neither that something is known of them nor that nothing is;
     * left out: of the police alone.
     */
    confidential: z.exactOptional(z.boolean()),
  })
  .superRefine((config, context) => {
    const refuse = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    const plain = config.transport === 'plain-loopback'
    if (plain && !isLoopback(config.listen.host)) {
      refuse(['listen', 'host'], 'plain HTTP is for loopback only')
    }
    if (config.publicUrl.startsWith('http:') !== plain) {
      refuse(['publicUrl'], 'its scheme does not fit the transport')
    }
  })

export type NodeConfig = z.infer<typeof nodeConfig>
export type MasterKeySource = z.infer<typeof masterKeySource>

/** @throws ProtocolError `BAD_CONFIG`, `at` the first field that is wrong */
export function parseConfig(value: unknown): NodeConfig {
  const result = nodeConfig.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const at = issue.path.join('.') || 'config.yaml'
  return fail('BAD_CONFIG', { at, hint: issue.message })
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** 127.0.0.0/8, ::1 and localhost; no other name, since a name can be made to point anywhere. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
