import type { Context, MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Settings } from '../env.ts'
import type { AppEnv } from './router.ts'

const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'x-d1-bookmark',
  'x-order-token',
]

const EXPOSED_HEADERS = [
  'ETag',
  'Location',
  'x-request-id',
  'x-d1-bookmark',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'Server-Timing',
].join(',')

const answer = cors({
  origin: (origin, c) => (c.get('ctx').settings.CORS_ORIGINS.includes(origin) ? origin : null),
  credentials: true,
  allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: ALLOWED_HEADERS,
  maxAge: 7200,
})

/** Answers what a browser asks before it calls from another site. */
export const preflight: MiddlewareHandler<AppEnv> = (c, next) =>
  c.req.method === 'OPTIONS' ? answer(c, next) : next()

/** Lets pages of the site read the answer. Hono's middleware would make a second answer for it. */
export function allowOrigin(c: Context<AppEnv>, settings: Settings): void {
  const { headers } = c.res
  if (headers.get('vary') !== 'Origin') headers.append('vary', 'Origin')
  const origin = c.req.header('origin')
  if (origin === undefined) return
  headers.set('access-control-allow-credentials', 'true')
  headers.set('access-control-expose-headers', EXPOSED_HEADERS)
  if (settings.CORS_ORIGINS.includes(origin)) headers.set('access-control-allow-origin', origin)
}
