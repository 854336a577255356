/** Every command, in the order of the help. */

import type { Text } from '../output/language.ts'
import { alertList, alertSeen } from './alert.ts'
import { checkCommand } from './check.ts'
import {
  convenantDiff,
  convenantInstall,
  convenantShow,
  convenantSign,
  convenantVerify,
} from './convenant.ts'
import { convenantDraft } from './convenant-draft.ts'
import type { AnyCommand } from './define.ts'
import { doctorCommand } from './doctor.ts'
import { experimentRun, experimentWorld } from './experiment.ts'
import { flagCodes, flagList, flagWithdraw } from './flag.ts'
import { flagImport } from './flag-import.ts'
import { initCommand, upCommand } from './init.ts'
import { keysGenerate, keysList } from './keys.ts'
import { logShow, logVerify } from './log.ts'
import { logBreach } from './log-breach.ts'
import { logConflicts } from './log-conflicts.ts'
import { logExport } from './log-export.ts'
import { logFetch } from './log-fetch.ts'
import { logFsck } from './log-fsck.ts'
import { logOpen } from './log-open.ts'
import { logApprove, logProposals } from './log-proposals.ts'
import { logQuorum } from './log-quorum.ts'
import { logReconcile } from './log-reconcile.ts'
import { logReport, logReportVerify } from './log-report.ts'
import { logShred } from './log-shred.ts'
import { logWatch } from './log-watch.ts'
import { feedbackCommand, logClasses } from './outcome.ts'
import { psiAccept, psiList, psiPropose, psiRefuse, psiRepeat, psiRun, psiShow } from './psi.ts'
import { psiErase, psiPrepare, psiPrepared } from './psi-prepared.ts'
import { questionApprove, questionAskCommand, questionList, questionShow } from './question.ts'
import { recallClose, recallList } from './recall.ts'
import { receiptGet, receiptVerify } from './receipt.ts'
import { experimentRehearse } from './rehearse.ts'
import { roundRun, roundShow, roundStatus } from './round.ts'
import { screenCommand } from './screen.ts'
import { statusCommand } from './status.ts'
import { subjectClose, subjectExtend, subjectLetter, subjectList } from './subject.ts'
import { subjectAccessCommand } from './subject-access.ts'
import { subjectErase, subjectLift, subjectObject, subjectRectify } from './subject-acts.ts'
import { subjectVerify } from './subject-verify.ts'
import { tokenCreate, tokenList, tokenRevoke } from './token.ts'

export const GROUPS = {
  convenant: { nl: 'de afspraak tussen alle deelnemers', en: 'the agreement of all members' },
  keys: { nl: 'de gedeelde sleutel', en: 'the shared key' },
  flag: { nl: 'de eigen meldingen', en: 'the own flags' },
  round: { nl: 'rondes en drempellijsten', en: 'rounds and threshold lists' },
  receipt: { nl: 'ontvangstbevestigingen van vragen', en: 'receipts of queries' },
  question: {
    nl: 'vragen die niemand alleen mag stellen',
    en: 'questions that nobody may ask alone',
  },
  psi: { nl: 'twee lijsten vergelijken', en: 'two lists intersected' },
  log: { nl: 'het controleerbare logboek', en: 'the verifiable log' },
  alert: { nl: 'wat opviel in het gebruik', en: 'what stood out in how the node is used' },
  subject: { nl: 'verzoeken van betrokkenen', en: 'requests of data subjects' },
  recall: { nl: 'antwoorden die niet meer gelden', en: 'answers that no longer hold' },
  experiment: {
    nl: 'de proeftuin: wat delen zou opleveren, en wat het kost',
    en: 'experiments: what sharing would yield, and what it costs',
  },
  token: { nl: 'wie wat mag op de eigen node', en: 'who may do what at the own node' },
} as const satisfies Record<string, Text>

export const COMMANDS: readonly AnyCommand[] = [
  ...[initCommand, upCommand],
  ...[convenantDraft, convenantSign, convenantVerify, convenantShow, convenantDiff],
  ...[convenantInstall, keysGenerate, keysList],
  ...[flagImport, flagList, flagWithdraw, flagCodes],
  ...[roundRun, roundStatus, roundShow],
  ...[checkCommand, screenCommand, receiptGet, receiptVerify],
  ...[questionList, questionShow, questionApprove, questionAskCommand, feedbackCommand],
  ...[psiPropose, psiAccept, psiRefuse, psiRepeat, psiList, psiRun, psiShow],
  ...[psiPrepare, psiPrepared, psiErase],
  ...[logVerify, logQuorum, logShow, logWatch, logExport, logReport, logReportVerify, logBreach],
  ...[logFetch, logReconcile, logConflicts, logFsck],
  ...[logOpen, logShred, logProposals, logApprove],
  ...[logClasses, statusCommand, doctorCommand, alertList, alertSeen],
  ...[subjectAccessCommand, subjectVerify, subjectObject, subjectErase, subjectRectify],
  ...[subjectLift, subjectList, subjectExtend, subjectClose, subjectLetter],
  ...[recallList, recallClose],
  ...[experimentRun, experimentWorld, experimentRehearse],
  ...[tokenCreate, tokenList, tokenRevoke],
]
