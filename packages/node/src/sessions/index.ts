/** The node's work, wired: peer methods by name, and what routes may ask of it. */

import { type Bytes, type Json, jcs } from '@drempel/protocol/encoding'
import { EvaluationWatch, type Hours, QuestionWatch } from './alerts/index.ts'
import type { NodeContext, PeerMethod } from './context.ts'
import { entering } from './entering.ts'
import { fail } from './errors.ts'
import { keyMethods } from './keys/holder.ts'
import { oprfMethods } from './oprf/holder.ts'
import { Intersections, type PsiRule, psiMethods, psiPolicy } from './psi/index.ts'
import { reconcileMethods } from './reconcile/holder.ts'
import { rehearsalMethods } from './rehearsal.ts'
import { roundMethods } from './round/index.ts'
import { Rounds } from './round/live.ts'
import { createWitnessing } from './witness/index.ts'

export type Sessions = {
  readonly ctx: NodeContext
  readonly rounds: Rounds
  readonly intersections: Intersections
  readonly methods: readonly PeerMethod[]
}

/** @param world everything but what the sessions close over themselves */
export function createSessions(
  world: Omit<NodeContext, 'call' | 'witnessing' | 'watch'>,
  { hours, policy = [] }: { readonly hours?: Hours; readonly policy?: readonly PsiRule[] } = {},
): Sessions {
  const byName = new Map<string, PeerMethod>()
  const call: NodeContext['call'] = async (member, method, body, options) => {
    if (member !== world.self) {
      const { body: answer } = await world.peers.post(member, `/peer/v1/${method}`, body, options)
      return answer
    }
    const own = byName.get(method) ?? fail('BAD_REQUEST', { at: method })
    return asBytes(await own.handle(world.self, asBytes(body)))
  }
  const watch = {
    evaluations: new EvaluationWatch(world, hours),
    questions: new QuestionWatch(world, world.random),
  }
  const ctx: NodeContext = { ...world, call, watch, witnessing: createWitnessing(world) }
  const rounds = new Rounds(ctx)
  const intersections = new Intersections(ctx, psiPolicy(policy))
  const others = entering(ctx, [
    ...keyMethods(ctx),
    ...roundMethods(ctx, rounds),
    ...psiMethods(ctx, intersections),
    ...reconcileMethods(ctx),
    ...rehearsalMethods(ctx),
  ])
  const methods = [...oprfMethods(ctx), ...others]
  for (const method of methods) byName.set(method.name, method)
  return { ctx, rounds, intersections, methods }
}

function asBytes(body: Bytes | Json): Bytes {
  return body instanceof Uint8Array ? body : jcs(body)
}

export { watchReplacement, watchWithdrawal } from './alerts/index.ts'
export {
  askApproved,
  decideQuestion,
  listQuestions,
  proposeQuestion,
  showQuestion,
  type WaitingQuestion,
} from './approvals.ts'
export { behind } from './behind.ts'
export { type CheckAnswer, check } from './check.ts'
export type { InForce, Log, LogFields, NodeContext, PeerMethod } from './context.ts'
export { ConvenantInForce, signDraft } from './convenant.ts'
export { codeOf, type SessionErrorCode } from './errors.ts'
export { activeMembers } from './federation.ts'
export { canonical, checkImport, importFlags, openFlag } from './flags.ts'
export { eachInTurn } from './inturn.ts'
export { generateKey } from './keys/leader.ts'
export { perMinute } from './limit.ts'
export { storeInModes } from './modes.ts'
export { evaluateInputs } from './oprf/asker.ts'
export { feedbackEnds, giveFeedback, LEAST_QUERIES, resultClasses } from './outcomes/index.ts'
export { type OwnersResult, ownersResult } from './owners.ts'
export { sessionProblems } from './problems.ts'
export {
  acceptIntersection,
  acceptPsiChannel,
  addToList,
  endPrepared,
  type Intersections,
  openPrepared,
  openSession,
  PROPOSAL_MS,
  type Prepared,
  PsiLink,
  type PsiSession,
  preparedOf,
  prepareIntersection,
  proposeIntersection,
  refuseIntersection,
  repeatIntersection,
  resultPart,
  sessionOf,
  tellEnds,
  tendPrepared,
  tidyIntersections,
} from './psi/index.ts'
export { createDaily, silentMembers } from './reconcile/daily.ts'
export { compareRehearsal } from './reconcile/rehearsed.ts'
export {
  createRetention,
  decide as decideProposal,
  finishBegun,
  list as listProposals,
  type OpenedProposal,
  openRecord,
  proposeOpening,
  proposeShred,
  shred,
  stuckRecords,
} from './records/index.ts'
export { enterRest, failOpenRounds } from './recover.ts'
export {
  beginRehearsal,
  checkToken,
  currentRehearsal,
  endRehearsal,
  goOnTurning,
  moveRehearsal,
  viewRehearsal,
} from './rehearsal.ts'
export { startRound } from './round/coordinator.ts'
export { acceptRoundChannel } from './round/index.ts'
export { endingOf } from './round/journal.ts'
export { tagsOnList } from './round/lists.ts'
export type { Rounds } from './round/live.ts'
export { nextContribution } from './round/member.ts'
export type { SignedList } from './round/messages.ts'
export { createSchedule } from './schedule.ts'
export * from './subject/index.ts'
export { catchUp } from './sync.ts'
export { activeTags, tagMissing } from './tagging.ts'
export type { AddAnswer } from './witness/witness.ts'
