/** Sessions of `ot` with both ends in one process, seeded. */

import { ot, type PsiResult } from '@drempel/protocol/psi'
import { type Link, linked } from './link.ts'
import { optionsOf, type Session } from './run.ts'

/** Both results; the first failure when one fails. */
export async function intersectedByOt(
  session: Session,
  pause?: () => Promise<void>,
): Promise<{ receiver: PsiResult; sender: PsiResult; link: Link }> {
  const link = linked(session.tamper, 500)
  const [receiver, sender] = await Promise.all([
    ot(optionsOf(session, 'receiver', link), pause),
    ot(optionsOf(session, 'sender', link), pause),
  ])
  return { receiver, sender, link }
}
