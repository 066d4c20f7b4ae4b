import { callerOf, refusal } from './dialects.ts'
import { nextSource } from './factors.ts'
import { PASSWORD } from './people.ts'
import type { World } from './world.ts'

export const MOUNT = '/dialects/rest-angular'
export const USER_KEYS = ['id', 'email', 'is_active', 'is_superuser', 'is_verified']
export const COOKIE = 'fastapiusersauth'

type Sent = NonNullable<Parameters<ReturnType<typeof callerOf>>[2]>
type Answer = Awaited<ReturnType<ReturnType<typeof callerOf>>>

/** What fastapi-users' refusals look like: the detail, and beside it what the document has. */
export const refused = (status: number, detail: unknown, path: string) => ({
  detail,
  error: detail,
  status_code: status,
  path: MOUNT + path,
})

/** The API of the Angular administration, and how people enter it; each call from another address. */
export function restAngular(world: () => World) {
  const send = callerOf(world, MOUNT)
  const call = (method: string, path: string, sent: Sent = {}): Promise<Answer> =>
    send(method, path, { from: nextSource(), ...sent })
  const login = (username: string, password: string = PASSWORD, sent: Sent = {}) =>
    call('POST', '/api/auth/jwt/login', { ...sent, form: { username, password } })
  const enter = (username: string, password: string = PASSWORD, sent: Sent = {}) =>
    call('POST', '/api/auth/cookie/login', { ...sent, form: { username, password } })
  async function tokenOf({ email }: { email: string }, password: string = PASSWORD) {
    const answer = await login(email, password)
    if (answer.status !== 200) throw new Error(`Signing in was answered ${refusal(answer)}`)
    return (answer.body as { access_token: string }).access_token
  }
  /** The token of the newest link that leads to a page of the front end. */
  async function mailed(to: string, page: 'verify' | 'reset-password'): Promise<string> {
    await world().settle()
    const pattern = new RegExp(`^http://localhost:5173/auth/${page}#token=([\\w-]{43})$`, 'm')
    const links = world()
      .outside.to(to)
      .flatMap(({ text }) => pattern.exec(text)?.[1] ?? [])
    return links.at(-1) ?? ''
  }
  return { call, login, enter, tokenOf, mailed }
}

/** The cookie of an answer, as it is sent back; undefined when it sets none. */
export const cookieOf = ({ headers }: Pick<Answer, 'headers'>): string | undefined =>
  headers.getSetCookie().find((line) => line.startsWith(`${COOKIE}=`))
