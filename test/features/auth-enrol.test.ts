import { TOTP, URI } from 'otpauth'
import { beforeEach, describe, it } from 'vitest'
import { unseal } from '../../src/core/crypto.ts'
import { type Bindings, readSettings } from '../../src/env.ts'
import { AUTH, beforeCall, everyRow, GENEROUS, inParallel, signIn } from '../support/accounts.ts'
import {
  askForSecret,
  challengeOf,
  confirmSecret,
  login,
  recoveryCodes,
  SECOND,
  totpCode,
  verify,
  wrongCode,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'ann@example.org'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const newcomer = () => world.person({ email: EMAIL, steppedUp: true })
const lastMail = async () => {
  await world.deliver()
  return world.outside.to(EMAIL).at(-1)?.text ?? ''
}
const codesOf = async (response: Response) =>
  (await response.json<{ recovery_codes: string[] }>()).recovery_codes
const me = async (person: Person) =>
  (await world.as(person).get('/api/v1/users/me')).json<Record<string, unknown>>()

describe('an authenticator app', () => {
  it('is shown as a secret, a link and a drawing, and changes nothing yet', async ({ expect }) => {
    const ann = await newcomer()
    const shown = await askForSecret(world, ann)
    const parsed = URI.parse(shown.otpauth_uri)
    expect(parsed).toBeInstanceOf(TOTP)
    expect(parsed).toMatchObject({ issuer: 'Studio Linden', label: EMAIL, digits: 6, period: 30 })
    expect(parsed.secret.base32).toBe(shown.secret)
    expect(parsed.secret.bytes).toHaveLength(20)
    expect(shown.qr_svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/)
    expect(shown.qr_svg).not.toMatch(/script|foreignObject|href|\son\w+=/i)
    expect(await me(ann)).toMatchObject({ totp_enabled: false })
    expect((await signIn(world, EMAIL, PASSWORD)).token).not.toBe('')
    expect(await world.count('outbox')).toBe(0)
    expect((await askForSecret(world, ann)).secret).not.toBe(shown.secret)
  })

  it('is asked for once a code has confirmed it, and not with that code', async ({ expect }) => {
    const ann = await newcomer()
    const { secret } = await askForSecret(world, ann)
    expect((await confirmSecret(world, ann, wrongCode(secret))).status).toBe(401)
    expect(await me(ann)).toMatchObject({ totp_enabled: false })
    const code = totpCode(0, secret)
    const response = await confirmSecret(world, ann, code)
    expect(response.status).toBe(200)
    expect(await me(ann)).toMatchObject({ totp_enabled: true })
    expect((await confirmSecret(world, ann, code)).status).toBe(409)
    const token = await challengeOf(world, ann)
    expect((await verify(world, token, code)).status).toBe(401)
    world.pass(30 * SECOND)
    expect((await verify(world, token, totpCode(0, secret))).status).toBe(200)
  })

  it('needs a secret that was asked for', async ({ expect }) => {
    expect((await confirmSecret(world, await newcomer(), '123456')).status).toBe(409)
  })

  it('is nowhere in D1 in the clear, and opens for its own account alone', async ({ expect }) => {
    const ann = await newcomer()
    const bob = await world.person()
    const { secret } = await askForSecret(world, ann)
    const codes = await codesOf(await confirmSecret(world, ann, totpCode(0, secret)))
    const kept = JSON.stringify(await everyRow())
    for (const text of [secret, ...codes, ...codes.map((code) => code.replaceAll('-', ''))]) {
      expect(kept.toUpperCase()).not.toContain(text)
    }
    const { keys } = readSettings(world.env as unknown as Bindings)
    const sealed = String((await world.rows('totp_secrets'))[0]?.secret)
    expect(await unseal(keys, `totp/${ann.id}`, sealed)).toBe(secret)
    for (const bound of [`totp/${bob.id}`, 'totp/', ann.id, '']) {
      await expect(unseal(keys, bound, sealed)).rejects.toThrow()
    }
  })

  it('comes with ten recovery codes of 120 bits', async ({ expect }) => {
    const ann = await newcomer()
    const { secret } = await askForSecret(world, ann)
    const codes = await codesOf(await confirmSecret(world, ann, totpCode(0, secret)))
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code.replaceAll('-', '')).toMatch(/^[A-Z2-7]{24}$/)
    const [first = '', second = ''] = codes
    const typed = first.toLowerCase().replaceAll('-', ' ')
    const enter = async (code: string) =>
      (await verify(world, await challengeOf(world, ann), code, 'recovery_code')).status
    expect([await enter(typed), await enter(first), await enter(second)]).toEqual([200, 401, 200])
    expect(await world.count('recovery_codes')).toBe(8)
    expect(await lastMail()).toContain('recovery code')
  })

  it('is replaced only when the new one is confirmed', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, steppedUp: true, totp: true })
    const old = await recoveryCodes(world, ann)
    const { secret } = await askForSecret(world, ann)
    expect((await verify(world, await challengeOf(world, ann), totpCode())).status).toBe(200)
    expect((await confirmSecret(world, ann, totpCode(0, secret))).status).toBe(200)
    world.pass(30 * SECOND)
    const token = await challengeOf(world, ann)
    expect((await verify(world, token, totpCode())).status).toBe(401)
    expect((await verify(world, token, old[0], 'recovery_code')).status).toBe(401)
    expect((await verify(world, token, totpCode(0, secret))).status).toBe(200)
  })

  it('is removed with its recovery codes, but not by an admin', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, steppedUp: true, totp: true })
    await recoveryCodes(world, ann)
    const remove = (who: Person | 'admin') => world.as(who).delete(`${AUTH}/2fa/totp`)
    expect((await remove(ann)).status).toBe(204)
    expect(await me(ann)).toMatchObject({ totp_enabled: false })
    expect(await world.rows('totp_secrets')).toEqual([])
    expect(await world.rows('recovery_codes')).toEqual([])
    expect((await remove(ann)).status).toBe(409)
    await signIn(world, EMAIL, PASSWORD)
    expect((await remove('admin')).status).toBe(409)
    expect(await world.count('totp_secrets')).toBe(1)
  })

  it('gives codes that work when its confirmation is sent twice at once', async ({ expect }) => {
    const ann = await newcomer()
    const { secret } = await askForSecret(world, ann)
    const code = totpCode(0, secret)
    const given: string[] = []
    const statuses = await inParallel(2, async () => {
      const response = await confirmSecret(world, ann, code)
      if (response.status === 200) given.push(...(await codesOf(response.clone())))
      return response
    })
    expect(statuses[200]).toBe(1)
    const token = await challengeOf(world, ann)
    expect((await verify(world, token, given[0], 'recovery_code')).status).toBe(200)
    expect((await world.rows('outbox')).map((row) => row.kind)).toEqual([
      'auth.factor_changed',
      'auth.factor_changed',
    ])
  })

  it('is removed once when that is asked twice at once', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, steppedUp: true, totp: true })
    const statuses = await inParallel(2, () => world.as(ann).delete(`${AUTH}/2fa/totp`))
    expect(statuses[204]).toBe(1)
    expect((await world.rows('outbox')).map((row) => row.kind)).toEqual(['auth.factor_changed'])
  })
})

describe('recovery codes', () => {
  it('that are renewed kill the old ones', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, steppedUp: true, totp: true })
    const [old] = await recoveryCodes(world, ann)
    const [fresh] = await recoveryCodes(world, ann)
    expect(await world.count('recovery_codes')).toBe(10)
    const token = await challengeOf(world, ann)
    expect((await verify(world, token, old, 'recovery_code')).status).toBe(401)
    expect((await verify(world, token, fresh, 'recovery_code')).status).toBe(200)
  })

  it('are not for an account without a second factor', async ({ expect }) => {
    const response = await world.as(await newcomer()).post(`${AUTH}/2fa/recovery-codes`)
    expect(response.status).toBe(409)
  })

  it('are not shown to a session that has ended meanwhile', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, steppedUp: true, totp: true })
    // Session, account, change: it ends just before the change.
    beforeCall(world, 3, () => world.as(ann).post(`${AUTH}/logout-all`))
    const response = await world.as(ann).post(`${AUTH}/2fa/recovery-codes`)
    expect(await world.count('recovery_codes')).toBe(0)
    expect(response.status).toBe(401)
  })
})

describe('codes by mail', () => {
  it('are switched on and off, and asked for in between', async ({ expect }) => {
    const ann = await newcomer()
    const turn = (method: 'PUT' | 'DELETE', who: Person | 'admin' = ann) =>
      world.request(method, `${AUTH}/2fa/email`, who)
    expect((await turn('PUT')).status).toBe(204)
    expect(await me(ann)).toMatchObject({ email_2fa_enabled: true })
    expect(await (await login(world, ann)).json()).toMatchObject({
      methods: ['email', 'recovery_code'],
    })
    expect((await turn('PUT')).status).toBe(204)
    await world.deliver()
    expect(world.outside.to(EMAIL)).toHaveLength(1)
    expect((await turn('DELETE')).status).toBe(204)
    expect(await me(ann)).toMatchObject({ email_2fa_enabled: false })
    await signIn(world, EMAIL, PASSWORD)
    expect((await turn('PUT', 'admin')).status).toBe(409)
  })

  it('end when somebody becomes an admin', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, emailCodes: true })
    const path = `/api/v1/users/${ann.id}`
    const answer = await world.as('admin').patch(path, { body: { role: 'admin' } })
    expect(await answer.json()).toMatchObject({ role: 'admin', email_2fa_enabled: false })
    expect((await login(world, ann)).status).toBe(401)
    expect(await lastMail()).not.toBe('')
  })
})
