import { methodNotAllowed } from 'hono/method-not-allowed'
import { AppError, notFound } from './core/errors.ts'
import { payRoutes } from './dev/pay.ts'
import { devRoutes } from './dev/routes.ts'
import { dialects } from './dialects/index.ts'
import { onDemand, pathOf } from './dialects/mount.ts'
import { accountRoutes } from './features/account/routes.ts'
import { analyticsRoutes } from './features/analytics/routes.ts'
import { auditRoutes } from './features/audit/routes.ts'
import { factorRoutes } from './features/auth/factor-routes.ts'
import { ensureFirstAdmin } from './features/auth/first-admin.ts'
import { authRoutes } from './features/auth/routes.ts'
import { resolveActor } from './features/auth/sessions.ts'
import { authUserRoutes } from './features/auth/user-routes.ts'
import { categoryRoutes } from './features/catalog/category-routes.ts'
import { productRoutes } from './features/catalog/routes.ts'
import { inventoryRoutes, variantRoutes } from './features/catalog/variant-routes.ts'
import { checkoutRoutes } from './features/checkout/routes.ts'
import { commentRoutes } from './features/comments/routes.ts'
import { contactRoutes } from './features/contact/routes.ts'
import { discountRoutes } from './features/discounts/routes.ts'
import { beginIdempotent, findKept } from './features/idempotency/service.ts'
import { itemRoutes } from './features/items/routes.ts'
import { spend } from './features/limits/service.ts'
import { mailEventRoutes, mailRoutes } from './features/mail/routes.ts'
import { fileRoutes, imageRoutes, videoRoutes } from './features/media/routes.ts'
import { orderAdminRoutes } from './features/orders/admin-routes.ts'
import { orderRoutes, paymentRoutes } from './features/orders/routes.ts'
import { postRoutes, tagRoutes } from './features/posts/routes.ts'
import { profileRoutes } from './features/profiles/routes.ts'
import { projectRoutes } from './features/projects/routes.ts'
import { reactionRoutes } from './features/reactions/routes.ts'
import { searchRoutes } from './features/search/routes.ts'
import { subscriberFileRoutes, subscriberRoutes } from './features/subscribers/routes.ts'
import { systemRoutes } from './features/system/routes.ts'
import { userRoutes } from './features/users/routes.ts'
import { preflight } from './http/cross-origin.ts'
import { admission, envelope, withContext } from './http/envelope.ts'
import { collectOperations } from './http/operations.ts'
import { answerError, answerProblem } from './http/problem.ts'
import { createRouter, type Host } from './http/router.ts'
import { mount, under } from './http/routes.ts'

const HOST: Host = { prepare: ensureFirstAdmin, resolveActor, spend, beginIdempotent, findKept }

/** Throws at start when a route has no description or no policy. */
export function createApp() {
  const app = createRouter()

  app.use(envelope())
  app.use(withContext(HOST))
  // Each has its own CORS, errors and answers to what it does not know.
  for (const dialect of dialects) app.all(`${pathOf(dialect.name)}/*`, onDemand(dialect))
  app.use(preflight)
  app.use(admission)

  const routes = [
    under(
      '/',
      systemRoutes(() => operations),
    ),
    under('/api/v1/auth', authRoutes),
    under('/api/v1/auth', factorRoutes),
    under('/api/v1/users/me', accountRoutes),
    under('/api/v1/users', userRoutes),
    under('/api/v1/users', authUserRoutes),
    under('/api/v1/items', itemRoutes),
    under('/api/v1/profiles', profileRoutes),
    under('/api/v1/projects', projectRoutes),
    under('/api/v1/posts', postRoutes),
    under('/api/v1/tags', tagRoutes),
    under('/api/v1/categories', categoryRoutes),
    under('/api/v1/products', productRoutes),
    under('/api/v1/variants', variantRoutes),
    under('/api/v1/inventory', inventoryRoutes),
    under('/api/v1', commentRoutes),
    under('/api/v1', reactionRoutes),
    under('/api/v1/search', searchRoutes),
    under('/api/v1/analytics', analyticsRoutes),
    under('/api/v1/audit-log', auditRoutes),
    under('/api/v1/contact', contactRoutes),
    under('/api/v1/discounts', discountRoutes),
    under('/api/v1/images', imageRoutes),
    under('/api/v1/videos', videoRoutes),
    under('/media', fileRoutes),
    under('/api/v1/subscribers', subscriberRoutes),
    under('/api/v1', subscriberFileRoutes),
    under('/api/v1', mailRoutes),
    under('/webhooks', mailEventRoutes),
    under('/api/v1/checkout', checkoutRoutes),
    under('/api/v1/orders', orderRoutes),
    under('/api/v1/admin', orderAdminRoutes),
    under('/webhooks', paymentRoutes),
  ].flat()
  mount(app, routes)
  const operations = collectOperations(routes)

  if (__DEV__) {
    app.route('/dev', devRoutes)
    app.route(
      '/dev/pay',
      payRoutes(async (request, c) => app.fetch(request, c.env, c.executionCtx)),
    )
  }

  // Around every request it would cost all of them what only an unknown address needs.
  const otherMethods = methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) =>
      answerProblem(
        c,
        new AppError('method_not_allowed', `Use ${methods.join(', ')}.`, {
          headers: { allow: methods.join(', ') },
        }),
      ),
  })
  app.notFound(async (c) => {
    await otherMethods(c, async () => {
      c.res = answerProblem(c, notFound('Address'))
    })
    return c.res
  })
  app.onError(answerError)
  return Object.assign(app, { operations })
}
