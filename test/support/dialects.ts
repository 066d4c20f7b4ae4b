import { dialects } from '../../src/dialects/index.ts'
import { operationsOf } from '../../src/dialects/mount.ts'
import { PASSWORD, type Person } from './people.ts'
import type { World } from './world.ts'

type Answer = { status: number; body: unknown; headers: Headers }
type Sent = {
  token?: string
  json?: unknown
  form?: Record<string, string>
  from?: string
  headers?: Record<string, string>
}

/** Calls a dialect as its front end does: a bearer token, JSON or a form, the path behind the mount. */
export function callerOf(world: () => World, mount: string) {
  return async function call(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const { token, json, form, from, headers } = sent
    const response = await world().request(method, mount + path, 'anonymous', {
      ...(json !== undefined && { body: json }),
      ...(form && { raw: new URLSearchParams(form) }),
      ...(from && { from }),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return {
      status: response.status,
      body: isJson ? JSON.parse(text) : text,
      headers: response.headers,
    }
  }
}

/** What an answer says of a refusal: its status and its detail. */
export const refusal = ({ status, body }: Answer) => [status, (body as { detail: unknown }).detail]

/** What stands in the middle of a JWT. */
export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))

export const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(atob((token.split('.')[0] ?? '').replaceAll('-', '+').replaceAll('_', '/')))

const TEMPLATE = '/dialects/fastapi-template/api/v1'
export const LOGIN = '/login/access-token'

/** The API of the FastAPI template, and how people enter it. */
export function template(world: () => World) {
  const call = callerOf(world, TEMPLATE)
  const login = (username: string, password: string = PASSWORD, sent: Sent = {}) =>
    call('POST', LOGIN, { ...sent, form: { username, password } })
  async function tokenOf({ email }: Pick<Person, 'email'>, password: string = PASSWORD) {
    const { status, body } = await login(email, password)
    if (status !== 200) throw new Error(`Signing in was answered ${status} ${JSON.stringify(body)}`)
    return (body as { access_token: string }).access_token
  }
  return { call, login, tokenOf }
}

/** What all of them answer to, for the rules that no operation escapes. */
export const dialectOperations = dialects.flatMap(operationsOf)
