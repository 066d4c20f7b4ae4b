import { AppError } from '../../core/errors.ts'
import { startCheckout } from '../../features/checkout/service.ts'
import { CONTACT_REQUESTS } from '../../features/contact/limits.ts'
import { sendMessage } from '../../features/contact/send.ts'
import { limit } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { takes } from '../fastapi/takes.ts'
import { guard, homeOf } from './audience.ts'
import { Cart, Letter } from './bodies.ts'

/** What somebody does who keeps no shop: buy, and write. */
export const visitorRoutes = createRoutes()

visitorRoutes.post('/api/checkout', guard('anyone'), takes({ json: Cart }), async (c) => {
  const home = homeOf(c)
  const items = c.req.valid('json').items.map(({ id, quantity }) => ({ variant_id: id, quantity }))
  const input = { items, return_to: 'eterno' }
  const pages = { success: `${home}/success`, cancel: `${home}/cancel` }
  const answer = await startCheckout(c.get('ctx'), input, pages).then(
    ({ url }) => ({ url }),
    toError,
  )
  return c.json(answer)
})

/** The original answers so whatever the matter is; only whoever asks too often is told by the status. */
function toError(error: unknown): { error: string } {
  if (!(error instanceof AppError) || error.code === 'rate_limited') throw error
  return { error: [error.message, ...(error.errors ?? []).map(({ message }) => message)].join(' ') }
}

visitorRoutes.post(
  '/contact',
  guard('anyone'),
  limit(CONTACT_REQUESTS),
  takes({ json: Letter }),
  async (c) => {
    await sendMessage(c.get('ctx'), c.req.valid('json'))
    return c.json({ message: 'Form received and email sent!' })
  },
)
