import { nextCode } from './accounts.ts'
import { callerOf } from './dialects.ts'
import { PASSWORD, type Person } from './people.ts'
import type { World } from './world.ts'

export const PORTFOLIO = '/dialects/portfolio/api/v1'

export type Body = Record<string, unknown>
type Token = { access_token: string; requires_2fa: boolean; temp_token: string | null; user: Body }

/** The portfolio's API as its front end calls it, and how people enter it. */
export function portfolio(world: () => World) {
  const call = callerOf(world, PORTFOLIO)

  const login = (identifier: string, password: string = PASSWORD, from?: string) =>
    call('POST', '/auth/login', { json: { identifier, password }, ...(from && { from }) })

  const verify = (temp_token: unknown, code: string) =>
    call('POST', '/auth/verify-2fa', { json: { temp_token, code } })

  /** Signs in, with a code of the app where one is asked for. */
  async function enter({ email }: Pick<Person, 'email'>, password?: string): Promise<Token> {
    const first = await login(email, password)
    const body = first.body as Token
    if (first.status !== 200) throw new Error(`Signing in was answered ${first.status}`)
    if (!body.requires_2fa) return body
    const second = await verify(body.temp_token, await nextCode())
    if (second.status !== 200) throw new Error(`The code was answered ${second.status}`)
    return second.body as Token
  }

  const tokenOf = async (person: Pick<Person, 'email'>, password?: string): Promise<string> =>
    (await enter(person, password)).access_token

  /** A token of the studio's admin, who has an authenticator app. */
  const adminToken = async (): Promise<string> => tokenOf(await world().admin())

  /** Sends a form with a file, as the front end uploads pictures. */
  async function upload(path: string, token: string, form: FormData, method = 'POST') {
    const response = await world().request(method, PORTFOLIO + path, 'anonymous', {
      raw: form,
      headers: { authorization: `Bearer ${token}` },
    })
    return { status: response.status, body: await response.json<Body>() }
  }

  return { call, login, verify, enter, tokenOf, adminToken, upload }
}

export const POST = {
  title: 'Tea bowls',
  slug: 'tea-bowls',
  excerpt: 'How a bowl becomes one.',
  content: 'Clay, water, fire.',
  tags: 'Clay, Fire',
  published: true,
}

export const PROJECT = {
  title: 'A kiln',
  slug: 'a-kiln',
  description: 'Built by hand in the yard.',
  content: 'Bricks and patience.',
  technologies: 'Brick, Clay',
  github_url: 'https://github.com/linden/kiln',
  demo_url: 'https://kiln.linden.test',
  featured: false,
}
