import { beforeEach, describe, it } from 'vitest'
import { mailedCode, totpCode, wrongCode } from '../support/factors.ts'
import { form } from '../support/media.ts'
import { sendAll } from '../support/newsletter.ts'
import { PASSWORD } from '../support/people.ts'
import { png } from '../support/pictures.ts'
import { type Body, POST, PROJECT, portfolio } from '../support/portfolio.ts'
import { COMMENTS, queue } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '100' })
})

const { call, login, verify, upload, adminToken } = portfolio(() => world)
const ok = async (answer: Promise<{ status: number; body: unknown }>): Promise<Body> => {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body as Body
}
const mailedTo = (to: string) => world.outside.to(to).map(({ subject }) => subject)

describe('a day at the portfolio', () => {
  it('signs in with two factors, publishes, is commented, and lets the comment through', async ({
    expect,
  }) => {
    const admin = await world.admin()
    const { temp_token } = await ok(login(admin.username))
    expect((await verify(temp_token, wrongCode())).status).toBe(401)
    const { access_token, user } = await ok(verify(temp_token, totpCode()))
    const token = String(access_token)
    expect(user).toMatchObject({ is_superuser: true })

    const draft = await ok(call('POST', '/blog', { token, json: { ...POST, published: false } }))
    const picture = form(png(), { image_order: 1, alt_text: 'A bowl' })
    expect((await upload(`/blog/${draft.id}/images/upload`, token, picture)).status).toBe(201)
    expect((await call('GET', '/blog')).body).toEqual([])
    await ok(call('PUT', `/blog/${draft.id}`, { token, json: { published: true } }))
    const post = await ok(call('GET', '/blog/tea-bowls'))
    expect(post).toMatchObject({ published: true, images: [{ alt_text: 'A bowl' }] })

    const json = { name: 'Ben', email: 'ben@example.org', content: 'What a green!' }
    await ok(call('POST', `/blog/${post.id}/comments`, { json }))
    expect(await ok(call('GET', '/blog/tea-bowls'))).toMatchObject({ comments: [] })
    await world.settle()
    expect(mailedTo('owner@linden.test')).toEqual(['Ben commented on Tea bowls'])
    const [waiting] = await queue(world, '?status=pending')
    await world.as('admin').patch(`${COMMENTS}/${waiting?.id}`, { body: { status: 'approved' } })
    expect(await ok(call('GET', '/blog/tea-bowls'))).toMatchObject({
      comments: [{ name: 'Ben', approved: true }],
    })
    const reaction = { email: 'ben@example.org', name: 'Ben', reaction_type: 'love' }
    await ok(call('POST', `/reactions/blog_post/${post.id}`, { json: reaction }))
    await ok(call('DELETE', `/blog/${post.id}`, { token }))
    expect(await world.count('comments')).toBe(0)
    expect(await world.count('reactions')).toBe(0)
  })

  it('subscribes, is told what is new, and leaves', async ({ expect }) => {
    const token = await adminToken()
    const email = 'ann@example.org'
    world.useSettings({
      SITE_PROJECT_PATH: '/projects/{id}',
      SITE_UNSUBSCRIBE_PATH: '/unsubscribe',
    })
    await ok(call('POST', '/subscribes/subscribe', { json: { email } }))
    await world.deliver()
    const [, secret] =
      /verify-subscription\?token=([\w-]+)/.exec(world.outside.to(email)[0]?.text ?? '') ?? []
    await ok(call('POST', '/subscribes/verify', { json: { token: secret } }))
    world.pass(1000)
    await ok(call('POST', '/blog', { token, json: POST }))
    await sendAll(world)
    expect(mailedTo(email)).toEqual(['Confirm your subscription', 'New post: Tea bowls'])
    expect(world.outside.to(email)[1]?.text).toContain('/blog/tea-bowls')
    expect(world.outside.to(email)[1]?.text).toContain('localhost:5173/unsubscribe#')
    await ok(call('POST', '/projects/admin', { token, json: PROJECT }))
    await sendAll(world)
    expect(world.outside.to(email)[2]?.text).toMatch(/localhost:5173\/projects\/[0-9]+\n/)
    await ok(call('POST', '/subscribes/unsubscribe', { json: { email } }))
    world.pass(1000)
    await ok(call('POST', '/blog', { token, json: { ...POST, title: 'Next', slug: 'next' } }))
    await sendAll(world)
    expect(mailedTo(email)).not.toContain('New post: Next')
  })

  it('is written to, reads it, and answers by mail elsewhere', async ({ expect }) => {
    const json = {
      name: 'Ben',
      email: 'ben@example.org',
      subject: '',
      message: 'Are you free in May?',
    }
    await ok(call('POST', '/contact/', { json }))
    await world.settle()
    expect(mailedTo('owner@linden.test')).toEqual(['New message from Ben'])
    expect(mailedTo('ben@example.org')).toEqual(['We have received your message'])
    const token = await adminToken()
    const [message] = (await call('GET', '/messages?read=false', { token })).body as Body[]
    expect(message).toMatchObject({ message: json.message, read: false })
    await ok(call('PATCH', `/messages/${message?.id}`, { token, json: { read: true } }))
    expect(await ok(call('GET', '/messages/stats', { token }))).toEqual({
      total_messages: 1,
      unread_count: 0,
    })
    await call('DELETE', `/messages/${message?.id}`, { token })
    expect((await call('GET', '/messages', { token })).body).toEqual([])
  })

  it('makes an account whose owner signs in with a mailed code and changes the password', async ({
    expect,
  }) => {
    const token = await adminToken()
    const NEW = { email: 'ben@example.org', username: 'benny', password: 'a fine password' }
    await ok(call('POST', '/auth/register', { token, json: NEW }))
    const enter = async (password: string) => {
      const { temp_token } = await ok(login('benny', password))
      return await ok(verify(temp_token, await mailedCode(world, NEW.email)))
    }
    const { access_token } = await enter(NEW.password)
    const own = String(access_token)
    const json = { current_password: NEW.password, new_password: PASSWORD }
    await ok(call('POST', '/auth/change-password', { token: own, json }))
    await ok(call('POST', '/auth/disable-email-2fa', { token: own, json: { password: PASSWORD } }))
    expect(await ok(login('benny', PASSWORD))).toMatchObject({ requires_2fa: false })
    await world.settle()
    expect(mailedTo(NEW.email)).toEqual(
      expect.arrayContaining(['Your code', 'Your password was changed', 'Your second factor']),
    )
  })
})
