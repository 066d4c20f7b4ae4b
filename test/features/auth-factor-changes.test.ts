import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { AUTH, everyRow, GENEROUS, signIn, statusOf } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import {
  askForSecret,
  browser,
  challengeOf,
  confirmSecret,
  enterWithTotp,
  MINUTE,
  recoveryCodes,
  stepUp,
  totpCode,
  verify,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'ann@example.org'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const CHANGES: Record<string, { wish: object; run: (ann: Person) => Promise<Response> }> = {
  confirming: {
    wish: { totp: false },
    run: async (ann) => {
      const { secret } = await askForSecret(world, ann)
      return confirmSecret(world, ann, totpCode(0, secret))
    },
  },
  replacing: {
    wish: { totp: true },
    run: async (ann) => {
      const { secret } = await askForSecret(world, ann)
      return confirmSecret(world, ann, totpCode(0, secret))
    },
  },
  removing: { wish: { totp: true }, run: (ann) => world.as(ann).delete(`${AUTH}/2fa/totp`) },
  'mailed codes on': { wish: { totp: true }, run: (ann) => world.as(ann).put(`${AUTH}/2fa/email`) },
  'mailed codes off': {
    wish: { emailCodes: true },
    run: (ann) => world.as(ann).delete(`${AUTH}/2fa/email`),
  },
  'new recovery codes': {
    wish: { totp: true },
    run: (ann) => world.as(ann).post(`${AUTH}/2fa/recovery-codes`),
  },
}

describe('each change of a factor', () => {
  for (const [name, { wish, run }] of Object.entries(CHANGES)) {
    it(`mails the owner, ends other sessions, open sign-ins and trust: ${name}`, async ({
      expect,
    }) => {
      const ann = await world.person({ email: EMAIL, steppedUp: true, ...wish })
      const asksApp = 'totp' in wish && wish.totp
      const asksMail = 'emailCodes' in wish
      const phone = asksApp
        ? await enterWithTotp(world, ann, { more: { remember_device: true } })
        : null
      const tablet = phone ? await signIn(world, EMAIL, PASSWORD, browser(phone.device)) : null
      const pending = asksApp || asksMail ? await challengeOf(world, ann) : null
      const session = wish && !asksApp && !asksMail ? await signIn(world, EMAIL, PASSWORD) : tablet
      const mails = world.outside.to(EMAIL).length
      expect((await run(ann)).status).toBeLessThan(300)
      await world.deliver()
      expect(
        world.outside
          .to(EMAIL)
          .slice(mails)
          .map((mail) => mail.subject),
      ).toEqual(['Your second factor'])
      expect(await statusOf(world, ann)).toBe(200)
      if (session) expect(await statusOf(world, session)).toBe(401)
      if (pending) {
        const body = await (await verify(world, pending, totpCode())).json<{ code: string }>()
        expect(body.code).toBe('challenge_over')
      }
      const trusted = (await world.rows('devices')).map((row) => row.trusted_until)
      expect(trusted.every((until) => until === 0)).toBe(true)
      expect((await world.rows('audit_log')).map((row) => row.action)).toContainEqual(
        expect.stringMatching(/^auth\.(totp_|email_codes_|recovery_codes)/),
      )
    })
  }
})

const ROUTES = [
  ['POST', '/2fa/totp', undefined],
  ['POST', '/2fa/totp/confirm', { code: '123456' }],
  ['DELETE', '/2fa/totp', undefined],
  ['PUT', '/2fa/email', undefined],
  ['DELETE', '/2fa/email', undefined],
  ['POST', '/2fa/recovery-codes', undefined],
] as const

describe('a change of a factor needs a step-up', () => {
  for (const [method, path, body] of ROUTES) {
    it(`${method} ${path}`, async ({ expect }) => {
      const ask = async (who: Person) => {
        const response = await world.request(method, AUTH + path, who, body ? { body } : {})
        const { code = '' } = response.status < 300 ? {} : await response.json<{ code: string }>()
        return `${response.status} ${code}`
      }
      const ann = await world.person({ email: EMAIL, totp: true })
      expect(await ask(ann)).toBe('403 step_up_required')
      const without = await stepUp(world, ann)
      expect(await without.json()).toMatchObject({ code: 'second_factor_required' })
      expect(await ask(ann)).toBe('403 step_up_required')
      expect((await stepUp(world, ann, totpCode())).status).toBe(200)
      world.pass(5 * MINUTE)
      await world.as(ann).get('/api/v1/users/me')
      const before = await everyRow(['rate_limits'])
      expect(await ask(ann)).toBe('403 step_up_required')
      expect(await everyRow(['rate_limits'])).toEqual(before)
      expect((await stepUp(world, ann, totpCode())).status).toBe(200)
      world.pass(5 * MINUTE - 1)
      expect(await ask(ann)).not.toContain('step_up_required')
    })
  }
})

describe('whatever call breaks', () => {
  const prepare = (wish: object) => async (next: World) => {
    world = next
    ann = await world.person({ email: EMAIL, steppedUp: true, ...wish })
    await world.person()
  }
  let ann: Person
  let status = 0

  it('an app is confirmed with all that this brings, or not at all', async ({ expect }) => {
    let secret = ''
    let given: string[] = []
    const calls = await breakEach({
      settings: GENEROUS,
      before: async (next) => {
        await prepare({})(next)
        await signIn(world, EMAIL, PASSWORD)
        secret = (await askForSecret(world, ann)).secret
      },
      run: async () => {
        const response = await confirmSecret(world, ann, totpCode(0, secret))
        status = response.status
        const body = await response.json<{ recovery_codes?: string[] }>()
        given = body.recovery_codes ?? []
      },
      after: async (_, point) => {
        expect([200, 500, 503], point).toContain(status)
        const on = (await world.rows('users'))[0]?.totp_enabled_at !== null
        if (status === 200) expect([on, given.length], point).toEqual([true, 10])
        const [totp] = await world.rows('totp_secrets')
        expect([totp?.secret !== null, totp?.pending === null], point).toEqual([on, on])
        expect(await world.count('recovery_codes'), point).toBe(on ? 10 : 0)
        // The session of the other person stays in any case.
        expect(await world.count('sessions'), point).toBe(on ? 2 : 3)
        await world.settle()
        expect(world.outside.to(EMAIL), point).toHaveLength(on ? 1 : 0)
        if (!on) expect((await signIn(world, EMAIL, PASSWORD)).token, point).not.toBe('')
      },
    })
    expect(calls.length).toBeGreaterThanOrEqual(3)
  })

  it('an app is removed with all that belongs to it, or not at all', async ({ expect }) => {
    await breakEach({
      settings: GENEROUS,
      before: async (next) => {
        await prepare({ totp: true })(next)
        await recoveryCodes(world, ann)
        await world.settle()
        await enterWithTotp(world, ann, { more: { remember_device: true } })
      },
      run: async () => {
        status = (await world.as(ann).delete(`${AUTH}/2fa/totp`)).status
      },
      after: async (_, point) => {
        expect([204, 500, 503], point).toContain(status)
        const on = (await world.rows('users'))[0]?.totp_enabled_at !== null
        if (status === 204) expect(on, point).toBe(false)
        expect(await world.count('totp_secrets'), point).toBe(on ? 1 : 0)
        expect(await world.count('recovery_codes'), point).toBe(on ? 10 : 0)
        expect(await world.count('sessions'), point).toBe(on ? 3 : 2)
        const trusted = (await world.rows('devices'))[0]?.trusted_until !== 0
        expect(trusted, point).toBe(on)
        await world.settle()
        const texts = world.outside.to(EMAIL).map((mail) => mail.text)
        expect(
          texts.filter((text) => text.includes('was removed')),
          point,
        ).toHaveLength(on ? 0 : 1)
      },
    })
  })

  it('a code is spent with a session, or not at all', async ({ expect }) => {
    for (const method of ['totp', 'recovery_code'] as const) {
      let token = ''
      let code = ''
      let sessions = 0
      await breakEach({
        settings: GENEROUS,
        before: async (next) => {
          await prepare({ totp: true })(next)
          const codes = await recoveryCodes(world, ann)
          token = await challengeOf(world, ann)
          code = method === 'totp' ? totpCode() : (codes[0] ?? '')
          sessions = await world.count('sessions')
        },
        run: async () => {
          status = (await verify(world, token, code, method)).status
        },
        after: async (_, point) => {
          const name = `${method} ${point}`
          expect([200, 500, 503], name).toContain(status)
          const opened = (await world.count('sessions')) - sessions
          expect(opened, name).toBeLessThanOrEqual(1)
          if (status === 200) expect(opened, name).toBe(1)
          const spent =
            method === 'totp'
              ? (await world.rows('totp_secrets'))[0]?.last_step !== 0
              : (await world.count('recovery_codes')) === 9
          expect(spent, name).toBe(opened === 1)
          expect(await world.count('challenges'), name).toBe(1 - opened)
          expect(await world.count('devices'), name).toBe(opened)
          expect(await world.count('refresh_tokens'), name).toBe(opened)
          const again = await verify(world, token, code, method)
          expect(again.status, name).toBe(opened === 1 ? 401 : 200)
        },
      })
    }
  })

  it('a code is spent with a step-up, or not at all', async ({ expect }) => {
    let code = ''
    await breakEach({
      settings: GENEROUS,
      before: async (next) => {
        await prepare({ totp: true })(next)
        const codes = await recoveryCodes(world, ann)
        await env.DB.prepare('update sessions set stepped_up_at = null').run()
        await world.settle()
        code = codes[0] ?? ''
      },
      run: async () => {
        status = (await stepUp(world, ann, code)).status
      },
      after: async (_, point) => {
        expect([200, 500, 503], point).toContain(status)
        const [session] = (await world.rows('sessions')).filter((row) => row.uid === ann.sessionId)
        const isUp = session?.stepped_up_at !== null
        if (status === 200) expect(isUp, point).toBe(true)
        expect(await world.count('recovery_codes'), point).toBe(isUp ? 9 : 10)
        await world.settle()
        const texts = world.outside.to(EMAIL).map((mail) => mail.text)
        expect(
          texts.filter((text) => text.includes('was used')),
          point,
        ).toHaveLength(isUp ? 1 : 0)
      },
    })
  })
})
