/**
 * What can go wrong on this side of the connection: each code with its exit code, its title and what
 * to do next. No title, place or hint may hold a value that was asked or imported.
 */

import { failWith } from '@drempel/protocol/encoding'
import { EXIT, type ExitCode } from './exit.ts'
import type { Text } from './language.ts'

export type CliErrorCode =
  | 'BAD_AUDITOR_KEY'
  | 'ACCESS_MISMATCH'
  | 'BAD_CONFIG'
  | 'BAD_RESPONSE'
  | 'CSV_CELL_TOO_LONG'
  | 'CSV_COLUMN'
  | 'CSV_EMPTY'
  | 'CSV_ENCODING'
  | 'CSV_QUOTE'
  | 'EXPERIMENT_DATA'
  | 'EXPERIMENT_DIFFERS'
  | 'EXPERIMENT_INVALID'
  | 'EXPERIMENT_TOO_LARGE'
  | 'FILE_EXISTS'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'FOLDER_TAKEN'
  | 'HOME_MISSING'
  | 'HOME_NOT_EMPTY'
  | 'IMPORT_EMPTY'
  | 'INSECURE_URL'
  | 'LIST_EMPTY'
  | 'LOG_FORKED'
  | 'LOG_GONE'
  | 'LOG_OF_OTHER'
  | 'MEMBER_FILE'
  | 'NO_ACCESS_FILE'
  | 'NO_LOG'
  | 'NODE_FAILED'
  | 'NODE_TIMEOUT'
  | 'NODE_UNREACHABLE'
  | 'NOT_CONFIRMED'
  | 'PIN_MISMATCH'
  | 'PIN_UNKNOWN'
  | 'RELEASE_WAITS'
  | 'RECEIPT_LEAF'
  | 'REHEARSAL_FILE'
  | 'REHEARSAL_OTHER'
  | 'REHEARSAL_TOO_LARGE'
  | 'REHEARSING'
  | 'REPORT_CHANGED'
  | 'ROUND_FAILED'
  | 'SAME_FILE'
  | 'SIGNATURE_WRONG'
  | 'TOKEN_MISSING'
  | 'USAGE'

export const fail: ReturnType<typeof failWith<CliErrorCode>> = failWith<CliErrorCode>()

export type ErrorSpec = { readonly exit: ExitCode; readonly title: Text; readonly next?: Text }

export const CLI_ERRORS: Readonly<Record<CliErrorCode, ErrorSpec>> = {
  BAD_AUDITOR_KEY: {
    exit: EXIT.usage,
    title: {
      nl: 'Dit bestand is geen sleutel van een auditor',
      en: "This file is no auditor's key",
    },
    next: {
      nl: 'geef een bestand dat er nog niet is; dan wordt er een gemaakt',
      en: 'give a file that is not there yet; then one is made',
    },
  },
  ACCESS_MISMATCH: {
    exit: EXIT.failed,
    title: {
      nl: 'Een logregel zegt iets anders dan het bestand',
      en: 'An entry of the log says other things than the file',
    },
    next: {
      nl: 'bewaar het bestand en vraag de FG van de deelnemer om uitleg',
      en: "keep the file and ask the member's FG to explain",
    },
  },
  BAD_CONFIG: {
    exit: EXIT.usage,
    title: {
      nl: 'Met deze instelling kan een node niet draaien',
      en: 'A node cannot run with this setting',
    },
  },
  BAD_RESPONSE: {
    exit: EXIT.failed,
    title: {
      nl: 'De node gaf een antwoord dat niet te lezen is',
      en: 'The node gave an answer that cannot be read',
    },
    next: {
      nl: 'vergelijk de versies van drempel en drempel-node; wijst --node wel naar een node?',
      en: 'compare the versions of drempel and drempel-node; does --node point at a node?',
    },
  },
  CSV_CELL_TOO_LONG: {
    exit: EXIT.usage,
    title: { nl: 'Een cel is onwaarschijnlijk lang', en: 'A cell is improbably long' },
    next: {
      nl: 'zoek een aanhalingsteken dat niet sluit',
      en: 'look for a quote that never closes',
    },
  },
  CSV_COLUMN: {
    exit: EXIT.usage,
    title: { nl: 'De kopregel heeft die kolom niet', en: 'The header has no such column' },
    next: {
      nl: 'geef een kolomnaam uit de eerste regel, en --delimiter als het scheidingsteken niet herkend wordt',
      en: 'name a column of the first line, and --delimiter if the separator is not recognised',
    },
  },
  CSV_EMPTY: {
    exit: EXIT.usage,
    title: { nl: 'Het bestand is leeg', en: 'The file is empty' },
    next: {
      nl: 'de eerste regel moet kolomnamen bevatten',
      en: 'its first line must name columns',
    },
  },
  CSV_ENCODING: {
    exit: EXIT.usage,
    title: { nl: 'Het bestand is geen UTF-8', en: 'The file is not UTF-8' },
    next: { nl: 'sla het op als "CSV UTF-8"', en: 'save it as "CSV UTF-8"' },
  },
  CSV_QUOTE: {
    exit: EXIT.usage,
    title: {
      nl: 'De aanhalingstekens van een rij kloppen niet (RFC 4180)',
      en: 'The quotes of a row are not right (RFC 4180)',
    },
  },
  EXPERIMENT_DATA: {
    exit: EXIT.usage,
    title: {
      nl: 'De gegevens van de proef zijn zo niet te lezen',
      en: 'The data of the experiment cannot be read like this',
    },
  },
  EXPERIMENT_DIFFERS: {
    exit: EXIT.failed,
    title: {
      nl: 'De nodes gaven een ander antwoord dan de rechtstreekse berekening',
      en: 'The nodes gave another answer than the direct computation',
    },
  },
  EXPERIMENT_INVALID: {
    exit: EXIT.usage,
    title: {
      nl: 'Deze proef klopt niet; verander de genoemde velden',
      en: 'This experiment is not right; change the fields named',
    },
  },
  EXPERIMENT_TOO_LARGE: {
    exit: EXIT.usage,
    title: {
      nl: 'Zoveel verzonnen identificatoren zijn er niet',
      en: 'There are not so many made-up identifiers',
    },
  },
  FILE_EXISTS: {
    exit: EXIT.usage,
    title: {
      nl: 'Er staat al een bestand dat niet wordt overschreven',
      en: 'There is a file already, and it is not overwritten',
    },
    next: { nl: 'geef een andere -o', en: 'give another -o' },
  },
  FILE_UNREADABLE: {
    exit: EXIT.usage,
    title: { nl: 'Een bestand is niet te lezen', en: 'A file cannot be read' },
  },
  FILE_UNWRITABLE: {
    exit: EXIT.failed,
    title: { nl: 'Een bestand is niet te schrijven', en: 'A file cannot be written' },
  },
  FOLDER_TAKEN: {
    exit: EXIT.usage,
    title: {
      nl: 'In die map staat iets anders dan deze proef',
      en: 'That folder holds something else than this experiment',
    },
    next: {
      nl: 'geef een andere --out, of --force om te overschrijven',
      en: 'give another --out, or --force to overwrite',
    },
  },
  HOME_MISSING: {
    exit: EXIT.usage,
    title: { nl: 'Hier is geen node ingericht', en: 'No node was set up here' },
    next: {
      nl: 'geef --home MAP (of $DREMPEL_HOME), of --node URL; inrichten: drempel init',
      en: 'give --home DIR (or $DREMPEL_HOME), or --node URL; to set one up: drempel init',
    },
  },
  HOME_NOT_EMPTY: {
    exit: EXIT.usage,
    title: { nl: 'Die map is niet leeg', en: 'That folder is not empty' },
    next: {
      nl: 'geef een nieuwe map met --home; wat er al staat blijft zoals het is',
      en: 'name a new folder with --home; what is there stays as it is',
    },
  },
  IMPORT_EMPTY: {
    exit: EXIT.failed,
    title: {
      nl: 'Geen rij werd aangenomen; --replace zou alle meldingen intrekken en is niet uitgevoerd',
      en: 'No row was accepted; --replace would withdraw every flag and was not carried out',
    },
    next: {
      nl: 'bekijk het bestand met afgekeurde rijen',
      en: 'look at the file of rejected rows',
    },
  },
  INSECURE_URL: {
    exit: EXIT.usage,
    title: {
      nl: 'Onversleuteld http kan alleen naar deze machine zelf',
      en: 'Plain http is for this machine itself only',
    },
    next: { nl: 'gebruik https://', en: 'use https://' },
  },
  LIST_EMPTY: {
    exit: EXIT.usage,
    title: { nl: 'Geen rij van het bestand was te lezen', en: 'No row of the file could be read' },
    next: {
      nl: 'bekijk het bestand met afgekeurde rijen',
      en: 'look at the file of rejected rows',
    },
  },
  LOG_FORKED: {
    exit: EXIT.failed,
    title: {
      nl: 'Het logboek spreekt tegen wat het eerder ondertekende',
      en: 'The log contradicts what it signed before',
    },
    next: {
      nl: 'bewaar beide checkpoints (map seen): samen bewijzen zij dat de node geschiedenis verving',
      en: 'keep both checkpoints (folder seen): together they prove that the node replaced history',
    },
  },
  LOG_GONE: {
    exit: EXIT.failed,
    title: {
      nl: 'De node noemt een logboek niet meer dat er eerder was',
      en: 'The node no longer names a log that was there before',
    },
    next: {
      nl: 'is de bewaartermijn voorbij, verwijder dan het bestand uit de map seen',
      en: 'if its term has ended, remove the file from the folder seen',
    },
  },
  NO_LOG: {
    exit: EXIT.failed,
    title: { nl: 'De node heeft nog geen logboek', en: 'The node has no log yet' },
    next: {
      nl: 'het begint bij drempel convenant install BESTAND',
      en: 'it begins with drempel convenant install FILE',
    },
  },
  LOG_OF_OTHER: {
    exit: EXIT.failed,
    title: {
      nl: 'Van de eigenaar van dit logboek is geen sleutel bekend',
      en: 'No key is known of the owner of this log',
    },
    next: { nl: 'geef --convenant BESTAND', en: 'give --convenant FILE' },
  },
  MEMBER_FILE: {
    exit: EXIT.usage,
    title: {
      nl: 'member.json is niet de beschrijving van een deelnemer',
      en: 'member.json is no description of a member',
    },
  },
  NO_ACCESS_FILE: {
    exit: EXIT.usage,
    title: {
      nl: 'Dit is geen bestand van drempel subject access of subject letter',
      en: 'This is no file of drempel subject access or subject letter',
    },
    next: {
      nl: 'geef het .json-bestand dat naast de brief staat',
      en: 'give the .json file that lies beside the letter',
    },
  },
  NODE_FAILED: {
    exit: EXIT.failed,
    title: { nl: 'drempel-node eindigde met een fout', en: 'drempel-node ended with an error' },
  },
  NODE_TIMEOUT: {
    exit: EXIT.unreachable,
    title: { nl: 'De node antwoordde niet op tijd', en: 'The node did not answer in time' },
    next: { nl: 'draait hij nog? drempel doctor', en: 'is it still running? drempel doctor' },
  },
  NODE_UNREACHABLE: {
    exit: EXIT.unreachable,
    title: { nl: 'De node is niet bereikbaar', en: 'The node cannot be reached' },
    next: { nl: 'start hem met: drempel up', en: 'start it with: drempel up' },
  },
  NOT_CONFIRMED: {
    exit: EXIT.failed,
    title: { nl: 'Niet bevestigd; er is niets gebeurd', en: 'Not confirmed; nothing was done' },
    next: { nl: 'zonder terminal: --yes', en: 'without a terminal: --yes' },
  },
  PIN_MISMATCH: {
    exit: EXIT.unreachable,
    title: {
      nl: 'De node toont een andere TLS-sleutel dan is vastgelegd; er is niets verstuurd',
      en: 'The node shows another TLS key than the pinned one; nothing was sent',
    },
    next: {
      nl: 'wijst de naam naar een andere machine, of kijkt er iemand mee?',
      en: 'does the name point at another machine, or is someone in between?',
    },
  },
  PIN_UNKNOWN: {
    exit: EXIT.usage,
    title: {
      nl: 'Van deze node is geen TLS-sleutel bekend',
      en: 'No TLS key is known of this node',
    },
    next: {
      nl: 'geef --home van die node, of --pin PIN, of bij log verify --convenant BESTAND',
      en: "give that node's --home, or --pin PIN, or for log verify --convenant FILE",
    },
  },
  RECEIPT_LEAF: {
    exit: EXIT.failed,
    title: {
      nl: 'De ontvangstbevestiging hoort niet bij deze logregel',
      en: 'The receipt does not belong to this log entry',
    },
  },
  REHEARSAL_FILE: {
    exit: EXIT.usage,
    title: {
      nl: 'Dit bestand is geen rehearsal.json van een generale repetitie',
      en: 'This file is no rehearsal.json of a rehearsal',
    },
  },
  REHEARSAL_OTHER: {
    exit: EXIT.usage,
    title: {
      nl: 'Deze bestanden zijn niet van dezelfde generale repetitie',
      en: 'These files are not of one rehearsal',
    },
    next: {
      nl: 'oefen allemaal met hetzelfde convenant en hetzelfde --word',
      en: 'rehearse with one convenant and one --word',
    },
  },
  REHEARSAL_TOO_LARGE: {
    exit: EXIT.usage,
    title: {
      nl: 'Voor deze soort zijn er te weinig nummers die van niemand zijn',
      en: 'Of this kind there are too few numbers that are nobody’s',
    },
    next: {
      nl: 'oefen met een convenant waarin de kleinste lijst (minList) korter is',
      en: 'rehearse with a convenant whose least list (minList) is shorter',
    },
  },
  REPORT_CHANGED: {
    exit: EXIT.failed,
    title: {
      nl: 'Het verslag is niet dat wat de auditor ondertekende',
      en: 'The report is not the one that the auditor signed',
    },
  },
  REHEARSING: {
    exit: EXIT.refused,
    title: {
      nl: 'Op de nodes is een generale repetitie bezig; hun meldingen zijn verzonnen',
      en: 'A rehearsal is on at the nodes; their flags are made up',
    },
    next: {
      nl: 'wacht tot de repetitie voorbij is, of: drempel experiment rehearse --end',
      en: 'wait until the rehearsal is over, or: drempel experiment rehearse --end',
    },
  },
  RELEASE_WAITS: {
    exit: EXIT.refused,
    title: {
      nl: 'Aantallen van deze soort mogen nog niet opnieuw worden vrijgegeven; vanaf wanneer wel:',
      en: 'Counts of this kind may not be released again yet; from when on they may:',
    },
    next: {
      nl: 'zie de rondes van de node en everyDays in het convenant',
      en: "see the node's rounds and everyDays in the convenant",
    },
  },
  ROUND_FAILED: {
    exit: EXIT.failed,
    title: {
      nl: 'De ronde is mislukt; de vorige lijst blijft van kracht',
      en: 'The round failed; the last list stays in force',
    },
    next: { nl: 'drempel doctor, en dan opnieuw', en: 'drempel doctor, then try again' },
  },
  SAME_FILE: {
    exit: EXIT.usage,
    title: {
      nl: 'Het bestand dat gelezen wordt, zou worden overschreven; er is niets gebeurd',
      en: 'The file that is read would be overwritten; nothing was done',
    },
    next: { nl: 'schrijf naar een ander bestand', en: 'write to another file' },
  },
  SIGNATURE_WRONG: {
    exit: EXIT.failed,
    title: {
      nl: 'De node gaf een handtekening die niet bij dit convenant past; niet opgeslagen',
      en: 'The node gave a signature that does not fit this convenant; not saved',
    },
  },
  TOKEN_MISSING: {
    exit: EXIT.unauthorised,
    title: { nl: 'Er is geen token voor deze node', en: 'There is no token for this node' },
    next: {
      nl: 'zet $DREMPEL_TOKEN, of geef de --home van deze node',
      en: "set $DREMPEL_TOKEN, or give this node's --home",
    },
  },
  USAGE: {
    exit: EXIT.usage,
    title: {
      nl: 'Deze opdracht wordt zo niet gebruikt',
      en: 'This is not how the command is used',
    },
  },
}
