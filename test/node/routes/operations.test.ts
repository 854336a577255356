import {
  adminRoutes,
  alertRoutes,
  auditorLogRoutes,
  flagRoutes,
  outcomeRoutes,
  psiRoutes,
  queryRoutes,
  questionRoutes,
  recordRoutes,
  rehearsalRoutes,
  subjectRoutes,
} from '@drempel/node/internal/routes'
import { openApi, operations } from '@drempel/protocol/api'
import { describe, expect, it } from 'vitest'

// The routes only need to exist here, not to answer.
const asking = (...roles: readonly string[]) => Object.assign(async () => undefined, { roles })
const node = {
  home: {},
  convenant: {},
  sessions: { ctx: {}, rounds: {} },
  operators: { requireRole: asking },
  software: 'drempel/0.0.0',
} as unknown as Parameters<typeof adminRoutes>[0]

/** Each operation with the roles of which it asks one. */
function served(): string[] {
  const apps = [
    adminRoutes,
    alertRoutes,
    auditorLogRoutes,
    flagRoutes,
    outcomeRoutes,
    psiRoutes,
    queryRoutes,
    questionRoutes,
    recordRoutes,
    rehearsalRoutes,
    subjectRoutes,
  ].map((routes) => routes(node))
  const routes = apps.flatMap((app) => app.routes)
  const found = new Map<string, readonly string[]>()
  for (const { method, path, handler } of routes) {
    const name = `${method.toLowerCase()} ${path}`
    const { roles = found.get(name) ?? [] } = handler as { readonly roles?: readonly string[] }
    found.set(name, roles)
  }
  return [...found].map(([name, roles]) => withRoles(name, roles)).sort()
}

function withRoles(name: string, roles: readonly string[]): string {
  return `${name}: ${[...roles].sort().join(' ')}`
}

function described(): string[] {
  const form = (path: string) =>
    path
      .replace('/log/{origin}/{file}', '/log/:path{drempel/.+}')
      .replace('/rounds/{round}', '/rounds/:id')
      .replace(/\{(\w+)\}/g, ':$1')
  return operations
    .map(({ method, path, roles }) => withRoles(`${method} ${form(path)}`, roles))
    .sort()
}

describe('the operator API', () => {
  it('is described exactly as it is served, and to whom', () => {
    expect(described()).toEqual(served())
  })

  it('becomes an OpenAPI document that JSON can carry, with a schema for every request', () => {
    const document = JSON.parse(JSON.stringify(openApi('1.2.3')))
    expect(document.openapi).toBe('3.1.0')
    for (const { method, path, request } of operations) {
      const operation = document.paths[path][method]
      expect(operation.summary, path).toBeTruthy()
      const body = operation.requestBody?.content['application/json'].schema
      expect(body?.type, path).toBe(request === undefined ? undefined : 'object')
    }
  })
})
