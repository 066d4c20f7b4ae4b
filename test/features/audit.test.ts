import { beforeEach, describe, it } from 'vitest'
import { AUTH, call, GENEROUS, mailedToken, refresh, signIn } from '../support/accounts.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const USERS = '/api/v1/users'
const AUDIT = '/api/v1/audit-log'
const NEW = 'new@example.org'
const OTHER = 'a quite different one'
const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'

type Entry = Record<string, unknown> & { id: string; action: string }
/** A call, and what is ready before it. */
type Deed = () => Promise<() => Promise<Response>>

let world: World
let ann: Person
let admin: Person
let message: string
let item: string
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'ann@example.org', username: 'Ann', steppedUp: true })
  admin = await world.admin()
  const body = { name: 'Bob', email: 'bob@example.org', message: 'Hello' }
  message = await idOf(world.as('anonymous').post('/api/v1/contact', { body }))
  item = await idOf(world.as(ann).post('/api/v1/items', { body: { title: 'Mine' } }))
})

const idOf = async (answer: Promise<Response>) => (await (await answer).json<{ id: string }>()).id
const entries = async (query = '?limit=100') =>
  (await world.as(admin).get(`${AUDIT}${query}`)).json<{
    data: Entry[]
    next_cursor: string | null
    count?: number
  }>()
const auth = (path: string, body: object, who: Person | 'anonymous' = 'anonymous') =>
  world.as(who).post(`${AUTH}${path}`, { body })
const patchUser = (body: object, id = ann.id) => world.as(admin).patch(`${USERS}/${id}`, { body })
const link = async (path: string, email: string, more = {}) => {
  await auth(path, { email, ...more })
  return mailedToken(world, email)
}
const linkToNew = async () => {
  await auth('/email/change', { new_email: NEW }, ann)
  return mailedToken(world, NEW)
}
const failedMail = async () => {
  await world.deliver()
  world.outside.plan({ status: 422, body: 'no' })
  const body = { to: 'x@example.org' }
  const id = await idOf(world.as(admin).post('/api/v1/utils/test-email', { body }))
  await world.deliver()
  return id
}
const login = (password: string, identifier = ann.email) => auth('/login', { identifier, password })

/** By the entry that it leaves: `<action> <entity type> <by whom>`. */
const DEEDS: Record<string, Deed> = {
  'auth.register user anonymous': async () => () =>
    auth('/register', { email: NEW, password: PASSWORD }),
  'auth.verify user user': async () => {
    const token = await link('/register', NEW, { password: PASSWORD })
    return () => auth('/verify-email', { token, password: PASSWORD })
  },
  'auth.login session user': async () => () => login(PASSWORD),
  'auth.login_failed user anonymous': async () => () => login('not the password'),
  'auth.logout session user': async () => () => auth('/logout', {}, ann),
  'auth.logout_all user user': async () => () => auth('/logout-all', {}, ann),
  'auth.session_end session user': async () => {
    const { sessionId } = await signIn(world, ann.email, PASSWORD)
    return () => world.as(ann).delete(`${AUTH}/sessions/${sessionId}`)
  },
  'auth.refresh_reused session user': async () => {
    const { refreshToken } = await signIn(world, ann.email, PASSWORD)
    await refresh(world, refreshToken)
    world.pass(11_000)
    return () => refresh(world, refreshToken)
  },
  'auth.step_up session user': async () => () => auth('/step-up', { password: PASSWORD }, ann),
  'auth.login_failed user user': async () => () => auth('/step-up', { password: 'wrong' }, ann),
  'auth.password_forgot user anonymous': async () => () =>
    auth('/password/forgot', { email: ann.email }),
  'auth.password_reset user user': async () => {
    const token = await link('/password/forgot', ann.email)
    return () => auth('/password/reset', { token, new_password: OTHER })
  },
  'auth.password_change user user': async () => () =>
    auth('/password/change', { current_password: PASSWORD, new_password: OTHER }, ann),
  'auth.email_change user user': async () => {
    const token = await linkToNew()
    return () => auth('/email/confirm', { token })
  },
  'auth.invite_accept user user': async () => {
    await world.as(admin).post(USERS, { body: { email: NEW } })
    const token = await mailedToken(world, NEW)
    return () => auth('/invite/accept', { token, password: PASSWORD })
  },
  'user.invite user admin': async () => () =>
    world.as(admin).post(USERS, { body: { email: NEW, role: 'admin' } }),
  'user.update user admin': async () => () => patchUser({ is_active: false }),
  'user.update user user': async () => () =>
    world.as(ann).patch(`${USERS}/me`, { body: { full_name: 'Ann' } }),
  'user.delete user admin': async () => () => world.as(admin).delete(`${USERS}/${ann.id}`),
  'user.delete user user': async () => () => world.as(ann).delete(`${USERS}/me`),
  'user.export user user': async () => () => world.as(ann).get(`${USERS}/me/export`),
  'contact.update message admin': async () => () =>
    world.as(admin).patch(`/api/v1/contact/messages/${message}`, { body: { status: 'read' } }),
  'contact.delete message admin': async () => () =>
    world.as(admin).delete(`/api/v1/contact/messages/${message}`),
  'contact.reply message admin': async () => () =>
    world.as(admin).post(`/api/v1/contact/messages/${message}/reply`, { body: { body: 'Yes' } }),
  'mail.test mail admin': async () => () =>
    world.as(admin).post('/api/v1/utils/test-email', { body: { to: 'x@example.org' } }),
  'mail.retry mail admin': async () => {
    const id = await failedMail()
    return () => world.as(admin).post(`/api/v1/mail/${id}/retry`)
  },
  'item.create item admin': async () => () =>
    world.as(admin).post('/api/v1/items', { body: { title: 'Ours' } }),
  'item.update item admin': async () => () =>
    world.as(admin).patch(`/api/v1/items/${item}`, { body: { title: 'Ours' } }),
  'item.delete item admin': async () => () => world.as(admin).delete(`/api/v1/items/${item}`),
}

/** What is refused or changes nothing. */
const NOTHING: Record<string, () => Promise<Response>> = {
  'a registration of an account': () => auth('/register', { email: ann.email, password: PASSWORD }),
  'a forgotten password of nobody': () => auth('/password/forgot', { email: 'x@example.org' }),
  'a link that is wrong': () => auth('/email/confirm', { token: 'A'.repeat(43) }),
  'a session of somebody else': () => world.as(ann).delete(`${AUTH}/sessions/${admin.sessionId}`),
  'a refresh token of nobody': () => refresh(world, 'A'.repeat(43)),
  'an invitation of an account': () => world.as(admin).post(USERS, { body: { email: ann.email } }),
  'an account that is missing': () => patchUser({ is_active: false }, NOBODYS),
  'the last admin': () => patchUser({ is_active: false }, admin.id),
  'the last admin, deleted': () => world.as(admin).delete(`${USERS}/${admin.id}`),
  'a stale change': () =>
    world
      .as(admin)
      .patch(`${USERS}/${ann.id}`, { body: { is_active: false }, headers: { 'if-match': '"9"' } }),
  'a change by who may not': () =>
    world.as(ann).patch(`${USERS}/${ann.id}`, { body: { role: 'admin' } }),
  'a username that is taken': () =>
    world.as(ann).patch(`${USERS}/me`, { body: { username: 'admin' } }),
  'a change that is not valid': () => patchUser({ role: 'owner' }),
  'an account changed to what it is': () => patchUser({ is_active: true, full_name: null }),
  'an account that gets the role it has': () => patchUser({ role: 'user' }),
  'an empty change': () => patchUser({}),
  'a name changed to what it is': () =>
    world.as(ann).patch(`${USERS}/me`, { body: { username: 'Ann' } }),
  'a message filed where it is': () =>
    world.as(admin).patch(`/api/v1/contact/messages/${message}`, { body: { status: 'unread' } }),
  'an item changed to what it is': () =>
    world.as(admin).patch(`/api/v1/items/${item}`, { body: { title: 'Mine' } }),
  'an item that is missing': () => world.as(admin).delete(`/api/v1/items/${NOBODYS}`),
  'a mail that is missing': () => world.as(admin).post(`/api/v1/mail/${NOBODYS}/retry`),
}

describe('a record', () => {
  for (const [name, prepare] of Object.entries(DEEDS)) {
    it(`is kept of ${name}`, async ({ expect }) => {
      const act = await prepare()
      const before = await world.count('audit_log')
      const response = await act()
      expect(response.status).toBeLessThan(
        name.includes('failed') || name.includes('reused') ? 402 : 300,
      )
      const added = (await world.rows('audit_log')).slice(before)
      expect(added).toHaveLength(1)
      const [{ action, entity_type, actor_type, actor_id, ...row } = {}] = added
      expect(`${action} ${entity_type} ${actor_type}`).toBe(name)
      if (actor_type === 'admin') expect(actor_id).toBe(admin.id)
      if (actor_type === 'anonymous') expect(actor_id).toBeNull()
      if (actor_type === 'user') {
        const people = (await world.rows('users')).map(({ uid }) => uid)
        expect([...people, ann.id]).toContain(actor_id)
      }
      expect(row).toMatchObject({
        entity_id: expect.stringMatching(/^[\da-f-]{36}$/),
        request_id: response.headers.get('x-request-id'),
        source: '192.0.2.0/24',
        created_at: Date.now(),
      })
      expect(JSON.stringify(added)).not.toMatch(/\$scrypt|192\.0\.2\.1"|password_hash|#token/)
    })
  }

  for (const [name, act] of Object.entries(NOTHING)) {
    it(`is not kept of ${name}`, async ({ expect }) => {
      const before = await world.rows('audit_log')
      const users = await world.rows('users')
      await act()
      expect(await world.rows('audit_log')).toEqual(before)
      expect(await world.rows('users')).toEqual(users)
    })
  }

  it('is kept of a failed sign-in to nobody, without the name that was tried', async ({
    expect,
  }) => {
    await login(PASSWORD, 'who.is.this@example.org')
    const rows = await world.rows('audit_log')
    expect(rows.at(-1)).toMatchObject({ action: 'auth.login_failed', entity_id: null })
    expect(JSON.stringify(rows)).not.toContain('who.is.this')
  })

  it('says what was before and what is after', async ({ expect }) => {
    await patchUser({ role: 'admin', full_name: 'Ann' })
    const [changed] = (await entries()).data
    expect(changed).toMatchObject({
      actor_type: 'admin',
      actor: admin.id,
      action: 'user.update',
      entity_type: 'user',
      entity_id: ann.id,
      before: { role: 'user', full_name: null },
      after: { role: 'admin', full_name: 'Ann' },
    })
    await world
      .as(admin)
      .patch(`/api/v1/contact/messages/${message}`, { body: { status: 'archived' } })
    const [filed] = (await entries()).data
    expect(filed).toMatchObject({ before: { status: 'unread' }, after: { status: 'archived' } })
    await world.as(admin).patch(`/api/v1/items/${item}`, { body: { title: 'Ours' } })
    const [retitled] = (await entries()).data
    expect(retitled).toMatchObject({ before: { title: 'Mine' }, after: { title: 'Ours' } })
  })

  it('shortens an IPv6 address to a /48', async ({ expect }) => {
    const from = '2001:db8:12:34:56:78:9a:bc'
    await call(world, '/login', { identifier: ann.email, password: PASSWORD }, { from })
    expect((await world.rows('audit_log')).at(-1)?.source).toBe('2001:db8:12::/48')
  })

  it('is kept for its time, and for ever when that is what is set', async ({ expect }) => {
    const before = await world.count('audit_log')
    await login(PASSWORD)
    world.pass(365 * 86_400_000 + 1)
    world.useSettings({ KEEP_AUDIT_DAYS: '0' })
    await world.runCron('17 3 * * *')
    expect(await world.count('audit_log')).toBe(before + 1)
    await login('not the password')
    world.useSettings({ KEEP_AUDIT_DAYS: '365' })
    await world.runCron('17 3 * * *')
    const rows = await world.rows('audit_log')
    expect(rows.map(({ action }) => action)).toEqual(['auth.login_failed'])
  })
})

describe('the records', () => {
  it('are read by admins with filters, newest first', async ({ expect }) => {
    const start = new Date(Date.now() + 1).toISOString()
    world.pass(1)
    await login(PASSWORD)
    world.pass(1000)
    const from = new Date(Date.now()).toISOString()
    await patchUser({ full_name: 'Ann' })
    world.pass(1000)
    const to = new Date(Date.now()).toISOString()
    await patchUser({ is_active: false })
    const actions = async (query: string) => (await entries(query)).data.map(({ action }) => action)
    expect(await actions('')).toEqual(['user.update', 'user.update', 'auth.login', 'item.create'])
    expect(await actions(`?actor=${ann.id}`)).toEqual(['auth.login', 'item.create'])
    expect(await actions('?action=auth.login')).toEqual(['auth.login'])
    expect(await actions('?entity_type=session')).toEqual(['auth.login'])
    expect(await actions(`?entity_id=${ann.id}`)).toEqual(['user.update', 'user.update'])
    expect(await actions(`?from=${from}`)).toEqual(['user.update', 'user.update'])
    expect(await actions(`?from=${from}&to=${to}`)).toEqual(['user.update'])
    expect(await actions(`?from=${start}&to=${from}`)).toEqual(['auth.login'])
    const page = await entries('?limit=2&count=true')
    expect([page.data.length, page.count]).toEqual([2, 4])
    expect(await actions(`?limit=2&cursor=${page.next_cursor}`)).toEqual([
      'auth.login',
      'item.create',
    ])
    for (const query of ['action=x', 'entity_type=x', 'from=today', 'source=x', 'sort=id']) {
      expect((await world.as(admin).get(`${AUDIT}?${query}`)).status, query).toBe(422)
    }
  })

  it('are changed by no route', async ({ expect }) => {
    await login(PASSWORD)
    const before = await world.rows('audit_log')
    const [entry] = (await entries()).data
    for (const path of [AUDIT, `${AUDIT}/${entry?.id}`, `${AUDIT}/`]) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const response = await world.request(method, path, admin, {
          body: {},
          headers: { 'x-http-method-override': 'DELETE' },
        })
        expect([404, 405], `${method} ${path}`).toContain(response.status)
      }
    }
    expect(await world.rows('audit_log')).toEqual(before)
  })
})
