import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { DAY } from '../support/factors.ts'
import { join, rowOf } from '../support/newsletter.ts'
import { type Body, portfolio } from '../support/portfolio.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
})

const { call, adminToken } = portfolio(() => world)

describe('the portfolio itself', () => {
  it('says that it is there', async ({ expect }) => {
    const text = async (path: string) => {
      const response = await world.as('anonymous').get(`/dialects/portfolio${path}`)
      return [response.status, await response.text()]
    }
    const root = '{"message":"Portfolio API","version":"1.0.0","docs":"/api/v1/docs"}'
    expect(await text('')).toEqual([200, root])
    expect(await text('/')).toEqual([200, root])
    expect(await text('/health')).toEqual([
      200,
      '{"status":"healthy","app":"Portfolio API","version":"1.0.0"}',
    ])
  })
})

const ME = { name: 'Ann', title: 'Potter', email: 'ann@linden.test' }
const SKILLS = JSON.stringify({
  skills: [
    { name: 'Throwing', icon: 'pot', color: '#fff', category: 'craft', proficiency: 90 },
    { name: 'Glazing', icon: '', color: '', category: '', proficiency: 50 },
  ],
})
const EXPERIENCE = JSON.stringify([
  { role: 'Potter', company: 'Linden', period: '2019-04 - 2021', description: 'Bowls.' },
  { role: '', company: 'Nowhere', period: '', description: '' },
])

describe('the profile', () => {
  it('is made, found, changed, and there is one', async ({ expect }) => {
    expect(refusal(await call('GET', '/profiles/'))).toEqual([404, 'Profile not found'])
    const token = await adminToken()
    const more = { bio: '# Hello', github_url: 'https://github.com/ann', linkedin_url: '' }
    const made = await call('POST', '/profiles/', { token, json: { ...ME, ...more } })
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      name: 'Ann',
      last_name: null,
      display_name: null,
      title: 'Potter',
      bio: '# Hello',
      email: 'ann@linden.test',
      github_url: 'https://github.com/ann',
      linkedin_url: null,
      twitter_url: null,
      resume_url: null,
      skills: null,
      experience: null,
      education: null,
      certifications: null,
      achievements: null,
      id: expect.any(Number),
      user_id: expect.any(Number),
      created_at: '2026-05-04T09:30:00Z',
      updated_at: '2026-05-04T09:30:00Z',
      images: [],
      username: 'admin',
    })
    expect(Object.keys(made.body as Body).slice(0, 4)).toEqual([
      'name',
      'last_name',
      'display_name',
      'title',
    ])
    expect(refusal(await call('POST', '/profiles/', { token, json: ME }))).toEqual([
      400,
      'Profile already exists. Use PUT to update.',
    ])
    const { id } = made.body as { id: number }
    world.pass(2000)
    const put = (json: Body, of = id) => call('PUT', `/profiles/${of}`, { token, json })
    const changed = await put({ last_name: 'Linden', github_url: '', name: null })
    expect(changed.body).toEqual({
      ...(made.body as Body),
      last_name: 'Linden',
      github_url: null,
      updated_at: '2026-05-04T09:30:02Z',
    })
    expect((await call('GET', '/profiles')).body).toEqual(changed.body)
    expect((await call('GET', '/auth/me', { token })).body).toMatchObject({ profile: changed.body })
    const cleared = await put({ last_name: '', display_name: '', bio: '' })
    expect(cleared.body).toMatchObject({ last_name: null, display_name: null, bio: null })
    expect(refusal(await put({}, 999))).toEqual([404, 'Profile not found'])
    const wrong = await put({ email: 'nobody', title: '' })
    expect(wrong.body).toMatchObject({
      detail: [
        { loc: ['body', 'title'], msg: 'String should have at least 1 character' },
        { loc: ['body', 'email'], type: 'value_error' },
      ],
    })
  })

  it('gives its lists back word for word, and shows what it can of them elsewhere', async ({
    expect,
  }) => {
    const token = await adminToken()
    const json = {
      ...ME,
      skills: SKILLS,
      experience: EXPERIENCE,
      education: '[{"institution":"Academy","degree":"MA","period":"2015","description":""}]',
      certifications: '[{"name":"Kiln safety","issuer":"Guild","year":"2020","url":""}]',
      achievements: '[{"title":"First prize","description":"For a vase.","date":"2022"}]',
    }
    const made = await call('POST', '/profiles/', { token, json })
    expect(made.body).toMatchObject(json)
    const own = async () =>
      await (await world.as('anonymous').get('/api/v1/profiles/admin')).json<Body>()
    expect(await own()).toMatchObject({
      skills: ['Throwing', 'Glazing'],
      experience: [
        {
          title: 'Potter',
          company: 'Linden',
          description: 'Bowls.',
          start_date: '2019-04',
          end_date: '2021',
        },
      ],
      education: [{ institution: 'Academy', degree: 'MA', start_date: '2015' }],
      certifications: [{ name: 'Kiln safety', issuer: 'Guild', date: '2020' }],
      achievements: ['First prize: For a vase.'],
    })
    expect(JSON.stringify(await own())).not.toContain('proficiency')
    const { id } = made.body as { id: number }
    const changed = await call('PUT', `/profiles/${id}`, { token, json: { skills: 'a, b,, c' } })
    expect(changed.body).toMatchObject({ ...json, skills: 'a, b,, c' })
    expect(await own()).toMatchObject({ skills: ['a', 'b', 'c'] })
    for (const skills of ['', '{"a":1}', 'null', '[[1],"x"]', '{', 'x'.repeat(20_000)]) {
      const { status, body } = await call('PUT', `/profiles/${id}`, { token, json: { skills } })
      expect([status, (body as Body).skills]).toEqual([200, skills])
    }
  })

  it('that is saved elsewhere has its lists made from what was saved', async ({ expect }) => {
    const token = await adminToken()
    await call('POST', '/profiles/', { token, json: { ...ME, skills: SKILLS } })
    const body = {
      name: 'Ann',
      skills: ['Drawing'],
      experience: [{ title: 'Potter', company: 'Linden', start_date: '2020' }],
      achievements: ['A prize'],
    }
    await world.as('admin').put('/api/v1/profiles/admin', { body })
    const { body: profile } = await call('GET', '/profiles/')
    const lists = profile as Record<string, string>
    expect(JSON.parse(lists.skills ?? '')).toEqual({ skills: [{ name: 'Drawing' }] })
    expect(JSON.parse(lists.experience ?? '')).toEqual([
      { role: 'Potter', company: 'Linden', period: '2020', description: '' },
    ])
    expect(JSON.parse(lists.achievements ?? '')).toEqual([
      { title: 'A prize', description: '', date: '' },
    ])
    expect(lists.education).toBeNull()
  })

  it('is of an account without a name too, and its owner gets all of it', async ({ expect }) => {
    const token = await adminToken()
    await call('POST', '/profiles/', { token, json: { ...ME, skills: SKILLS } })
    await world.as('admin').patch('/api/v1/users/me', { body: { username: null } })
    expect((await call('GET', '/profiles/')).body).toMatchObject({ name: 'Ann', username: '' })
    const { id } = (await call('GET', '/profiles/')).body as { id: number }
    const put = await call('PUT', `/profiles/${id}`, { token, json: { title: 'Master' } })
    expect(put.body).toMatchObject({ title: 'Master', skills: SKILLS })
    const kept = await world.as('admin').get('/api/v1/users/me/export')
    expect(await kept.json()).toMatchObject({ profile_texts: { skills: SKILLS } })
  })
})

const LETTER = {
  name: 'Ann',
  email: 'ann@example.org',
  subject: 'A vase',
  message: 'Are you free in May?',
}
const write = (json: Body, from?: string) =>
  call('POST', '/contact/', { json: { ...LETTER, ...json }, ...(from && { from }) })

describe('the contact form', () => {
  it('sends a letter, and both mails follow', async ({ expect }) => {
    const { status, body } = await write({})
    expect([status, body]).toEqual([
      201,
      {
        message: 'Message received successfully',
        detail: "Thank you for contacting me. I'll get back to you soon!",
      },
    ])
    await world.settle()
    expect((await world.rows('outbox')).map((row) => `${row.kind} ${row.status}`)).toEqual([
      'contact.notification sent',
      'contact.confirmation sent',
    ])
  })

  it('takes what the front end’s form lets through', async ({ expect }) => {
    for (const subject of ['', null, undefined, 'x']) {
      expect((await write({ subject })).status).toBe(201)
    }
    const { body } = await write({ name: 'A', email: 'nobody', message: 'Short' })
    expect(body).toMatchObject({
      detail: [
        { loc: ['body', 'name'], msg: 'String should have at least 2 characters' },
        {
          loc: ['body', 'email'],
          msg: 'value is not a valid email address: An email address must have an @-sign.',
        },
        { loc: ['body', 'message'], msg: 'String should have at least 10 characters' },
      ],
    })
  })

  it('keeps its limit, and says when it cannot keep a letter', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    for (let turn = 0; turn < 5; turn++) expect((await write({})).status).toBe(201)
    expect((await write({})).status).toBe(429)
    world.faults.failAt(2, 'before')
    expect(refusal(await write({}, '192.0.2.9'))).toEqual([500, 'Failed to save message'])
  })
})

describe('the inbox', () => {
  it('is read, filed and emptied by an admin', async ({ expect }) => {
    const token = await adminToken()
    for (const subject of ['One', 'Two', 'Three']) await write({ subject })
    await world.as('anonymous').post('/api/v1/contact', {
      body: { ...LETTER, website: 'https://robot.test' },
    })
    const list = async (query = '') =>
      (await call('GET', `/messages${query}`, { token })).body as (Body & { id: number })[]
    const subjects = async (query: string) => (await list(query)).map(({ subject }) => subject)
    expect(await subjects('')).toEqual(['Three', 'Two', 'One'])
    const [newest] = await list()
    expect(newest).toEqual({
      name: 'Ann',
      email: 'ann@example.org',
      subject: 'Three',
      message: 'Are you free in May?',
      id: expect.any(Number),
      created_at: '2026-05-04T09:30:00Z',
      read: false,
    })
    const at = `/messages/${newest?.id}`
    const mark = (read: unknown) => call('PATCH', at, { token, json: { read } })
    expect((await mark(true)).body).toEqual({ ...newest, read: true })
    expect((await mark('yes')).body).toEqual({ ...newest, read: true })
    expect(await subjects('?read=true')).toEqual(['Three'])
    expect(await subjects('?read=false&limit=1')).toEqual(['Two'])
    const stats = async () => (await call('GET', '/messages/stats', { token })).body
    expect(await stats()).toEqual({ total_messages: 3, unread_count: 2 })
    expect((await mark(false)).body).toEqual(newest)
    expect((await mark('perhaps')).body).toMatchObject({ detail: [{ type: 'bool_parsing' }] })
    const gone = await call('DELETE', at, { token })
    expect([gone.status, gone.body]).toEqual([204, ''])
    for (const answer of [await mark(true), await call('DELETE', at, { token })]) {
      expect(refusal(answer)).toEqual([404, 'Message not found'])
    }
    expect(await stats()).toEqual({ total_messages: 2, unread_count: 2 })
    const spam = (await world.rows('contact_messages')).find((row) => row.status === 'spam')
    expect((await call('DELETE', `/messages/${spam?.id}`, { token })).status).toBe(404)
  })

  it('leaves what was filed away where it is', async ({ expect }) => {
    const token = await adminToken()
    await write({})
    const [row] = await world.rows('contact_messages')
    const path = `/api/v1/contact/messages/${row?.uid}`
    await world.as('admin').patch(path, { body: { status: 'archived' } })
    const json = { read: true }
    expect((await call('PATCH', `/messages/${row?.id}`, { token, json })).body).toMatchObject(json)
    expect(await world.rows('contact_messages')).toMatchObject([{ status: 'archived' }])
  })
})

const ANN = 'ann@example.org'
const LINK = /http:\/\/localhost:5173\/verify-subscription\?token=([\w-]{43})/

/** The secret of the newest link that was mailed there. */
async function mailedLink(to: string): Promise<string> {
  await world.deliver()
  const [, token = ''] = LINK.exec(world.outside.to(to).at(-1)?.text ?? '') ?? []
  return token
}

describe('the newsletter', () => {
  const ask = async (path: string, json: Body) => {
    const { status, body } = await call('POST', `/subscribes/${path}`, { json })
    return [status, body]
  }

  it('is asked for, confirmed and left', async ({ expect }) => {
    const email = ANN
    const message = 'Subscription created! Please check your email to verify.'
    expect(await ask('subscribe', { email })).toEqual([201, { message, verified: false }])
    expect(await ask('subscribe', { email: 'Ann@EXAMPLE.org' })).toEqual([
      201,
      { message: 'Verification email resent. Please check your inbox.', verified: false },
    ])
    const token = await mailedLink('Ann@example.org')
    expect(await ask('verify', { token: 'x'.repeat(43) })).toEqual([
      404,
      { detail: 'Invalid verification token' },
    ])
    expect((await rowOf(world, ANN))?.status).toBe('pending')
    expect(await ask('verify', { token })).toEqual([
      200,
      { message: "Email verified successfully! You'll now receive updates.", verified: true },
    ])
    expect(await ask('verify', { token })).toEqual([
      200,
      { message: 'Email already verified!', verified: true },
    ])
    expect(await ask('subscribe', { email })).toEqual([
      201,
      { message: 'You are already subscribed!', verified: true },
    ])
    expect(await ask('unsubscribe', { email })).toEqual([
      200,
      { message: 'You have been unsubscribed successfully. Sorry to see you go!' },
    ])
    expect(await ask('unsubscribe', { email })).toEqual([
      200,
      { message: 'You are already unsubscribed' },
    ])
    expect(await ask('unsubscribe', { email: 'nobody@example.org' })).toEqual([
      404,
      { detail: 'Email not found in subscription list' },
    ])
    expect(await ask('verify', { token })).toEqual([404, { detail: 'Invalid verification token' }])
  })

  it('tells an address that was taken off, with a link that leads back', async ({ expect }) => {
    await join(world, ANN)
    await ask('unsubscribe', { email: ANN })
    const token = await mailedLink(ANN)
    const mails = world.outside.to(ANN)
    expect(mails.map(({ subject }) => subject)).toEqual([
      'Confirm your subscription',
      'You are unsubscribed',
    ])
    expect((await rowOf(world, ANN))?.status).toBe('unsubscribed')
    expect((await ask('verify', { token }))[0]).toBe(200)
    expect((await rowOf(world, ANN))?.status).toBe('confirmed')
  })

  it('is given back to nobody who only types an address', async ({ expect }) => {
    await join(world, ANN)
    await ask('unsubscribe', { email: ANN })
    expect((await ask('subscribe', { email: ANN }))[0]).toBe(201)
    expect((await rowOf(world, ANN))?.status).toBe('unsubscribed')
    world.pass(3 * DAY)
    expect((await ask('verify', { token: await mailedLink(ANN) }))[0]).toBe(404)
  })

  it('takes the same link in our own API', async ({ expect }) => {
    await ask('subscribe', { email: ANN })
    const token = await mailedLink(ANN)
    const response = await world
      .as('anonymous')
      .post('/api/v1/subscribers/confirm', { body: { token } })
    expect(response.status).toBe(204)
  })

  it('is looked after by an admin', async ({ expect }) => {
    const token = await adminToken()
    const one = await join(world, 'one@example.org')
    await join(world, 'two@example.org')
    await ask('subscribe', { email: 'three@example.org' })
    await ask('unsubscribe', { email: 'two@example.org' })
    const get = async (path: string) =>
      (await call('GET', `/subscribes/admin/${path}`, { token })).body
    expect(await get('all')).toMatchObject([
      { email: 'one@example.org', is_active: true, is_verified: true },
      { email: 'two@example.org', is_active: false, is_verified: true },
      { email: 'three@example.org', is_active: true, is_verified: false },
    ])
    expect(await get('all?skip=1&limit=1')).toMatchObject([{ email: 'two@example.org' }])
    expect(await get('active')).toEqual([
      {
        email: 'one@example.org',
        id: one,
        is_active: true,
        is_verified: true,
        created_at: '2026-05-04T09:30:00Z',
      },
    ])
    expect(await get('stats')).toEqual({ total: 3, active: 2, verified: 2, active_verified: 1 })
    const remove = () => call('DELETE', `/subscribes/admin/${one}`, { token })
    expect((await remove()).status).toBe(204)
    expect(refusal(await remove())).toEqual([404, 'Subscriber not found'])
  })
})
