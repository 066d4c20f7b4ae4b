import { beforeEach, describe, it } from 'vitest'
import { dialectOperations } from '../../src/dialects/index.ts'
import { template } from '../support/dialects.ts'
import { newWorld, type World } from '../support/world.ts'

type Schema = {
  $ref?: string
  properties?: Record<string, Schema>
  required?: string[]
  type?: unknown
  anyOf?: Schema[]
  format?: string
}
type Operation = {
  operationId: string
  tags: string[]
  security?: object[]
  parameters?: { in: string; name: string; required?: boolean }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content: Record<string, { schema?: Schema }> }>
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

let world: World
const { call } = template(() => world)
beforeEach(async () => {
  world = await newWorld()
})
const read = async () => (await call('GET', '/openapi.json')).body as Document

describe('the document of the template', () => {
  it('names every operation as the generated client does', async ({ expect }) => {
    const { paths } = await read()
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const mount = '/dialects/fastapi-template'
    const served = dialectOperations
      .filter(({ path }) => path.startsWith(mount) && !path.endsWith('/openapi.json'))
      .map(({ method, path }) => `${method} ${path.slice(mount.length).replace(/:(\w+)/g, '{$1}')}`)
    expect(described.toSorted()).toEqual(served.toSorted())
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    )
    expect(new Set(ids).size).toBe(23)
    expect(ids).toEqual(
      expect.arrayContaining([
        'login-login_access_token',
        'users-read_user_me',
        'items-create_item',
        'private-create_user',
        'utils-health_check',
      ]),
    )
  })

  it('says what is sent and answered by the names of the original', async ({ expect }) => {
    const { paths, components } = await read()
    const refOf = (schema?: Schema) => schema?.$ref?.split('/').at(-1)
    const create = paths['/api/v1/items/']?.post
    expect(refOf(create?.requestBody?.content['application/json']?.schema)).toBe('ItemCreate')
    expect(refOf(create?.responses['200']?.content['application/json']?.schema)).toBe('ItemPublic')
    expect(refOf(create?.responses['422']?.content['application/json']?.schema)).toBe(
      'HTTPValidationError',
    )
    expect(create?.security).toEqual([{ OAuth2PasswordBearer: [] }])
    const login = paths['/api/v1/login/access-token']?.post
    expect(login?.security).toBeUndefined()
    expect(refOf(login?.requestBody?.content['application/x-www-form-urlencoded']?.schema)).toBe(
      'Body_login-login_access_token',
    )
    expect(Object.keys(components.schemas.UserPublic?.properties ?? {})).toEqual([
      'email',
      'is_active',
      'is_superuser',
      'full_name',
      'id',
      'created_at',
    ])
    expect(components.schemas.UserCreate?.required).toEqual(['email', 'password'])
    expect(components.schemas.UserCreate?.properties?.is_active).toMatchObject({ type: 'boolean' })
    expect(paths['/api/v1/users/{user_id}']?.get?.parameters).toMatchObject([
      { in: 'path', name: 'user_id', required: true, schema: { type: 'string', format: 'uuid' } },
    ])
    expect(paths['/api/v1/users/']?.get?.parameters).toMatchObject([
      { in: 'query', name: 'skip', schema: { type: 'integer' } },
      { in: 'query', name: 'limit', schema: { type: 'integer' } },
    ])
    expect(Object.keys(paths['/api/v1/utils/test-email/']?.post?.responses ?? {})).toContain('201')
  })
})
