import { beforeEach, describe, it } from 'vitest'
import { AUTH, GENEROUS, mailed } from '../support/accounts.ts'
import {
  askForCode,
  challengeOf,
  countOf,
  MINUTE,
  mailedCode,
  nextSource,
  recoveryCodes,
  SECOND,
  stepUp,
  totpCode,
  verify,
  wrongCode,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'ann@example.org'
const OTHER = 'a quite different one'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

/** A step-up from a source of its own. */
const stepUpAnywhere = (person: Person, code: string) =>
  world
    .as(person)
    .post(`${AUTH}/step-up`, { body: { password: PASSWORD, code }, from: nextSource() })
const codeOf = async (response: Response): Promise<string> =>
  `${response.status} ${(await response.json<{ code?: string }>()).code ?? ''}`.trim()

describe('a step-up', () => {
  it('takes the password alone where no factor is enrolled', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL })
    const response = await stepUp(world, ann)
    expect([response.status, await response.json()]).toEqual([200, { expires_in: 300 }])
  })

  it('asks for the code of the app, and mails none', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, totp: true, emailCodes: true })
    expect(await codeOf(await stepUp(world, ann))).toBe('403 second_factor_required')
    expect(await mailed(world)).toEqual([])
    expect(await codeOf(await stepUp(world, ann, wrongCode()))).toBe('401 invalid_code')
    expect((await stepUp(world, ann, totpCode())).status).toBe(200)
  })

  it('does not look at the code behind a wrong password', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, totp: true })
    const code = totpCode()
    const wrong = await stepUp(world, ann, code, 'not the password')
    expect(await codeOf(wrong)).toBe('401 invalid_credentials')
    expect((await stepUp(world, ann, code)).status).toBe(200)
  })

  it('mails a code where there is no app, for this session alone', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, emailCodes: true })
    expect(await codeOf(await stepUp(world, ann))).toBe('403 second_factor_required')
    const code = await mailedCode(world, EMAIL)
    const token = await challengeOf(world, ann)
    expect((await verify(world, token, code, 'email')).status).toBe(401)
    expect((await stepUp(world, ann, code)).status).toBe(200)
    expect((await stepUp(world, ann, code)).status).toBe(401)
  })

  it('takes a recovery code once, and tells the owner', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, totp: true, steppedUp: true })
    const [code = ''] = await recoveryCodes(world, ann)
    await world.deliver()
    expect((await stepUp(world, ann, code)).status).toBe(200)
    await world.deliver()
    expect(world.outside.to(EMAIL).at(-1)?.text).toContain('was used')
    const count = world.outside.to(EMAIL).length
    expect((await stepUp(world, ann, code)).status).toBe(401)
    await world.deliver()
    expect(world.outside.to(EMAIL)).toHaveLength(count)
  })

  it('opens what is sensitive for that session alone', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, totp: true })
    const other = await world.person({ totp: true })
    expect((await stepUp(world, ann, totpCode())).status).toBe(200)
    expect((await world.as(ann).post(`${AUTH}/2fa/totp`)).status).toBe(200)
    expect((await world.as(other).post(`${AUTH}/2fa/totp`)).status).toBe(403)
  })

  // A session that was stepped up before is what a thief is likeliest to hold.
  for (const earlier of [false, true]) {
    it(`counts each wrong code by mail, ${earlier ? 'behind' : 'without'} an earlier one`, async ({
      expect,
    }) => {
      const ann = await world.person({ email: EMAIL, emailCodes: true, steppedUp: earlier })
      world.useSettings({ RATE_LIMIT_SCALE: '1' })
      world.pass(6 * MINUTE)
      await stepUp(world, ann)
      const code = await mailedCode(world, EMAIL)
      const wrong = code === '123456' ? '654321' : '123456'
      for (let turn = 0; turn < 10; turn++) {
        expect((await stepUpAnywhere(ann, wrong)).status).toBe(401)
      }
      expect(await codeOf(await stepUpAnywhere(ann, code))).toBe('401 invalid_code')
    })
  }

  it('says nothing of a recovery code that was wrong', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, totp: true, steppedUp: true })
    expect((await stepUp(world, ann, 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA')).status).toBe(401)
    expect(await mailed(world)).toEqual([])
  })

  it('counts wrong passwords like a sign-in', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL })
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    for (let turn = 0; turn < 20; turn++) {
      const body = { password: 'not the password' }
      const response = await world.as(ann).post(`${AUTH}/step-up`, { body, from: nextSource() })
      expect(response.status).toBe(401)
    }
    const body = { password: PASSWORD }
    const response = await world.as(ann).post(`${AUTH}/step-up`, { body, from: nextSource() })
    expect(await codeOf(response)).toBe('401 invalid_credentials')
    expect(countOf(await mailed(world), `auth.unlock ${EMAIL}`)).toBe(1)
  })
})

describe('where a second factor is enrolled it is asked for', () => {
  it('before the password is changed', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, totp: true })
    const change = () =>
      world.as(ann).post(`${AUTH}/password/change`, {
        body: { current_password: PASSWORD, new_password: OTHER },
      })
    expect((await change()).status).toBe(403)
    expect((await stepUp(world, ann, totpCode())).status).toBe(200)
    expect((await change()).status).toBe(204)
  })

  it('before the address is changed', async ({ expect }) => {
    const ann = await world.person({ email: EMAIL, totp: true })
    const change = () =>
      world.as(ann).post(`${AUTH}/email/change`, { body: { new_email: 'new@example.org' } })
    expect(await codeOf(await change())).toBe('403 step_up_required')
    expect((await stepUp(world, ann, totpCode())).status).toBe(200)
    expect((await change()).status).toBe(202)
  })

  it('in every sign-in, with each way that the account has', async ({ expect }) => {
    const ann = await world.person({
      email: EMAIL,
      totp: true,
      emailCodes: true,
      steppedUp: true,
    })
    const [recovery] = await recoveryCodes(world, ann)
    const mail = await challengeOf(world, ann)
    const code = await askForCode(world, mail, EMAIL)
    expect((await verify(world, mail, code, 'email')).status).toBe(200)
    const app = await challengeOf(world, ann)
    expect((await verify(world, app, totpCode())).status).toBe(200)
    world.pass(30 * SECOND)
    const last = await challengeOf(world, ann)
    expect((await verify(world, last, recovery, 'recovery_code')).status).toBe(200)
  })
})
