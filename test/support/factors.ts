import { env } from 'cloudflare:workers'
import { TOTP } from 'otpauth'
import { AUTH, call, type SignedIn, type TokenBody, toSignedIn } from './accounts.ts'
import { PASSWORD, type Person, TOTP_SECRET } from './people.ts'
import type { World } from './world.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type From = { from?: string; headers?: Record<string, string> }
export type Method = 'totp' | 'email' | 'recovery_code'
export type ChallengeBody = {
  requires_2fa: true
  challenge_token: string
  methods: Method[]
  expires_in: number
}
type More = { remember_device?: boolean }

/** What an authenticator app shows `offset` milliseconds from now. */
export const totpCode = (offset = 0, secret = TOTP_SECRET): string =>
  new TOTP({ secret }).generate({ timestamp: Date.now() + offset })

/** Six digits that no app shows about now. */
export function wrongCode(secret = TOTP_SECRET): string {
  const near = [-2, -1, 0, 1, 2].map((step) => totpCode(step * 30 * SECOND, secret))
  const [wrong = ''] = ['000000', '111111', '222222', '333333', '444444', '555555'].filter(
    (code) => !near.includes(code),
  )
  return wrong
}

export const login = (
  world: World,
  { email }: Pick<Person, 'email'>,
  options: From = {},
  password = PASSWORD,
  session?: 'cookie',
) => call(world, '/login', { identifier: email, password, ...(session && { session }) }, options)

/** Signs in as far as the second factor. */
export async function challengeOf(
  world: World,
  person: Pick<Person, 'email'>,
  options: From = {},
): Promise<string> {
  const response = await login(world, person, options)
  const body = await response.json<ChallengeBody>()
  if (!body.requires_2fa) throw new Error(`No second factor was asked for: ${response.status}`)
  return body.challenge_token
}

export const verify = (
  world: World,
  challenge_token: string,
  code: unknown,
  method: Method = 'totp',
  { more = {}, ...options }: From & { more?: More } = {},
) => call(world, '/2fa/verify', { challenge_token, method, code, ...more }, options)

/** Signs in with the authenticator app, on a step of its own. */
export async function enterWithTotp(
  world: World,
  person: Pick<Person, 'email'>,
  options: From & { more?: More } = {},
): Promise<{ signedIn: SignedIn; device: string }> {
  world.pass(30 * SECOND)
  const token = await challengeOf(world, person, options)
  return await entered(await verify(world, token, totpCode(), 'totp', options))
}

/** Who has signed in, and the cookie that the browser has been given. */
export async function entered(response: Response) {
  if (response.status !== 200) throw new Error(`Signing in was answered ${response.status}`)
  return { device: deviceCookie(response), signedIn: toSignedIn(await response.json<TokenBody>()) }
}

/** `name=value` of the device cookie that an answer sets. */
export function deviceCookie(response: Response): string {
  const set = response.headers.getSetCookie().find((one) => one.startsWith('__Host-device-'))
  if (!set) throw new Error('No device cookie was set')
  return set.split(';')[0] ?? ''
}

/** A request from the browser that keeps `cookie`. */
export const browser = (cookie: string, from = '192.0.2.1'): { from: string } & From => ({
  from,
  headers: { cookie },
})

/** The newest code that was mailed to an address. */
export async function mailedCode(world: World, to: string): Promise<string> {
  await world.deliver()
  const texts = world.outside.to(to).map((mail) => mail.text)
  const code = texts.flatMap((text) => /^(\d{6})$/m.exec(text)?.[1] ?? []).at(-1)
  if (!code) throw new Error(`No code was mailed to ${to}`)
  return code
}

/** Asks for a code by mail for a sign-in, and reads it in the mailbox. */
export async function askForCode(world: World, challenge_token: string, to: string, from?: string) {
  const response = await call(world, '/2fa/email-code', { challenge_token }, from ? { from } : {})
  if (response.status !== 202) throw new Error(`The code was answered ${response.status}`)
  return await mailedCode(world, to)
}

export const stepUp = (world: World, person: Person, code?: string, password = PASSWORD) =>
  world.as(person).post(`${AUTH}/step-up`, { body: { password, ...(code && { code }) } })

/** Takes every session for one that has just been stepped up. */
export const stepUpAll = () =>
  env.DB.prepare('update sessions set stepped_up_at = ?').bind(Date.now()).run()

/** The recovery codes of an account that has a second factor and is stepped up. */
export async function recoveryCodes(world: World, person: Person): Promise<string[]> {
  const response = await world.as(person).post(`${AUTH}/2fa/recovery-codes`)
  if (response.status !== 200) throw new Error(`New codes were answered ${response.status}`)
  return (await response.json<{ recovery_codes: string[] }>()).recovery_codes
}

export type Enrolment = { secret: string; otpauth_uri: string; qr_svg: string }

/** Asks for a secret; nothing is confirmed yet. */
export async function askForSecret(world: World, person: Person): Promise<Enrolment> {
  const response = await world.as(person).post(`${AUTH}/2fa/totp`)
  if (response.status !== 200) throw new Error(`The secret was answered ${response.status}`)
  return await response.json<Enrolment>()
}

export const confirmSecret = (world: World, person: Person, code: unknown) =>
  world.as(person).post(`${AUTH}/2fa/totp/confirm`, { body: { code } })

/** Wrong passwords, each from a source of its own; returns the status of each. */
export async function guess(
  world: World,
  person: Pick<Person, 'email'>,
  count: number,
  password = 'not the password',
): Promise<number[]> {
  const statuses: number[] = []
  for (let turn = 0; turn < count; turn++) {
    statuses.push((await login(world, person, { from: nextSource() }, password)).status)
  }
  return statuses
}

let sources = 0

/** An address that no request has come from yet. */
export function nextSource(): string {
  sources++
  return `10.${(sources >> 16) & 255}.${(sources >> 8) & 255}.${sources & 255}`
}

/** How the tries at an account have ended, oldest first. */
export const outcomes = async (world: World): Promise<string[]> =>
  (await world.rows('login_attempts')).map((row) => String(row.outcome))

export const countOf = (items: unknown[], wanted: unknown): number =>
  items.filter((item) => item === wanted).length
