import { beforeEach, describe, it } from 'vitest'
import { call, GENEROUS, mailedToken } from '../support/accounts.ts'
import {
  browser,
  challengeOf,
  enterWithTotp,
  login,
  MINUTE,
  nextSource,
  totpCode,
  verify,
  wrongCode,
} from '../support/factors.ts'
import { newWorld, type World } from '../support/world.ts'

const POSTS = '/api/v1/posts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

describe('a browser that knows the password but not the second factor', () => {
  beforeEach(() => world.useSettings({ RATE_LIMIT_SCALE: '1' }))

  it('buys no more codes by giving the password again', async ({ expect }) => {
    const ann = await world.person({ totp: true })
    const { device } = await enterWithTotp(world, ann, { from: nextSource() })
    const answers: number[] = []
    for (let round = 0; round < 12; round++) {
      world.pass(MINUTE)
      const known = browser(device, nextSource())
      const answer = await login(world, ann, known)
      if (answer.status !== 200) continue
      const { challenge_token } = await answer.json<{ challenge_token: string }>()
      for (let time = 0; time < 5; time++) {
        answers.push((await verify(world, challenge_token, wrongCode(), 'totp', known)).status)
      }
    }
    expect(new Set(answers)).toEqual(new Set([401]))
    const known = browser(device, nextSource())
    const token = await challengeOf(world, ann, known)
    expect((await verify(world, token, totpCode(), 'totp', known)).status).toBe(401)
    // Not for ever: a quarter of an hour after the last.
    world.pass(16 * MINUTE)
    const again = browser(device, nextSource())
    const fresh = await challengeOf(world, ann, again)
    expect((await verify(world, fresh, totpCode(), 'totp', again)).status).toBe(200)
  })

  it('nor at a step-up', async ({ expect }) => {
    const ann = await world.person({ totp: true })
    const { signedIn, device } = await enterWithTotp(world, ann, { from: nextSource() })
    const ask = (code: string) =>
      world.as(signedIn).post('/api/v1/auth/step-up', {
        body: { password: 'correct horse battery', code },
        ...browser(device, nextSource()),
      })
    for (let time = 0; time < 40; time++) {
      world.pass(10_000)
      expect((await ask(wrongCode())).status).toBeGreaterThanOrEqual(401)
    }
    world.pass(30_000)
    expect((await ask(totpCode())).status).toBe(401)
  })
})

describe('who knew the old password', () => {
  it('has not used up the codes of whoever has reset it', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const ann = await world.person({ emailCodes: true })
    for (let time = 0; time < 40; time++) {
      world.pass(3 * MINUTE)
      const from = nextSource()
      const challenge_token = await challengeOf(world, ann, { from })
      await call(world, '/2fa/email-code', { challenge_token }, { from })
    }
    const from = nextSource()
    await call(world, '/password/forgot', { email: ann.email }, { from })
    const token = await mailedToken(world, ann.email)
    const new_password = 'a quite different one'
    await call(world, '/password/reset', { token, new_password }, { from })
    const answer = await login(world, ann, { from }, new_password)
    const { challenge_token } = await answer.json<{ challenge_token: string }>()
    const before = world.outside.to(ann.email).length
    await call(world, '/2fa/email-code', { challenge_token }, { from })
    await world.deliver()
    const codes = world.outside.to(ann.email).slice(before)
    expect(codes.some(({ subject }) => subject === 'Your code')).toBe(true)
  })
})

describe('one account', () => {
  const profile = { name: 'Ann', experience: [] as object[], achievements: [] as string[] }

  it('does not fill the audit log with its profile', async ({ expect }) => {
    const ann = await world.person()
    const put = (body: object) =>
      world.as(ann).put(`/api/v1/profiles/${ann.username}`, { body: { ...profile, ...body } })
    for (const word of ['x', 'y']) {
      const achievements = Array.from({ length: 20 }, () => word.repeat(180))
      expect((await put({ achievements })).status).toBeLessThan(300)
    }
    for (const row of await world.rows('audit_log')) {
      expect(`${row.before}${row.after}`.length).toBeLessThan(4000)
    }
  })

  it('makes no list heavy, and shows no foreign picture on the page of the studio', async ({
    expect,
  }) => {
    const ann = await world.person()
    const put = (bio: string) =>
      world.as(ann).put(`/api/v1/profiles/${ann.username}`, { body: { ...profile, bio } })
    const bomb = `[a]: https://e.example/${'a'.repeat(1500)}\n\n${'[a]\n'.repeat(700)}`
    expect((await put(bomb)).status).toBe(422)
    const picture = await put('Me: ![at work](https://tracker.example/p.png)')
    const { bio_html } = await picture.json<{ bio_html: string }>()
    expect(bio_html).toContain('at work')
    expect(bio_html).not.toContain('<img')
  })

  it('takes its name out of the mails about its comments when it goes', async ({ expect }) => {
    const made = await world.as('admin').post(POSTS, {
      body: { title: 'T', content: 'x', status: 'published' },
    })
    const { id } = await made.json<{ id: number }>()
    const ann = await world.person({ steppedUp: true })
    await world.as(ann).patch('/api/v1/users/me', { body: { full_name: 'Robert Secret' } })
    await world.as(ann).post(`${POSTS}/${id}/comments`, { body: { content: 'Hello' } })
    expect(JSON.stringify(await world.rows('outbox'))).toContain('Robert Secret')
    expect((await world.as(ann).delete('/api/v1/users/me')).status).toBe(204)
    expect(JSON.stringify(await world.rows('outbox'))).not.toContain('Robert Secret')
  })

  it('that was never proven takes nothing from the comments of its address', async ({ expect }) => {
    const made = await world.as('admin').post(POSTS, {
      body: { title: 'T', content: 'x', status: 'published' },
    })
    const { id } = await made.json<{ id: number }>()
    const body = { name: 'Vic', email: 'victim@example.org', content: 'Hello' }
    await world.as('anonymous').post(`${POSTS}/${id}/comments`, { body })
    const register = { email: 'Victim@example.org', password: 'correct horse battery' }
    await call(world, '/register', register)
    world.pass(31 * 24 * 60 * MINUTE)
    await world.runCron('17 3 * * *')
    expect(JSON.stringify(await world.rows('users'))).not.toContain('ictim@')
    expect((await world.rows('comments'))[0]?.email).toBe('victim@example.org')
  })
})

describe('a number', () => {
  it('is never given again, so that nothing meant for one thing hits another', async ({
    expect,
  }) => {
    const write = async (title: string) => {
      const body = { title, content: 'x', status: 'published' }
      return (await (await world.as('admin').post(POSTS, { body })).json<{ id: number }>()).id
    }
    const first = await write('One')
    await world.as('admin').delete(`${POSTS}/${first}`)
    const second = await write('Two')
    expect(second).toBeGreaterThan(first)
    const comment = async () => {
      const body = { name: 'Ann', email: 'ann@example.org', content: 'Hello' }
      await world.as('anonymous').post(`${POSTS}/${second}/comments`, { body })
      return Number((await world.rows('comments')).at(-1)?.id)
    }
    const approved = await comment()
    await world.as('admin').delete(`/api/v1/comments/${approved}`)
    expect(await comment()).toBeGreaterThan(approved)
    const late = { body: { status: 'approved' }, headers: { 'if-match': '"1"' } }
    expect((await world.as('admin').patch(`/api/v1/comments/${approved}`, late)).status).toBe(404)
  })
})

describe('views', () => {
  it('count for a post that is called like a property of every object', async ({ expect }) => {
    const body = { title: 'Constructor', content: 'x', status: 'published' }
    await world.as('admin').post(POSTS, { body })
    world.useSettings({ ...GENEROUS, VIEWS_WINDOW_MS: '0' })
    await world.as('anonymous').get(`${POSTS}/constructor`)
    expect((await world.rows('posts'))[0]?.view_count).toBe(1)
  })
})
