import { beforeEach, describe, it } from 'vitest'
import { createContext } from '../../src/context.ts'
import { ANONYMOUS } from '../../src/core/actor.ts'
import type { Bindings } from '../../src/env.ts'
import { type Audience, OWN } from '../../src/features/auth/audience.ts'
import { proveAddress, requestVerification } from '../../src/features/auth/verification.ts'
import { prepareMail } from '../../src/features/mail/service.ts'
import { AUTH, mailedToken } from '../support/accounts.ts'
import { PASSWORD } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const SHOP: Audience = { ...OWN, name: 'eterno' }
const OTHER: Audience = { ...OWN, name: 'portfolio' }
const HOUR = 3_600_000
const ANN = 'ann@example.org'

let world: World
beforeEach(async () => {
  world = await newWorld()
})

const anonymous = () =>
  createContext(world.env as unknown as Bindings, ANONYMOUS, {
    source: () => 'x',
    waitUntil: () => {},
  })

async function ask(email = ANN, lifetimeMs = HOUR): Promise<void> {
  const ctx = anonymous()
  await requestVerification(
    ctx,
    { email },
    {
      mailing: { audience: SHOP, linkTo: (token) => `https://x.test/#token=${token}`, lifetimeMs },
      letter: (to, link) => prepareMail(ctx, 'dialect.verify', { to, model: { email: to, link } }),
    },
  )
}
const prove = (token: string, audience = SHOP) => proveAddress(anonymous(), { token }, audience)
const bad = { code: 'invalid_secret' }

describe('a link that proves an address', () => {
  it('leaves the account as it is otherwise', async ({ expect }) => {
    const ann = await world.person({ email: ANN, verified: false })
    await ask()
    const view = await prove(await mailedToken(world, ANN))
    expect(view).toMatchObject({ id: ann.id, email: ANN, is_verified: true })
    expect(await world.count('sessions')).toBe(1)
    const body = { identifier: ANN, password: PASSWORD }
    expect((await world.as('anonymous').post(`${AUTH}/login`, { body })).status).toBe(200)
  })

  it('says so when it is opened again, until it is over', async ({ expect }) => {
    await world.person({ email: ANN, verified: false })
    await ask()
    const token = await mailedToken(world, ANN)
    await prove(token)
    await expect(prove(token)).rejects.toMatchObject({ code: 'conflict' })
    world.pass(HOUR + 1000)
    await expect(prove(token)).rejects.toMatchObject(bad)
  })

  it('works in the API that it was asked for in, and in no other', async ({ expect }) => {
    await world.person({ email: ANN, verified: false })
    await ask()
    const token = await mailedToken(world, ANN)
    for (const foreign of [OWN, OTHER])
      await expect(prove(token, foreign)).rejects.toMatchObject(bad)
    const body = { token, password: PASSWORD }
    expect((await world.as('anonymous').post(`${AUTH}/verify-email`, { body })).status).toBe(400)
    await prove(token)
  })

  it('is mailed to nobody who cannot use it', async ({ expect }) => {
    await world.person({ email: ANN })
    await world.person({ email: 'banned@example.org', verified: false, active: false })
    await world.person({ email: 'boss@example.org', verified: false, role: 'admin' })
    await world.as('admin').post('/api/v1/users', { body: { email: 'new@example.org' } })
    await world.settle()
    const before = world.outside.mails.length
    for (const email of [ANN, 'banned@example.org', 'boss@example.org', 'new@example.org']) {
      await ask(email)
    }
    await ask('nobody@example.org')
    await world.settle()
    expect(world.outside.mails.length).toBe(before)
  })

  it('proves nothing once the account is switched off', async ({ expect }) => {
    const ann = await world.person({ email: ANN, verified: false })
    await ask()
    const token = await mailedToken(world, ANN)
    await world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { is_active: false } })
    await expect(prove(token)).rejects.toMatchObject(bad)
  })

  it('is replaced by a newer one', async ({ expect }) => {
    await world.person({ email: ANN, verified: false })
    await ask()
    const old = await mailedToken(world, ANN)
    await ask()
    await expect(prove(old)).rejects.toMatchObject(bad)
    await prove(await mailedToken(world, ANN))
  })
})
