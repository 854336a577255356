/** @openmined/psi.js: private set intersection on the curve P-256, compiled to WebAssembly. */

import { readFileSync } from 'node:fs'
import PSI from '@openmined/psi.js'
import { peerName } from '../harness/versions.ts'

/** What is used of its interface. */
type Library = {
  readonly dataStructure: { readonly Raw: unknown }
  readonly server: { createWithNewKey(revealIntersection: boolean): Server }
  readonly client: { createWithNewKey(revealIntersection: boolean): Client }
}
type Server = {
  createSetupMessage(fpr: number, clients: number, items: string[], structure: unknown): object
  processRequest(request: object): object
  delete(): void
}
type Client = {
  createRequest(items: string[]): object
  getIntersection(setup: object, response: object): readonly number[]
  delete(): void
}

export const PEER = peerName('@openmined/psi.js')

/** Both sides one after the other in this process, lists in memory; its encodings are left out. */
export async function psiJs(
  files: { readonly receiver: string; readonly sender: string },
  common: number,
): Promise<() => void> {
  const library = (await (PSI as unknown as () => Promise<Library>)()) satisfies Library
  const [own, theirs] = [itemsOf(files.receiver), itemsOf(files.sender)]
  return () => {
    const server = library.server.createWithNewKey(true)
    const client = library.client.createWithNewKey(true)
    // The exact one of its data structures; the rate of false matches is for the others.
    const setup = server.createSetupMessage(0, own.length, theirs, library.dataStructure.Raw)
    const response = server.processRequest(client.createRequest(own))
    const found = client.getIntersection(setup, response)
    server.delete()
    client.delete()
    if (found.length !== common) throw new Error(`${PEER} found ${found.length}, not ${common}`)
  }
}

function itemsOf(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
}
