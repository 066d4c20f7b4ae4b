import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import {
  aroundPut,
  filesOf,
  form,
  IMAGES,
  type Image,
  keyOf,
  pathOf,
  picture,
  thing,
  upload,
} from '../support/media.ts'
import { jpeg, png } from '../support/pictures.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const DAILY = '17 3 * * *'
const HOUR = 3_600_000

/** Every picture that a reader is shown is there, and after the sweep there is nothing else. */
async function isWhole(world: World): Promise<string[]> {
  const faults: string[] = []
  const rows = await world.rows('images')
  for (const row of rows.filter(({ status }) => status === 'ready')) {
    const response = await world.as('anonymous').get(`/media/${row.key}`)
    const length = (await response.arrayBuffer()).byteLength
    if (response.status !== 200 || length !== row.byte_size) faults.push(`${row.key} is broken`)
  }
  world.pass(HOUR)
  // A sweep takes a hundred at most: it goes on as long as one leaves less than the one before.
  const kept = async () => (await world.count('images')) + (await world.count('deleted_files'))
  for (let before = Infinity; (await kept()) < before; ) {
    before = await kept()
    world.pass(60_000)
    await world.runCron('* * * * *')
  }
  const ready = (await world.rows('images')).map(({ key, status }) => `images/${key} ${status}`)
  const files = (await filesOf()).map((name) => `${name} ready`)
  if (ready.toSorted().join() !== files.toSorted().join()) faults.push(`${ready} against ${files}`)
  const left = await world.count('deleted_files')
  if (left > 0) faults.push(`${left} files wait to be deleted`)
  return faults
}

const onlyId = async (world: World) => Number((await world.rows('images'))[0]?.id)

describe('whatever call breaks', () => {
  it('an upload is there or not, and leaves no file behind', async ({ expect }) => {
    let status = 0
    const calls = await breakEach({
      settings: GENEROUS,
      before: async (world) => void (await thing(world, 'project')),
      run: async (world) => {
        const place = { entity_type: 'project', entity_id: 1 }
        status = (await upload(world, 'admin', place)).status
      },
      after: async (world, point) => {
        const ready = (await world.rows('images')).filter((row) => row.status === 'ready')
        expect([201, 500, 503], point).toContain(status)
        if (status === 201) expect(ready, point).toHaveLength(1)
        const recorded = (await world.rows('audit_log')).filter(
          ({ action }) => action === 'image.create',
        )
        expect(recorded, point).toHaveLength(ready.length)
        expect(await isWhole(world), point).toEqual([])
        expect(await world.count('images'), point).toBe(ready.length)
      },
    })
    expect(calls.filter((name) => name.startsWith('R2'))).toEqual(['R2.put'])
  })

  it('an upload that is sent again under its key is there once', async ({ expect }) => {
    const send = (world: World) => upload(world, 'admin', {}, png(), { 'idempotency-key': 'k' })
    await breakEach({
      settings: GENEROUS,
      run: send,
      after: async (world, point) => {
        expect((await send(world)).status, point).toBe(201)
        const ready = (await world.rows('images')).filter((row) => row.status === 'ready')
        expect(ready, point).toHaveLength(1)
        expect(await isWhole(world), point).toEqual([])
      },
    })
  })

  it('a picture is the old one or the new one, and never none', async ({ expect }) => {
    await breakEach({
      settings: GENEROUS,
      before: async (world) => void (await picture(world)),
      run: async (world) =>
        world
          .as('admin')
          .put(`${IMAGES}/${await onlyId(world)}/file`, { raw: form(jpeg({ width: 9 })) }),
      after: async (world, point) => {
        const [row] = await world.rows('images')
        expect(['4 image/png', '9 image/jpeg'], point).toContain(
          `${row?.width} ${row?.content_type}`,
        )
        expect(await isWhole(world), point).toEqual([])
        expect(await world.count('images'), point).toBe(1)
      },
    })
  })

  it('a deleted picture is gone with its file', async ({ expect }) => {
    await breakEach({
      settings: GENEROUS,
      before: async (world) => void (await picture(world)),
      run: async (world) => world.as('admin').delete(`${IMAGES}/${await onlyId(world)}`),
      after: async (world, point) => {
        expect(await isWhole(world), point).toEqual([])
        expect(await filesOf(), point).toHaveLength(await world.count('images'))
      },
    })
  })

  it('a sweep loses nothing that is shown, and ends its work the next time', async ({ expect }) => {
    for (const cron of ['* * * * *', DAILY]) {
      await breakEach({
        settings: GENEROUS,
        before: async (world) => {
          await picture(world)
          const gone = await picture(world)
          await world.env.DB.prepare('delete from images where id = ?').bind(gone.id).run()
          await env.FILES.put('images/0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10.png', 'x')
        },
        run: (world) => world.runCron(cron).catch(() => undefined),
        after: async (world, point) => {
          await world.runCron(DAILY)
          expect(await isWhole(world), point).toEqual([])
          expect(await world.count('images'), point).toBe(1)
        },
      })
    }
  })
})

describe('R2', () => {
  it('that fails at any of three steps breaks no picture: 20 times each', async ({ expect }) => {
    const times = rounds(200)
    for (const when of ['before', 'after'] as const) {
      for (const step of ['upload', 'replace', 'delete'] as const) {
        const world = await newWorld(GENEROUS)
        const kept = await picture(world)
        for (let time = 0; time < times; time++) {
          const { id } = step === 'upload' ? kept : await picture(world)
          await world.admin()
          breakR2(world, when)
          if (step === 'upload') await upload(world)
          else if (step === 'replace') {
            await world.as('admin').put(`${IMAGES}/${id}/file`, { raw: form(jpeg()) })
          } else await world.as('admin').delete(`${IMAGES}/${id}`)
          world.faults.heal()
        }
        expect(await isWhole(world), `${when} ${step}`).toEqual([])
        expect(await world.count('images')).toBe(step === 'replace' ? times + 1 : 1)
      }
    }
  })

  /** The next call of R2 fails. */
  function breakR2(world: World, when: 'before' | 'after') {
    const plain = world.faults.around.bind(world.faults)
    world.faults.around = async (name, run) => {
      if (!name.startsWith('R2')) return plain(name, run)
      world.faults.around = plain
      if (when === 'after') await plain(name, run)
      throw new Error(`Injected fault ${when} ${name}`)
    }
  }
})

describe('the daily comparison', () => {
  let world: World
  beforeEach(async () => {
    world = await newWorld(GENEROUS)
  })

  it('deletes files that no row knows, and smaller sizes with them', async ({ expect }) => {
    const image = await picture(world)
    const lost = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10.png'
    const own = `images/${keyOf(image)}`
    for (const name of [`images/${lost}`, `images/${lost}/320`, `${own}/640`]) {
      await env.FILES.put(name, 'x')
    }
    await env.FILES.put('images/0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d11.gif/1920', 'x')
    await env.FILES.put('images/readme.txt', 'Not ours')
    await env.FILES.put('exports/2026.zip', 'Not of pictures')
    await world.runCron(DAILY)
    expect((await env.FILES.list()).objects.map(({ key }) => key)).toEqual([
      'exports/2026.zip',
      own,
      `${own}/640`,
      'images/readme.txt',
      'sweeps/images',
    ])
    expect(await world.count('deleted_files')).toBe(0)
  })

  it('deletes rows whose file is lost, and says so', async ({ expect }) => {
    const kept = await picture(world)
    const lost = await picture(world, { alt_text: 'Lost' })
    const last = await picture(world)
    await env.FILES.delete([`images/${keyOf(lost)}`])
    await world.runCron(DAILY)
    expect(await world.count('images')).toBe(3)
    world.pass(2 * HOUR)
    const fresh = await world.renew(await world.admin())
    await upload(world, fresh)
    await world.runCron(DAILY)
    const ids = (await world.rows('images')).map(({ id }) => id)
    expect(ids).toEqual([kept.id, last.id, last.id + 1])
    expect(world.logs.some((line) => line.includes('files.lost'))).toBe(true)
    const entry = (await world.rows('audit_log')).at(-1)
    expect([entry?.action, entry?.actor_id]).toEqual(['image.delete', 'files.reconcile'])
    expect(String(entry?.before)).toContain('Lost')
  })

  it('goes on where it ended the day before', async ({ expect }) => {
    const names = Array.from({ length: 30 }, (_, index) => {
      const number = String(index).padStart(4, '0')
      return `images/0197c9e2-${number}-7cc0-9a51-3f0b8f3f7d10.png`
    })
    for (const name of names) await env.FILES.put(name, 'x')
    await env.FILES.put('sweeps/images', '', { customMetadata: { after: names[19] ?? '' } })
    await world.runCron(DAILY)
    expect(await filesOf()).toEqual(names.slice(0, 20))
    await world.runCron(DAILY)
    expect(await filesOf()).toEqual([])
  })

  it('does not disturb an upload that is on its way', async ({ expect }) => {
    const image = await picture(world)
    let runs = 0
    aroundPut(world, async (put) => {
      await put()
      if (runs++ > 0) return
      await world.runCron(DAILY)
      await world.runCron('* * * * *')
    })
    const made = await upload(world)
    expect(made.status).toBe(201)
    runs = 0
    const path = `${IMAGES}/${image.id}/file`
    const replaced = await world.as('admin').put(path, { raw: form(jpeg()) })
    expect(replaced.status).toBe(200)
    for (const one of [await made.json<Image>(), await replaced.json<Image>()]) {
      expect((await world.as('anonymous').get(pathOf(one))).status).toBe(200)
    }
    expect(await isWhole(world)).toEqual([])
  })
})
