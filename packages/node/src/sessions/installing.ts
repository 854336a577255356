/**
 * A version of the convenant between what the log says and what the store has: it is installed from its entry
 * on. One that a crash cut off before that never was, one after that is put in its place at the next start,
 * or when it is installed again; neither is entered twice.
 */

import type { AlertCode } from '@drempel/protocol/api'
import { utf8 } from '@drempel/protocol/encoding'
import type { Store } from '../store/index.ts'
import { fail } from './errors.ts'
import { writtenSince } from './written.ts'

const TERMS_CHANGED = 'TERMS_CHANGED' satisfies AlertCode
const BEGUN = 'convenant-begun'
const OTHER =
  'another version is in the log and not in force yet: install that one, or start the node again'

export type Installing = {
  readonly at: number
  readonly digest: string
  readonly version: number
  readonly document: string
  /** Whether it changes what no member may overlook. */
  readonly alerts: boolean
}

type Parts = Pick<Store, 'alerts' | 'convenants' | 'log' | 'meta'>

/** @throws ProtocolError `CONVENANT_UNFIT`, and what `enter` throws */
export async function putLogged(
  store: Parts,
  version: Installing,
  enter: () => Promise<unknown>,
): Promise<void> {
  const begun = await readBegun(store)
  const logged = begun !== null && (await isEntered(store, begun))
  const known = logged && begun.digest === version.digest
  // The log would have two versions of one number, and the store one of them.
  if (logged && !known) fail('CONVENANT_UNFIT', { at: 'version', hint: OTHER })
  if (!known) {
    await store.meta.set(BEGUN, JSON.stringify(version))
    await enter()
  }
  await put(store, known ? begun : version)
}

/** At start. */
export async function finishInstalling(store: Parts): Promise<void> {
  const begun = await readBegun(store)
  if (begun === null) return
  if (await isEntered(store, begun)) await put(store, begun)
  else await store.meta.set(BEGUN, '')
}

/** What is left to do behind the entry; safe to repeat. */
async function put(
  store: Parts,
  { at, digest, version, document, alerts }: Installing,
): Promise<void> {
  if (alerts) {
    const about = { member: null, purpose: null, kind: null, entered: true } as const
    await store.alerts.raise(`${TERMS_CHANGED}/${digest}`, { at, code: TERMS_CHANGED, ...about })
  }
  const stored = await store.convenants.put({ digest, version, document: utf8(document) })
  if (!stored) fail('CONVENANT_UNFIT', { at: 'version' })
  await store.meta.set(BEGUN, '')
}

async function isEntered(store: Parts, { at, digest }: Installing): Promise<boolean> {
  for await (const { event } of writtenSince(store, at)) {
    if (event.type === 'convenant.changed' && event.convenant.digest === digest) return true
  }
  return false
}

async function readBegun({ meta }: Parts): Promise<Installing | null> {
  const text = await meta.get(BEGUN)
  return text ? (JSON.parse(text) as Installing) : null
}
