/** Why drempel-node does not start or check its store: each code with its exit code, title and what to do. */

import { ProtocolError } from '@drempel/protocol/encoding'
import { z } from 'zod'
import { CLI_ERRORS, type ErrorSpec, fail } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Lang, Text } from './language.ts'

export const NODE_ERRORS: Readonly<Record<string, ErrorSpec>> = {
  BAD_CONFIG: {
    ...CLI_ERRORS.BAD_CONFIG,
    next: {
      nl: 'verander deze instelling in config.yaml in de map van de node',
      en: "change this setting in config.yaml in the node's folder",
    },
  },
  BAD_MASTER_KEY: {
    exit: EXIT.usage,
    title: { nl: 'De hoofdsleutel is er geen', en: 'The master key is none' },
    next: {
      nl: 'waar masterKey in config.yaml naar wijst moet 32 willekeurige bytes in base64 geven',
      en: 'what masterKey in config.yaml points at must give 32 random bytes in base64',
    },
  },
  HOME_FAILED: {
    exit: EXIT.failed,
    title: {
      nl: 'In de map van de node is iets niet te lezen of te schrijven',
      en: "Something in the node's folder cannot be read or written",
    },
    next: {
      nl: 'kijk naar de rechten en de vrije ruimte',
      en: 'look at permissions and free space',
    },
  },
  HOME_MISSING: {
    exit: EXIT.usage,
    title: {
      nl: 'In de map van de node ontbreekt iets, of het is niet te lezen',
      en: "Something is missing in the node's folder, or cannot be read",
    },
    next: {
      nl: 'zet het bestand terug, en geef het aan de gebruiker onder wie de node draait',
      en: 'put the file back, and give it to the user that the node runs as',
    },
  },
  HOME_UNSAFE: {
    exit: EXIT.usage,
    title: {
      nl: 'Anderen op deze machine mogen bij een bestand of map van de node',
      en: "Others on this machine may read or change a file or folder of the node's",
    },
    next: { nl: 'neem hun die rechten af: chmod go=', en: 'take those rights away: chmod go=' },
  },
  MASTER_KEY_UNAVAILABLE: {
    exit: EXIT.usage,
    title: { nl: 'De hoofdsleutel is er niet', en: 'The master key is not there' },
    next: {
      nl: 'zet het genoemde bestand terug of zet de variabele; masterKey in config.yaml zegt waar hij vandaan komt',
      en: 'put the named file back or set the variable; masterKey in config.yaml says where it comes from',
    },
  },
  PORT_TAKEN: {
    exit: EXIT.failed,
    title: {
      nl: 'Op dit adres luistert al een ander programma',
      en: 'Another program listens on this address already',
    },
    next: {
      nl: 'draait deze node al? stop anders wat daar luistert, of verander listen.port in config.yaml',
      en: 'does this node run already? else stop what listens there, or change listen.port in config.yaml',
    },
  },
  SEALED_DAMAGED: {
    exit: EXIT.failed,
    title: {
      nl: 'Een verzegeld bestand van de node is veranderd of hoort ergens anders',
      en: "A sealed file of the node's was changed, or belongs elsewhere",
    },
    next: {
      nl: 'zet dat bestand terug uit de reservekopie van deze node',
      en: "put that file back from this node's backup",
    },
  },
  STORE_BUSY: {
    exit: EXIT.failed,
    title: { nl: 'De opslag is in gebruik', en: 'The store is in use' },
    next: {
      nl: 'de node draait nog; stop hem eerst',
      en: 'the node still runs; stop it first',
    },
  },
  STORE_CORRUPT: {
    exit: EXIT.failed,
    title: {
      nl: 'De opslag is beschadigd, of is geen opslag van Drempel',
      en: 'The store is damaged, or is no store of Drempel',
    },
    next: {
      nl: 'bewaar het bestand, zet geen reservekopie terug en vertel het de FG; de node moet opnieuw worden toegelaten met een nieuwe sleutel',
      en: 'keep the file, restore no backup, and tell the FG; the node has to be re-admitted under a new key',
    },
  },
  STORE_FAILED: {
    exit: EXIT.failed,
    title: {
      nl: 'De opslag is niet te lezen of te schrijven',
      en: 'The store cannot be read or written',
    },
    next: {
      nl: 'kijk naar de vrije ruimte en de rechten van de opslag',
      en: 'check free space and permissions of the store',
    },
  },
  STORE_NEWER: {
    exit: EXIT.failed,
    title: {
      nl: 'Deze opslag is van een nieuwere versie',
      en: 'This store is of a newer release',
    },
    next: { nl: 'gebruik die versie van de node', en: 'run that release of the node' },
  },
  WRONG_MASTER_KEY: {
    exit: EXIT.usage,
    title: {
      nl: 'De hoofdsleutel is niet die van deze node',
      en: "The master key is not this node's",
    },
    next: {
      nl: 'masterKey in config.yaml zegt waar hij vandaan komt',
      en: 'masterKey in config.yaml says where it comes from',
    },
  },
}

const COMPLAINT = z.strictObject({
  error: z.string(),
  at: z.string().optional(),
  hint: z.string().optional(),
})

export type Complaint = z.infer<typeof COMPLAINT>

/** The node says why it ended as one line of JSON; undefined for any other line. */
export function complaintIn(line: string): Complaint | undefined {
  try {
    return COMPLAINT.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

/** @throws ProtocolError its code, or `NODE_FAILED` where that says nothing to a person */
export function failAs({ error, at, hint }: Complaint, lang: Lang): never {
  const told = { ...(at === undefined ? {} : { at }) }
  const plain = error === 'BAD_CONFIG' && lang === 'en' ? hint : undefined
  const more = hint === undefined ? undefined : (SETTINGS[hint]?.[lang] ?? plain)
  if (Object.hasOwn(NODE_ERRORS, error)) {
    const { next } = NODE_ERRORS[error]!
    const said = [...(more === undefined ? [] : [more]), ...(next ? [next[lang]] : [])]
    throw new ProtocolError(error, { ...told, hint: said.join('; ') })
  }
  // The system's own name of an error is told in words where it is known.
  const why = hint ?? (/^E[A-Z]+$/.test(error) ? error : undefined)
  fail('NODE_FAILED', {
    at: at === undefined ? error : `${error} ${at}`,
    ...(why === undefined ? {} : { hint: why }),
  })
}

/** What is wrong with a setting, as people say it. */
export const SETTINGS: Readonly<Record<string, Text>> = {
  'Too small: expected string to have >=1 characters': {
    nl: 'mag niet leeg zijn',
    en: 'may not be empty',
  },
  'a slug: lower-case letters, hyphens, at most four digits in a row': {
    nl: 'kleine letters, cijfers en koppeltekens, te beginnen met een letter, hooguit vier cijfers achter elkaar',
    en: 'lower-case letters, digits and hyphens, a letter first, at most four digits in a row',
  },
  'an origin: https://host[:port], or http on loopback': {
    nl: 'https://NAAM[:POORT], of http op deze machine zelf',
    en: 'https://NAME[:PORT], or http on this machine itself',
  },
  'plain HTTP is for loopback only': {
    nl: 'onversleuteld kan alleen op deze machine zelf, 127.0.0.1; anders --transport tls',
    en: 'plain HTTP is for this machine itself only, 127.0.0.1; else --transport tls',
  },
  'it is no YAML': { nl: 'het is geen YAML', en: 'it is no YAML' },
  'its scheme does not fit the transport': {
    nl: 'https:// bij --transport tls, http:// bij plain-loopback',
    en: 'https:// with --transport tls, http:// with plain-loopback',
  },
}
