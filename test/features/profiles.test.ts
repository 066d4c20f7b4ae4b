import { beforeEach, describe, it } from 'vitest'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { detailOf, listOf, PROFILES, walk } from '../support/content.ts'
import type { Person } from '../support/people.ts'
import { type Caller, newWorld, type World } from '../support/world.ts'

const FULL = {
  name: 'Ann',
  last_name: 'Linden',
  display_name: 'Ann L.',
  title: 'Potter',
  bio: 'I *throw*.',
  email: 'ann@linden.example',
  resume_url: 'https://linden.example/cv.pdf',
  links: { github: 'https://github.com/ann', website: 'https://ann.example/' },
  skills: ['Throwing', 'Glaze'],
  experience: [{ title: 'Potter', company: 'Linden', start_date: '2019-03', description: 'Cups' }],
  education: [{ institution: 'Art school', degree: 'BA', end_date: '2018' }],
  certifications: [{ name: 'Kiln safety', date: '2020-02-29', url: 'https://kiln.example/1' }],
  achievements: ['Prize of the town'],
}

let world: World
let ann: Person
let bob: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ username: 'Ann' })
  bob = await world.person()
})

const save = (who: Caller, username: string, body: object = { name: 'N' }, headers = {}) =>
  world.as(who).put(`${PROFILES}/${username}`, { body, headers })

describe('a profile', () => {
  it('is made, read, replaced and deleted by its owner', async ({ expect }) => {
    const made = await save(ann, 'ann', FULL)
    const profile = await made.json<{ id: number }>()
    expect([made.status, made.headers.get('location')]).toEqual([201, `${PROFILES}/Ann`])
    expect(profile).toEqual({
      id: expect.any(Number),
      username: 'Ann',
      ...FULL,
      bio_html: '<p>I <em>throw</em>.</p>\n',
      images: [],
    })
    for (const name of ['ann', 'ANN', 'Ann']) {
      expect(await detailOf(world, PROFILES, name)).toEqual(profile)
    }
    expect(await listOf(world, PROFILES)).toEqual({ data: [profile], next_cursor: null })
    const replaced = await save(ann, 'Ann', { name: 'Anna' })
    expect([replaced.status, await replaced.json()]).toEqual([
      200,
      {
        id: profile.id,
        username: 'Ann',
        name: 'Anna',
        ...Object.fromEntries(
          ['last_name', 'display_name', 'title', 'bio', 'bio_html', 'email', 'resume_url'].map(
            (name) => [name, null],
          ),
        ),
        links: {},
        ...Object.fromEntries(
          ['skills', 'experience', 'education', 'certifications', 'achievements', 'images'].map(
            (name) => [name, []],
          ),
        ),
      },
    ])
    await save(ann, 'Ann', { name: 'Anna' })
    expect((await world.as(ann).delete(`${PROFILES}/ann`)).status).toBe(204)
    expect((await world.as(ann).delete(`${PROFILES}/ann`)).status).toBe(404)
    expect(await detailOf(world, PROFILES, 'ann')).toBe(404)
    const entries = await world.rows('audit_log')
    expect(entries.map(({ action, entity_id }) => [action, entity_id])).toEqual(
      ['profile.create', 'profile.update', 'profile.delete'].map((action) => [action, ann.id]),
    )
  })

  it('of somebody else is not for others, and a made-up name is told alike', async ({ expect }) => {
    await save(ann, 'ann', FULL)
    const before = await world.rows('profiles')
    for (const name of ['ann', bob.username.replace('person', 'nobody'), 'admin']) {
      const put = await save(bob, name)
      const gone = await world.as(bob).delete(`${PROFILES}/${name}`)
      expect([put.status, gone.status], name).toEqual([403, 403])
    }
    expect(await world.rows('profiles')).toEqual(before)
    expect((await save('admin', 'ann', { name: 'By the admin' })).status).toBe(200)
    expect((await save('admin', bob.username)).status).toBe(201)
    expect((await save('admin', 'nobody-here')).status).toBe(404)
    expect((await world.as('admin').delete(`${PROFILES}/${bob.username}`)).status).toBe(204)
  })

  it('of a banned account is nowhere, at once', async ({ expect }) => {
    await save(ann, 'ann', FULL)
    expect(await detailOf(world, PROFILES, 'ann')).toMatchObject({ name: 'Ann' })
    expect((await listOf(world, PROFILES)).data).toHaveLength(1)
    const ban = (is_active: boolean) =>
      world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { is_active } })
    await ban(false)
    for (const caller of ['anonymous', bob, 'admin'] as const) {
      expect((await world.as(caller).get(`${PROFILES}/ann`)).status).toBe(404)
      expect(await (await world.as(caller).get(PROFILES)).json()).toMatchObject({ data: [] })
      expect(await (await world.as(caller).get(`${PROFILES}?limit=5`)).json()).toMatchObject({
        data: [],
      })
    }
    await ban(true)
    expect(await detailOf(world, PROFILES, 'ann')).toMatchObject({ name: 'Ann' })
  })

  it('follows the username, and is listed newest first', async ({ expect }) => {
    await save(ann, 'ann')
    await save(bob, bob.username)
    await world.as(ann).patch('/api/v1/users/me', { body: { username: 'Annika' } })
    expect(await detailOf(world, PROFILES, 'ann')).toBe(404)
    expect(await detailOf(world, PROFILES, 'annika')).toMatchObject({ username: 'Annika' })
    const names = (await walk<{ username: string }>(world, PROFILES, 'limit=1')).map(
      (one) => one.username,
    )
    expect(names).toEqual([bob.username, 'Annika'])
    await world.as(ann).patch('/api/v1/users/me', { body: { username: null } })
    expect((await listOf(world, PROFILES)).data).toHaveLength(1)
  })

  it('is replaced by one of those who read the same state', async ({ expect }) => {
    expect((await save(ann, 'ann', { name: 'A' }, { 'if-match': '*' })).status).toBe(412)
    expect(await inParallel(10, (index) => save(ann, 'ann', { name: `A${index}` }))).toMatchObject({
      201: 1,
    })
    expect(await world.count('profiles')).toBe(1)
    const etag = (await world.as('anonymous').get(`${PROFILES}/ann`)).headers.get('etag') ?? ''
    const headers = { 'if-match': etag }
    const race = (index: number) => save(ann, 'ann', { name: `B${index}` }, headers)
    expect(await inParallel(20, race)).toEqual({ 200: 1, 412: 19 })
    expect((await world.as(ann).delete(`${PROFILES}/ann`, { headers })).status).toBe(412)
  })

  it('is not saved from bad input', async ({ expect }) => {
    await save(ann, 'ann', FULL)
    const state = () => world.rows('profiles')
    const route = {
      method: 'PUT',
      path: `${PROFILES}/ann`,
      caller: ann,
      valid: { name: 'x' },
      texts: ['name'],
    }
    await refusesBadInput(expect, world, route, state)
    await save(ann, 'ann', FULL)
    const before = await state()
    for (const part of [
      { username: 'x' },
      { user_id: 1 },
      { bio: 'x'.repeat(5001) },
      { links: { facebook: 'https://x.example' } },
      { links: { github: 'javascript:alert(1)' } },
      { resume_url: 'data:text/html,x' },
      { email: 'nobody' },
      { skills: Array(51).fill('x') },
      { experience: [{ title: 'x' }] },
      { experience: [{ title: 'x', company: 'y', salary: 1 }] },
      { education: [{ institution: 'x', start_date: '2020-13' }] },
      { certifications: [{ name: 'x', url: 'https://127.0.0.1/' }] },
      { achievements: [''] },
    ]) {
      expect((await save(ann, 'ann', { ...FULL, ...part })).status, JSON.stringify(part)).toBe(422)
    }
    for (const name of [
      '%2e%2e',
      'a',
      '1ann',
      'an%00n',
      "ann'--",
      'x'.repeat(41),
      'ann%20',
      '-ann',
    ]) {
      expect((await world.as('anonymous').get(`${PROFILES}/${name}`)).status, name).toBe(404)
      expect((await save(ann, name)).status, name).toBe(404)
    }
    expect(await state()).toEqual(before)
  })
})
