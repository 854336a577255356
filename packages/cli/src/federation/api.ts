/** A client of one node's operator API; every answer is parsed by the schema that the node serves. */

import * as schemas from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'

export type Question = {
  readonly kind: IdentifierKind
  readonly purpose: string
  readonly rule: string
}

export type ImportResult = {
  readonly active: number
  readonly added: number
  readonly unchanged: number
  readonly withdrawn: number
  readonly rejected: readonly { readonly value: string; readonly code: string }[]
}

/** An answer other than 2xx, as the node's problem document (RFC 9457) tells it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly problem: schemas.Problem

  constructor(problem: schemas.Problem) {
    const { code, at, culprit, hint } = problem
    super([code, at, culprit && `(${culprit})`, hint].filter(Boolean).join(' '))
    this.problem = problem
  }
}

export type OperatorApi = ReturnType<typeof operatorApi>

/** @param token with the roles that the calls need; `init` makes one with all of them */
export function operatorApi(url: string, token: string) {
  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.ok) return response
    throw new ApiError(schemas.problem.parse(await response.json()))
  }
  const get = async <T>(schema: Schema<T>, path: string): Promise<T> =>
    schema.parse(await (await send('GET', path)).json())
  const put = async <T>(schema: Schema<T>, path: string, body: unknown, method = 'POST') =>
    schema.parse(await (await send(method, path, body)).json())

  const pages = async (
    query: Readonly<Record<string, string>>,
    onPage: () => void = () => {},
  ): Promise<schemas.Flag[]> => {
    const flags: schemas.Flag[] = []
    for (let after: number | null = 0; after !== null; ) {
      const params = new URLSearchParams({ ...query, after: String(after) })
      const page: schemas.FlagPage = await get(schemas.flagPage, `flags?${params}`)
      flags.push(...page.flags)
      after = page.next
      onPage()
    }
    return flags
  }

  return {
    status: () => get(schemas.status, 'status'),
    doctor: () => get(schemas.diagnosis, 'doctor'),
    signConvenant: (convenant: unknown) =>
      put(schemas.convenantSignature, 'convenant/sign', { convenant }),
    installConvenant: (convenant: unknown) =>
      put(schemas.convenantInstalled, 'convenant', { convenant }, 'PUT'),
    generateKey: (kind: IdentifierKind) => put(schemas.epoch, 'keys', { kind }),
    startRound: (kind: IdentifierKind) => put(schemas.round, 'rounds', { kind }),
    round: (round: string) => get(schemas.round, `rounds/${round}`),
    rounds: async () => (await get(schemas.rounds, 'rounds')).rounds,
    check: (question: Question & { readonly value: string }) =>
      put(schemas.checkResponse, 'checks', question),
    screen: (question: Question & { readonly values: readonly string[] }) =>
      put(schemas.screenResponse, 'screens', question),
    receipt: (txid: string) => get(schemas.receipt, `receipts/${txid}`),
    own: (kind: IdentifierKind, rule: string) =>
      get(schemas.ownResponse, `own?${new URLSearchParams({ kind, rule })}`),
    withdraw: (kind: IdentifierKind, values: readonly string[]) =>
      put(schemas.withdrawResponse, 'flags/withdraw', { kind, values }),
    createToken: (name: string, roles: readonly schemas.Role[]) =>
      put(schemas.tokenResponse, 'tokens', { name, roles }),
    origins: async () => (await get(schemas.origins, 'log')).origins,

    /**
     * The whole list in chunks; `replace` withdraws what it does not contain.
     * @param reports how many each value stands for, in the same order
     */
    async importFlags(
      kind: IdentifierKind,
      values: readonly string[],
      {
        replace = false,
        reports = undefined as readonly number[] | undefined,
        onProgress = (_done: number) => {},
      } = {},
    ): Promise<ImportResult> {
      const id = `import-${Date.now().toString(36)}`
      const total = { added: 0, unchanged: 0 }
      const rejected: { value: string; code: string }[] = []
      for (let at = 0; at < values.length; at += schemas.IMPORT_CHUNK) {
        const chunk = values.slice(at, at + schemas.IMPORT_CHUNK)
        const rows = chunk.map((value, i) => {
          const count = reports?.[at + i]
          return { row: at + i, value, ...(count === undefined ? {} : { reports: count }) }
        })
        const answer = await put(schemas.importResponse, 'flags/import', { kind, import: id, rows })
        total.added += answer.added
        total.unchanged += answer.unchanged
        for (const { row, code } of answer.rejected) rejected.push({ value: values[row]!, code })
        onProgress(at + chunk.length)
      }
      const finish = { kind, import: id, replace }
      const end = await put(schemas.importFinishResponse, 'flags/import/finish', finish)
      return { ...total, ...end, rejected }
    },

    /** Every flag, with `over` when a rule is asked for. */
    flags: (kind: IdentifierKind, rule?: string, limit = schemas.MAX_FLAGS) =>
      pages({ kind, limit: String(limit), ...(rule === undefined ? {} : { rule }) }),

    /**
     * The flags that are over a rule of these, with the names of those rules.
     * @param onPage called for each `MAX_FLAGS` flags that the node looked at
     */
    flagsOver: (kind: IdentifierKind, rules: readonly string[], onPage?: () => void) =>
      pages({ kind, limit: String(schemas.MAX_FLAGS), rule: rules.join(), only: 'over' }, onPage),

    /** The signed note of a log's head. */
    checkpoint: async (origin: string) => (await send('GET', `log/${origin}/checkpoint`)).text(),

    /** A tile's bytes by its path; undefined if the log does not serve it. */
    async tile(origin: string, path: string): Promise<Uint8Array | undefined> {
      try {
        return await (await send('GET', `log/${origin}/${path}`)).bytes()
      } catch (error) {
        if (error instanceof ApiError && error.problem.status === 404) return undefined
        throw error
      }
    },
  }
}

type Schema<T> = { parse(value: unknown): T }
