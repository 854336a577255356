import {
  createProblemMapper,
  httpProblems,
  problemHandler,
  problemNotFound,
} from '@drempel/node/internal/http'
import { ProtocolError } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'

function appWith(error: Error, raw: [unknown, string][] = []) {
  const mapper = createProblemMapper({
    table: httpProblems,
    random: (length) => new Uint8Array(length).fill(1),
    onInternal: (cause, reference) => raw.push([cause, reference]),
  })
  const app = new Hono()
  app.onError(problemHandler(mapper))
  app.notFound(problemNotFound())
  app.get('/', () => {
    throw error
  })
  return app
}

describe('a problem document', () => {
  it('carries code, culprit, place and hint of a known error', async () => {
    const details = { culprit: 'bank', at: 'kinds[2]', hint: 'Ask the admin.' }
    const response = await appWith(new ProtocolError('FORBIDDEN', details)).request('/')
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toEqual({
      type: 'urn:drempel:error:FORBIDDEN',
      title: 'Your token lacks the role for this',
      status: 403,
      code: 'FORBIDDEN',
      ...details,
    })
  })

  it('never carries evidence', async () => {
    const evidence = new TextEncoder().encode('signed bytes')
    const response = await appWith(new ProtocolError('FORBIDDEN', { evidence })).request('/')
    expect(await response.text()).not.toMatch(/evidence|signed/)
  })

  it('says its title in Dutch to who prefers it', async () => {
    const headers = { 'accept-language': 'nl-NL,en;q=0.5' }
    const response = await appWith(new ProtocolError('NOT_FOUND')).request('/', { headers })
    expect(await response.json()).toMatchObject({ title: 'Hier is niets' })
  })

  it.each([
    new Error('SELECT * FROM flags'),
    new ProtocolError('NOT_IN_THE_TABLE', { at: 'somewhere', hint: 'inner' }),
    new ProtocolError('constructor'),
    new ProtocolError('__proto__'),
  ])('of %s is INTERNAL with a reference and nothing else', async (error) => {
    const raw: [unknown, string][] = []
    const response = await appWith(error, raw).request('/')
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({
      type: 'urn:drempel:error:INTERNAL',
      title: httpProblems.INTERNAL.en,
      status: 500,
      code: 'INTERNAL',
      instance: 'urn:drempel:incident:AQEBAQEBAQEB',
    })
    expect(raw).toEqual([[error, 'AQEBAQEBAQEB']])
  })

  it('answers an unknown path, and names the scheme of a 401', async () => {
    const app = appWith(new ProtocolError('UNAUTHENTICATED'))
    expect(await (await app.request('/none')).json()).toMatchObject({ code: 'NOT_FOUND' })
    expect((await app.request('/')).headers.get('www-authenticate')).toBe('Bearer')
  })
})
