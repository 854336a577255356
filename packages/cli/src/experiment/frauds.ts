/** What each kind of fraud uses, and what each kind of organisation writes down, in a made-up world. */

import type { Sector } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'

export const FRAUDS = ['webshop', 'bankhelpdesk', 'marketplace', 'phishing'] as const
export type Fraud = (typeof FRAUDS)[number]

export const USES: Readonly<Record<Fraud, readonly IdentifierKind[]>> = {
  webshop: ['domain', 'host', 'iban', 'email'],
  bankhelpdesk: ['phone', 'iban', 'device'],
  marketplace: ['iban', 'phone', 'email', 'device'],
  phishing: ['domain', 'host', 'phone', 'device', 'iban'],
}

export const SEES: Readonly<Record<Sector, readonly IdentifierKind[]>> = {
  bank: ['iban', 'phone', 'device', 'domain'],
  telecom: ['phone', 'device', 'domain', 'host'],
  platform: ['iban', 'phone', 'device', 'domain', 'host', 'email'],
  police: ['iban', 'phone', 'device', 'domain', 'host', 'email'],
  helpdesk: ['iban', 'phone', 'domain', 'host', 'email'],
}
