import { methodNotAllowed } from 'hono/method-not-allowed'
import { AppError, notFound } from './core/errors.ts'
import { payRoutes } from './dev/pay.ts'
import { devRoutes } from './dev/routes.ts'
import { dialectRoutes } from './dialects/index.ts'
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
import { collectOperations, type Operation } from './http/operations.ts'
import { answerError, answerProblem } from './http/problem.ts'
import { createRouter, type Host } from './http/router.ts'

const HOST: Host = { prepare: ensureFirstAdmin, resolveActor, spend, beginIdempotent, findKept }

/** Throws at start when a route has no description or no policy. */
export function createApp() {
  const app = createRouter()

  app.use(envelope())
  app.use(withContext(HOST))
  // Each has its own CORS, errors and answers to what it does not know.
  app.route('/dialects', dialectRoutes)
  app.use(preflight)
  app.use(admission)
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        answerProblem(
          c,
          new AppError('method_not_allowed', `Use ${methods.join(', ')}.`, {
            headers: { allow: methods.join(', ') },
          }),
        ),
    }),
  )

  let operations: Operation[] = []
  app.route(
    '/',
    systemRoutes(() => operations),
  )
  app.route('/api/v1/auth', authRoutes)
  app.route('/api/v1/auth', factorRoutes)
  app.route('/api/v1/users/me', accountRoutes)
  app.route('/api/v1/users', userRoutes)
  app.route('/api/v1/users', authUserRoutes)
  app.route('/api/v1/items', itemRoutes)
  app.route('/api/v1/profiles', profileRoutes)
  app.route('/api/v1/projects', projectRoutes)
  app.route('/api/v1/posts', postRoutes)
  app.route('/api/v1/tags', tagRoutes)
  app.route('/api/v1/categories', categoryRoutes)
  app.route('/api/v1/products', productRoutes)
  app.route('/api/v1/variants', variantRoutes)
  app.route('/api/v1/inventory', inventoryRoutes)
  app.route('/api/v1', commentRoutes)
  app.route('/api/v1', reactionRoutes)
  app.route('/api/v1/search', searchRoutes)
  app.route('/api/v1/analytics', analyticsRoutes)
  app.route('/api/v1/audit-log', auditRoutes)
  app.route('/api/v1/contact', contactRoutes)
  app.route('/api/v1/discounts', discountRoutes)
  app.route('/api/v1/images', imageRoutes)
  app.route('/api/v1/videos', videoRoutes)
  app.route('/media', fileRoutes)
  app.route('/api/v1/subscribers', subscriberRoutes)
  app.route('/api/v1', subscriberFileRoutes)
  app.route('/api/v1', mailRoutes)
  app.route('/webhooks', mailEventRoutes)
  app.route('/api/v1/checkout', checkoutRoutes)
  app.route('/api/v1/orders', orderRoutes)
  app.route('/api/v1/admin', orderAdminRoutes)
  app.route('/webhooks', paymentRoutes)
  operations = collectOperations(app)

  if (__DEV__) {
    app.route('/dev', devRoutes)
    app.route(
      '/dev/pay',
      payRoutes(async (request, c) => app.fetch(request, c.env, c.executionCtx)),
    )
  }

  app.notFound((c) => answerProblem(c, notFound('Address')))
  app.onError(answerError)
  return Object.assign(app, { operations })
}
