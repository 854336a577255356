import { isProtocolError } from '@drempel/protocol/encoding'
import type { NodeContext } from './context.ts'

/** Work that no answer waits for; when it fails, the log line names the step and never a message. */
export function behind(
  { log }: Pick<NodeContext, 'log'>,
  step: string,
  work: Promise<unknown>,
): void {
  work.catch((error: unknown) => {
    const name = error instanceof Error ? error.name : typeof error
    log('error', 'task.failed', { step, code: isProtocolError(error) ? error.code : name })
  })
}
