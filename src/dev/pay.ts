import type { Context } from 'hono'
import * as z from 'zod/mini'
import { conflict, malformed, notFound } from '../core/errors.ts'
import { email, line, uid } from '../core/fields.ts'
import { lazily } from '../core/lazily.ts'
import { pagesOf } from '../features/checkout/service.ts'
import { type FullOrder, readOrderRow, tokenOf } from '../features/orders/service.ts'
import { readAtMost } from '../http/body.ts'
import { originOf } from '../http/problem.ts'
import { type AppEnv, createRouter } from '../http/router.ts'
import { signLocalEvent } from '../platform/payments/local.ts'
import { type Deed, eventFor } from './pay-events.ts'
import { PAY_POLICY, PAY_STYLE, payPage, type Stage } from './pay-page.ts'

/** Hands a request to the app by its front door. */
type Send = (request: Request, c: Context<AppEnv>) => Promise<Response>

const MAX_FORM_BYTES = 16 * 1024

const Buyer = lazily(() =>
  z.object({
    email: email(),
    name: line(1, 200),
    line1: line(1, 200),
    postal_code: line(1, 200),
    city: line(1, 200),
    country: line(2, 2),
  }),
)

/** What may be done at each stage, and whether it needs the buyer's address. */
const ALLOWED: Record<Stage, Partial<Record<Deed, { needsBuyer: boolean }>>> = {
  open: {
    pay: { needsBuyer: true },
    later: { needsBuyer: true },
    fail: { needsBuyer: false },
    cancel: { needsBuyer: false },
  },
  waits: { arrive: { needsBuyer: false }, bounce: { needsBuyer: false } },
  paid: {},
  over: {},
}

const NOTICES: Record<string, string> = {
  declined: 'The card was declined. The order still waits: try once more.',
  incomplete: 'Fill in every field; the e-mail address must be one.',
  broken: 'The event was not taken. The log of the server says why.',
}

/** The test payment page: it sends the events that Stripe would send, signed, to the same address. */
export function payRoutes(send: Send) {
  const routes = createRouter()

  routes.use(async (c, next) => {
    if (!c.get('ctx').settings.isDevelopment) throw notFound('Address')
    await next()
  })

  routes.get('/style.css', (c) => c.body(PAY_STYLE, 200, { 'content-type': 'text/css' }))

  routes.get('/:order', async (c) => {
    const ctx = c.get('ctx')
    const order = await readOrderRow(ctx, orderIn(c))
    const stage = stageOf(order)
    const { back, curl } = await waysFrom(c, order, stage)
    const notice = NOTICES[c.req.query('notice') ?? ''] ?? null
    return c.html(payPage(ctx.settings, order, { stage, notice, back, curl }), 200, {
      'content-security-policy': PAY_POLICY,
    })
  })

  routes.post('/:order', async (c) => {
    const ctx = c.get('ctx')
    const order = await readOrderRow(ctx, orderIn(c))
    const { action, ...fields } = await readFields(c)
    const deed = Object.entries(ALLOWED[stageOf(order)]).find(([name]) => name === action)
    if (!deed) throw conflict('The order is not at a point where this can be done.')
    const [name, { needsBuyer }] = deed
    const buyer = Buyer().safeParse(fields)
    if (needsBuyer && !buyer.success) return seeOther(c, order, 'incomplete')
    const event = eventFor(order, name as Deed, needsBuyer ? (buyer.data ?? null) : null)
    const body = JSON.stringify(event)
    const response = await send(
      new Request(new URL('/webhooks/stripe', c.req.url), {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'stripe-signature': await signLocalEvent(ctx.settings, body),
        },
      }),
      c,
    )
    if (!response.ok) return seeOther(c, order, 'broken')
    return seeOther(c, order, name === 'fail' ? 'declined' : null)
  })

  return routes
}

function orderIn(c: Context<AppEnv>): string {
  const parsed = uid().safeParse(c.req.param('order'))
  if (!parsed.success) throw notFound('Order')
  return parsed.data
}

async function readFields(c: Context<AppEnv>): Promise<Record<string, string>> {
  const body = await readAtMost(c.req.raw, MAX_FORM_BYTES)
  if (!/^application\/x-www-form-urlencoded\b/.test(c.req.header('content-type') ?? '')) {
    throw malformed('Send it as the form of the page.')
  }
  return Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)))
}

/** Shows the page anew, so that loading it again does nothing twice. */
const seeOther = (c: Context<AppEnv>, { uid: id }: FullOrder, notice: string | null) =>
  c.redirect(`/dev/pay/${id}${notice === null ? '' : `?notice=${notice}`}`, 303)

function stageOf(order: FullOrder): Stage {
  if (order.paymentStatus === 'paid') return 'paid'
  if (order.status !== 'pending') return 'over'
  if (order.paymentStatus === 'processing') return 'waits'
  return order.expiresAt > Date.now() ? 'open' : 'over'
}

async function waysFrom(c: Context<AppEnv>, order: FullOrder, stage: Stage) {
  const token = (await tokenOf(c.get('ctx'), order)) ?? ''
  const { success, cancel } = pagesOf(order, token)
  return {
    back: stage === 'paid' ? success : cancel,
    curl: `curl ${originOf(c)}/api/v1/orders/${order.uid} \\\n  -H 'x-order-token: ${token}'`,
  }
}
