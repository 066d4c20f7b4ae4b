import { env } from 'cloudflare:workers'
import { mailedToken } from './accounts.ts'
import type { World } from './world.ts'

export const SUBSCRIBERS = '/api/v1/subscribers'

export const subscribe = (world: World, email: string, from = '192.0.2.1') =>
  world.as('anonymous').post(SUBSCRIBERS, { body: { email }, from })

export const confirm = (world: World, token: string) =>
  world.as('anonymous').post(`${SUBSCRIBERS}/confirm`, { body: { token } })

/** Somebody who asked for the newsletter and opened the link; gives the id. */
export async function join(world: World, email: string): Promise<number> {
  await subscribe(world, email)
  const response = await confirm(world, await mailedToken(world, email))
  if (response.status !== 204) throw new Error(await response.text())
  return Number((await rowOf(world, email))?.id)
}

export const rowOf = async (world: World, email: string) =>
  (await world.rows('subscribers')).find((row) => row.email_key === email.toLowerCase())

/** Puts so many confirmed subscribers into D1, `reader0@example.org` and on. */
export async function fill(count: number): Promise<void> {
  await env.DB.prepare(
    `insert into subscribers (email, email_key, status, created_at, confirmed_at)
     select 'Reader' || value || '@example.org', 'reader' || value || '@example.org', 'confirmed', 1, 1
     from json_each(?)`,
  )
    .bind(JSON.stringify(Array.from({ length: count }, (_, index) => index)))
    .run()
}

export async function suppress(email: string): Promise<void> {
  await env.DB.prepare('insert into suppressions values (?, ?, 1)')
    .bind(email.toLowerCase(), 'bounce')
    .run()
}

/** One minute after the other, until nothing waits and all mails are sent. */
export async function sendAll(world: World): Promise<void> {
  for (let minute = 0; minute < 200; minute++) {
    await world.runCron('* * * * *')
    await world.deliver()
    const waiting = (await world.rows('newsletters')).some((row) => row.finished_at === null)
    if (!waiting) return await world.settle()
    world.pass(60_000)
  }
  throw new Error('The newsletters do not end')
}

/** Who got mails with that subject, each as often as it came. */
export const readersOf = (world: World, subject: string): string[] =>
  world.outside.mails
    .filter((mail) => mail.subject === subject)
    .map((mail) => mail.to)
    .toSorted()
