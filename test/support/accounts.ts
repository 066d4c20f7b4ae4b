import { env } from 'cloudflare:workers'
import { TOTP } from 'otpauth'
import { PASSWORD, type Person, TOTP_SECRET } from './people.ts'
import type { World } from './world.ts'

export const AUTH = '/api/v1/auth'

/** Limits that no test reaches by the way. */
export const GENEROUS = { RATE_LIMIT_SCALE: '1000' }

export type SignedIn = Person & { refreshToken: string }
export type TokenBody = {
  access_token: string
  token_type: string
  expires_in: number
  refresh_token?: string
  user: { id: string; email: string; username: string | null; full_name: string | null } & Record<
    string,
    unknown
  >
}

type From = { from?: string; headers?: Record<string, string> }

/** The secret of the newest link that was mailed to an address. */
export async function mailedToken(world: World, to: string): Promise<string> {
  await world.deliver()
  const texts = world.outside.to(to).map((mail) => mail.text)
  const token = texts.flatMap((text) => /#token=([\w-]{43})/.exec(text)?.[1] ?? []).at(-1)
  if (!token) throw new Error(`No link was mailed to ${to}`)
  return token
}

/** Calls a route of the accounts as nobody in particular. */
export const call = (world: World, path: string, body: unknown, options: From = {}) =>
  world.as('anonymous').post(`${AUTH}${path}`, { body, ...options })

/** Signs in by the front door, with a code of the app where one is asked for. */
export async function signIn(
  world: World,
  identifier: string,
  password: string,
  options: From = {},
): Promise<SignedIn> {
  const response = await call(world, '/login', { identifier, password }, options)
  if (response.status !== 200) throw new Error(`Signing in was answered ${response.status}`)
  const body = await response.json<TokenBody & { challenge_token?: string }>()
  if (!body.challenge_token) return toSignedIn(body)
  const { challenge_token } = body
  const code = await nextCode()
  const answer = await call(
    world,
    '/2fa/verify',
    { challenge_token, method: 'totp', code },
    options,
  )
  if (answer.status !== 200) throw new Error(`The code was answered ${answer.status}`)
  return toSignedIn(await answer.json<TokenBody>())
}

/** Proves the password once more, with a code of the app where one is asked for. */
export const stepUp = async (world: World, who: Person | 'admin') =>
  world.as(who).post(`${AUTH}/step-up`, { body: { password: PASSWORD, code: await nextCode() } })

/** The present code of the app that every person with one has. It counts anew: a test need not wait. */
export async function nextCode(): Promise<string> {
  await env.DB.prepare('update totp_secrets set last_step = 0').run()
  return new TOTP({ secret: TOTP_SECRET }).generate({ timestamp: Date.now() })
}

export function toSignedIn({ access_token: token, refresh_token, user }: TokenBody): SignedIn {
  const { sid } = JSON.parse(atob(token.split('.')[1] ?? ''))
  const { id, email, username } = user
  const name = username ?? ''
  return { id, email, username: name, sessionId: sid, token, refreshToken: refresh_token ?? '' }
}

/** What an access token opens at this moment: 200 or 401. */
export const statusOf = async (world: World, person: Pick<Person, 'token'>): Promise<number> =>
  (
    await world
      .as('anonymous')
      .get('/api/v1/users/me', { headers: { authorization: `Bearer ${person.token}` } })
  ).status

export const refresh = (world: World, token: string, options: From = {}) =>
  call(world, '/refresh', { refresh_token: token }, options)

/** Runs `count` calls side by side; returns how many were answered with each status. */
export async function inParallel(
  count: number,
  run: (index: number) => Promise<Response>,
): Promise<Record<number, number>> {
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => run(index)))
  const statuses: Record<number, number> = {}
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
  return statuses
}

/** The mails that were ever put into the outbox, oldest first. */
export const mailed = async (world: World): Promise<string[]> =>
  (await world.rows('outbox')).map((row) => `${row.kind} ${row.recipient}`)

/** Every row of every table but those named, and but what the search keeps its documents in. */
export async function everyRow(
  without: string[] = [],
): Promise<Record<string, Record<string, unknown>[]>> {
  const { results } = await env.DB.prepare(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like '_cf_%' and name not like 'search_docs_%' and name not like 'search_reading%' and name <> 'd1_migrations' order by name",
  ).all<{ name: string }>()
  const names = results.map(({ name }) => name).filter((name) => !without.includes(name))
  const answers = await env.DB.batch<Record<string, unknown>>(
    names.map((name) => env.DB.prepare(`select * from ${name} order by 1`)),
  )
  return Object.fromEntries(names.map((name, index) => [name, answers[index]?.results ?? []]))
}

/** Lets `action` happen just before call number `number` (from 1) that leaves the Worker. */
export function beforeCall(world: World, number: number, action: () => Promise<unknown>): void {
  const { faults } = world
  const plain = faults.around.bind(faults)
  let seen = 0
  faults.around = async (name, run) => {
    seen++
    if (seen === number) {
      faults.around = plain
      await action()
    }
    return plain(name, run)
  }
}

/** A cookie that an answer sets, by its name: value and attributes; null when it does not. */
export function cookieIn(response: Response, name: string | RegExp) {
  for (const line of response.headers.getSetCookie()) {
    const [pair = '', ...attributes] = line.split('; ')
    const [key = '', value = ''] = pair.split('=')
    if (typeof name === 'string' ? key === name : name.test(key)) return { key, value, attributes }
  }
  return null
}

const VARYING = ['x-request-id', 'ratelimit', 'server-timing', 'x-d1-bookmark']

/** An answer without what differs from request to request for no reason of the caller's. */
export async function comparable(response: Response): Promise<string> {
  const headers = [...response.headers].filter(([name]) => !VARYING.includes(name))
  const id = response.headers.get('x-request-id') ?? ''
  const body = (await response.text()).replaceAll(id, 'id')
  return JSON.stringify({ status: response.status, headers, body })
}
