import type { Context } from 'hono'
import * as z from 'zod/mini'
import { email } from '../../core/fields.ts'
import { lazily } from '../../core/lazily.ts'
import { CONFIRMATIONS, SUBSCRIPTIONS } from '../../features/subscribers/limits.ts'
import type { SubscriberView } from '../../features/subscribers/schemas.ts'
import { countAll, removeSubscriber, sliceAll } from '../../features/subscribers/service.ts'
import {
  confirmOnceMore,
  leaveByAddress,
  subscribeOpenly,
} from '../../features/subscribers/subscribe.ts'
import { limit } from '../../http/guards.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { int, plain } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { guard, homeOf } from './audience.ts'
import { lost } from './words.ts'

export const subscriberRoutes = createRoutes()

const Mailbox = lazily(() => z.object({ email: email() }))
const Token = lazily(() => z.object({ token: plain() }))
const SubscriberId = lazily(() => z.object({ subscriber_id: int() }))
const Listing = lazily(() =>
  z.object({
    skip: z._default(int({ min: 0 }), 0),
    limit: z.pipe(
      z._default(int({ min: 0 }), 100),
      z.transform((limit) => Math.min(limit, 1000)),
    ),
  }),
)

const linkTo = (c: Context<AppEnv>) => (token: string) =>
  `${homeOf(c)}/verify-subscription?token=${token}`

const CREATED = 'Subscription created! Please check your email to verify.'
const RESENT = 'Verification email resent. Please check your inbox.'
const THERE = 'You are already subscribed!'

// Whoever has left comes back by the mailed link only, as nobody proves an address by typing it in.
subscriberRoutes.post(
  '/subscribes/subscribe',
  guard('anyone'),
  limit(SUBSCRIPTIONS),
  takes({ json: Mailbox }),
  async (c) => {
    const before = await subscribeOpenly(c.get('ctx'), c.req.valid('json'), linkTo(c))
    if (before === 'confirmed') return c.json({ message: THERE, verified: true }, 201)
    return c.json({ message: before ? RESENT : CREATED, verified: false }, 201)
  },
)

const VERIFIED = "Email verified successfully! You'll now receive updates."

subscriberRoutes.post(
  '/subscribes/verify',
  guard('anyone'),
  limit(...CONFIRMATIONS),
  takes({ json: Token }),
  async (c) => {
    const when = await confirmOnceMore(c.get('ctx'), c.req.valid('json')).catch(
      unless({ invalid_secret: () => new Refusal(404, 'Invalid verification token') }),
    )
    const message = when === 'now' ? VERIFIED : 'Email already verified!'
    return c.json({ message, verified: true })
  },
)

subscriberRoutes.post(
  '/subscribes/unsubscribe',
  guard('anyone'),
  limit(...CONFIRMATIONS),
  takes({ json: Mailbox }),
  async (c) => {
    const left = await leaveByAddress(c.get('ctx'), c.req.valid('json'), linkTo(c)).catch(
      lost('Email not found in subscription list'),
    )
    const message = left
      ? 'You have been unsubscribed successfully. Sorry to see you go!'
      : 'You are already unsubscribed'
    return c.json({ message })
  },
)

const toSubscriber = (subscriber: SubscriberView) => ({
  email: subscriber.email,
  id: subscriber.id,
  is_active: subscriber.status !== 'unsubscribed',
  is_verified: subscriber.status !== 'pending',
  created_at: toPythonTime(subscriber.created_at),
})

subscriberRoutes.get(
  '/subscribes/admin/all',
  guard('admin'),
  takes({ query: Listing }),
  async (c) => c.json((await sliceAll(c.get('ctx'), c.req.valid('query'))).map(toSubscriber)),
)

subscriberRoutes.get(
  '/subscribes/admin/active',
  guard('admin'),
  takes({ query: Listing }),
  async (c) => {
    const active = await sliceAll(c.get('ctx'), c.req.valid('query'), 'confirmed')
    return c.json(active.map(toSubscriber))
  },
)

subscriberRoutes.get('/subscribes/admin/stats', guard('admin'), async (c) => {
  const { total, pending, confirmed, unsubscribed } = await countAll(c.get('ctx'))
  return c.json({
    total,
    active: total - unsubscribed,
    verified: total - pending,
    active_verified: confirmed,
  })
})

subscriberRoutes.delete(
  '/subscribes/admin/:subscriber_id',
  guard('admin'),
  takes({ param: SubscriberId }),
  async (c) => {
    const { subscriber_id: id } = c.req.valid('param')
    await removeSubscriber(c.get('ctx'), id).catch(lost('Subscriber not found'))
    return c.body(null, 204)
  },
)
