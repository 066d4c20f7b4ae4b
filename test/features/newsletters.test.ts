import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { beforeCall, GENEROUS } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { POSTS, PROJECTS, write } from '../support/content.ts'
import { fill, join, readersOf, sendAll, suppress } from '../support/newsletter.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const EVERY_MINUTE = '* * * * *'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

type Thing = { id: number; slug: string }
const patch = async (path: string, body: object): Promise<void> => {
  const response = await world.as('admin').patch(path, { body })
  if (response.status !== 200) throw new Error(await response.text())
}
const subjects = () => world.outside.mails.map((mail) => mail.subject)
const addresses = (count: number) =>
  Array.from({ length: count }, (_, index) => `Reader${index}@example.org`).toSorted()

describe('a newsletter', () => {
  it('reaches each of two thousand once, though the job is killed at every step', async ({
    expect,
  }) => {
    const readers = rounds(2000)
    world = await newWorld({ ...GENEROUS, NEWSLETTER_PER_MINUTE: '5' })
    await fill(readers)
    await write(world, { title: 'News' })
    const { faults } = world
    faults.heal()
    await world.runCron(EVERY_MINUTE)
    const steps = faults.calls.length
    const isThrough = async () => (await world.rows('newsletters'))[0]?.finished_at !== null
    let killed = 0
    for (let minute = 0; !(await isThrough()); minute++) {
      const step = (minute % steps) + 1
      const when = Math.floor(minute / steps) % 2 === 0 ? 'before' : 'after'
      for (const run of [() => world.runCron(EVERY_MINUTE), () => world.deliver()]) {
        faults.failAt(step, when)
        await run().catch(() => undefined)
        if (faults.calls.length >= step) killed++
        faults.heal()
      }
      // A queue may lose what it was given.
      if (minute % 4 === 0) world.queued = []
      await world.runCron(EVERY_MINUTE)
      world.pass(MINUTE)
    }
    expect(killed).toBeGreaterThanOrEqual(2 * steps)
    await sendAll(world)
    expect(readersOf(world, 'New post: News')).toEqual(addresses(readers))
    expect(await world.rows('newsletters')).toMatchObject([{ queued: readers }])
    expect(await world.count('outbox')).toBe(readers)
  })

  it('reaches each once whatever call of one minute breaks', async ({ expect }) => {
    const calls = await breakEach({
      settings: { ...GENEROUS, NEWSLETTER_PER_MINUTE: '7' },
      before: async (calm) => {
        world = calm
        await fill(10)
        await write(calm, { title: 'News' })
      },
      run: (broken) => broken.runCron(EVERY_MINUTE).catch(() => undefined),
      after: async (healed, point) => {
        await sendAll(healed)
        expect(readersOf(healed, 'New post: News'), point).toEqual(addresses(10))
      },
    })
    expect(calls).toContain('Queue.sendBatch')
  })

  it('reaches each once while several jobs run at the same time', async ({ expect }) => {
    world = await newWorld({ ...GENEROUS, NEWSLETTER_PER_MINUTE: '10' })
    await fill(60)
    await write(world, { title: 'News' })
    for (let minute = 0; minute < 6; minute++) {
      await Promise.all(Array.from({ length: 4 }, () => world.runCron(EVERY_MINUTE)))
      world.pass(MINUTE)
    }
    await sendAll(world)
    expect(readersOf(world, 'New post: News')).toEqual(addresses(60))
  })

  it('goes out as fast as the setting says, in parts of a hundred', async ({ expect }) => {
    for (const [perMinute, sent] of [
      ['0', 0],
      ['1', 1],
      ['100', 100],
      ['250', 250],
      ['9999', 260],
    ] as const) {
      world = await newWorld({ ...GENEROUS, NEWSLETTER_PER_MINUTE: perMinute })
      await fill(200)
      await write(world, { title: 'News' })
      await write(world, { title: 'Next', content: 'x' })
      await env.DB.prepare(
        'update newsletters set cursor = (select max(id) - 60 from subscribers) where entity_id = (select max(id) from posts)',
      ).run()
      await world.runCron(EVERY_MINUTE)
      expect(await world.count('outbox'), perMinute).toBe(sent)
    }
  })

  it('that is switched off mails nobody, later neither', async ({ expect }) => {
    world = await newWorld({ ...GENEROUS, NEWSLETTER_PER_MINUTE: '0' })
    await fill(3)
    await write(world)
    await world.runCron(EVERY_MINUTE)
    world.useSettings({ NEWSLETTER_PER_MINUTE: '100' })
    await sendAll(world)
    expect(await world.count('outbox')).toBe(0)
  })

  it('is for those alone who confirmed before, have not left and are not suppressed', async ({
    expect,
  }) => {
    await join(world, 'told@example.org')
    for (const name of ['left', 'gone', 'deleted']) await join(world, `${name}@example.org`)
    await world
      .as('anonymous')
      .post('/api/v1/subscribers', { body: { email: 'asked@example.org' } })
    await env.DB.prepare(
      "update subscribers set status = 'unsubscribed' where email_key = 'left@example.org'",
    ).run()
    await suppress('gone@example.org')
    await env.DB.prepare("delete from subscribers where email_key = 'deleted@example.org'").run()
    await write(world, { title: 'News' })
    world.pass(1)
    await join(world, 'late@example.org')
    await sendAll(world)
    expect(readersOf(world, 'New post: News')).toEqual(['told@example.org'])
  })

  it('leaves out who goes between the reading and the writing', async ({ expect }) => {
    await fill(3)
    await write(world, { title: 'News' })
    await world.runCron('none')
    world.faults.heal()
    await world.runCron(EVERY_MINUTE)
    const batch = world.faults.calls.indexOf('D1.batch') + 1
    world = await newWorld(GENEROUS)
    await fill(3)
    await write(world, { title: 'News' })
    beforeCall(world, batch, () =>
      env.DB.prepare(
        "update subscribers set status = 'unsubscribed' where email_key = 'reader1@example.org'",
      ).run(),
    )
    await sendAll(world)
    expect(readersOf(world, 'New post: News')).toEqual([
      'Reader0@example.org',
      'Reader2@example.org',
    ])
  })

  it('tells of what makes no mail to nobody, and holds nothing up', async ({ expect }) => {
    await fill(2)
    const { id } = await write<Thing>(world, { title: 'Evil' })
    for (const evil of ['a\r\nBcc: eve@evil.test', 'a\nb', 'a\u0000b', 'a\u2028b']) {
      await env.DB.prepare('update posts set title = ? where id = ?').bind(evil, id).run()
      await env.DB.prepare('update newsletters set finished_at = null, cursor = 0').run()
      await world.runCron(EVERY_MINUTE)
    }
    expect(await world.count('outbox')).toBe(0)
    expect(world.logs.join()).toContain('newsletter.refused')
    await write(world, { title: 'Good <b>news</b> {{link}}' })
    await sendAll(world)
    expect(new Set(subjects())).toEqual(new Set(['New post: Good <b>news</b> {{link}}']))
    expect(world.outside.mails[0]?.html).not.toContain('<b>')
  })

  it('of the longest words goes out a hundred at once', async ({ expect }) => {
    await fill(100)
    const title = '👩🏽'.repeat(100)
    await write(world, { title, excerpt: '字'.repeat(500), slug: 'long' })
    await sendAll(world)
    expect(readersOf(world, `New post: ${title}`)).toHaveLength(100)
  })

  it('is one of many, of which a run looks at a hundred', async ({ expect }) => {
    await env.DB.prepare(
      `insert into newsletters (entity_type, entity_id, cursor, queued, created_at)
       select 'post', value, 0, 0, 1 from json_each(?)`,
    )
      .bind(JSON.stringify(Array.from({ length: 150 }, (_, index) => index)))
      .run()
    const waiting = async () =>
      (await world.rows('newsletters')).filter((row) => row.finished_at === null).length
    await world.runCron(EVERY_MINUTE)
    expect(await waiting()).toBe(50)
    world.useSettings({ NEWSLETTER_PER_MINUTE: '0' })
    await world.runCron(EVERY_MINUTE)
    expect(await waiting()).toBe(0)
  })

  it('costs one read while there is none', async ({ expect }) => {
    await world.runCron('none')
    world.faults.heal()
    await world.runCron(EVERY_MINUTE)
    const without = world.faults.calls.length
    await fill(5)
    world.faults.heal()
    await world.runCron(EVERY_MINUTE)
    expect(world.faults.calls.length).toBe(without)
  })
})

describe('what is published', () => {
  beforeEach(() => fill(2))

  it('is told of whether it is made so, made so later, or by the clock', async ({ expect }) => {
    await write(world, { title: 'At once' })
    await write(world, { title: 'A table', slug: 'a-table' }, PROJECTS)
    const draft = await write<Thing>(world, { title: 'Later', status: 'draft' })
    await patch(`${POSTS}/${draft.id}`, { status: 'published' })
    const plan = await write<Thing>(world, { title: 'Plan', status: 'draft' }, PROJECTS)
    await patch(`${PROJECTS}/${plan.id}`, { status: 'published' })
    const publish_at = new Date(Date.now() + 3 * DAY).toISOString()
    await write(world, { title: 'By the clock', status: 'scheduled', publish_at })
    await write(world, { title: 'Hidden', status: 'draft' })
    await sendAll(world)
    const now = ['At once', 'Later'].map((title) => `New post: ${title}`)
    const shown = ['A table', 'Plan'].map((title) => `New project: ${title}`)
    expect([...new Set(subjects())].toSorted()).toEqual([...now, ...shown].toSorted())
    expect(world.outside.mails).toHaveLength(8)
    const texts = world.outside.mails.map((mail) => mail.text).join()
    expect(texts).toContain('http://localhost:5173/blog/at-once\n')
    expect(texts).toContain('http://localhost:5173/projects/a-table\n')
    world.pass(3 * DAY)
    await sendAll(world)
    expect(readersOf(world, 'New post: By the clock')).toHaveLength(2)
  })

  it('is told of once, however often it is published, changed and hidden', async ({ expect }) => {
    for (const [path, subject] of [
      [POSTS, 'New post: News'],
      [PROJECTS, 'New project: News'],
    ] as const) {
      const { id } = await write<Thing>(world, { title: 'News' }, path)
      await sendAll(world)
      for (let turn = 0; turn < 3; turn++) {
        await patch(`${path}/${id}`, { title: `News ${turn}` })
        await patch(`${path}/${id}`, { status: 'draft' })
        await patch(`${path}/${id}`, { status: 'published' })
        await sendAll(world)
      }
      expect(readersOf(world, subject)).toHaveLength(2)
    }
    expect(world.outside.mails).toHaveLength(4)
  })

  it('and hidden before its turn is not told of, but is when it is published again', async ({
    expect,
  }) => {
    for (const path of [POSTS, PROJECTS]) {
      const { id } = await write<Thing>(world, { title: 'Typo' }, path)
      await patch(`${path}/${id}`, { status: 'draft' })
      await sendAll(world)
      const type = path === POSTS ? 'post' : 'project'
      const rows = await world.rows('newsletters')
      expect(rows.filter((row) => row.entity_type === type)).toEqual([])
      await patch(`${path}/${id}`, { title: 'No typo', status: 'published' })
      await patch(`${path}/${id}`, { title: 'None at all' })
    }
    await sendAll(world)
    expect(subjects().toSorted()).toEqual(
      ['New post: None at all', 'New project: None at all'].flatMap((one) => [one, one]),
    )
  })

  it('and hidden or deleted half-way is told to nobody else, and twice to nobody', async ({
    expect,
  }) => {
    world = await newWorld({ ...GENEROUS, NEWSLETTER_PER_MINUTE: '1' })
    await fill(4)
    const { id } = await write<Thing>(world, { title: 'News' })
    await world.runCron(EVERY_MINUTE)
    await patch(`${POSTS}/${id}`, { status: 'draft' })
    await patch(`${POSTS}/${id}`, { status: 'published' })
    await sendAll(world)
    expect(readersOf(world, 'New post: News')).toEqual(['Reader0@example.org'])
    const other = await write<Thing>(world, { title: 'Other' }, PROJECTS)
    await world.runCron(EVERY_MINUTE)
    await world.as('admin').delete(`${PROJECTS}/${other.id}`)
    await sendAll(world)
    expect(readersOf(world, 'New project: Other')).toEqual(['Reader0@example.org'])
  })

  it('in the place of one that was deleted is news of its own', async ({ expect }) => {
    const first = await write<Thing>(world, { title: 'First' })
    await sendAll(world)
    await world.as('admin').delete(`${POSTS}/${first.id}`)
    const second = await write<Thing>(world, { title: 'Second' })
    expect(second.id).toBeGreaterThan(first.id)
    await sendAll(world)
    expect(readersOf(world, 'New post: Second')).toHaveLength(2)
  })

  it('with a time more than a day back is an archive, and no news', async ({ expect }) => {
    const at = (ms: number) => new Date(Date.now() - ms).toISOString()
    await write(world, { title: 'Old', publish_at: at(DAY + 1000) })
    await write(world, { title: 'Fresh', publish_at: at(DAY - 1000) })
    const draft = await write<Thing>(world, { title: 'Older', status: 'draft' })
    await patch(`${POSTS}/${draft.id}`, { status: 'published', publish_at: at(400 * DAY) })
    await sendAll(world)
    expect(subjects()).toEqual(['New post: Fresh', 'New post: Fresh'])
  })
})
