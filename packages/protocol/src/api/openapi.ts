/** The OpenAPI document of the operator API: version 3.1, whose schemas are JSON Schema 2020-12. */

import { z } from 'zod'
import { problem } from './admin.ts'
import type { Operation } from './operations/operation.ts'
import { operations } from './operations.ts'

export function openApi(software: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] ??= {}
    paths[operation.path]![operation.method] = describe(operation)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drempel operator API',
      version: software,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { problem: schema(problem, 'output') },
    },
  }
}

function describe({ path, summary, roles, query = [], request, response }: Operation): object {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  const text = { schema: { type: 'string' } }
  return {
    summary,
    description: roles.length === 0 ? 'No token needed.' : `Roles: ${roles.join(', ')}.`,
    ...(roles.length === 0 ? { security: [] } : {}),
    parameters: [
      ...named.map((name) => ({ name, in: 'path', required: true, ...text })),
      ...query.map((name) => ({ name, in: 'query', required: false, ...text })),
    ],
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: json(schema(request, 'input')) } }),
    responses: {
      '2XX': {
        description: 'Done',
        ...(response === undefined ? {} : { content: json(schema(response, 'output')) }),
      },
      default: {
        description: 'RFC 9457 problem document',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/problem' } },
        },
      },
    },
  }
}

function json(value: object): object {
  return { 'application/json': { schema: value } }
}

function schema(of: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(of, { io, unrepresentable: 'any' })
  // A body of several forms is an object in each of them.
  const objects = rest.anyOf?.every(({ type }) => type === 'object') === true
  return objects ? { type: 'object', ...rest } : rest
}
