import * as z from 'zod'
import { DIALECTS } from './core/dialects.ts'
import { AppError, type FieldError } from './core/errors.ts'
import { email, line } from './core/fields.ts'
import { lazily, type Made } from './core/lazily.ts'
import { days, list, origin, originsOfDialects, pagePath, secret } from './core/setting-fields.ts'
import { type ReturnUrls, SHOP_SETTINGS } from './core/shop.ts'

/** What wrangler.toml binds. Settings come beside these as strings; readSettings() parses them. */
export type Bindings = {
  DB: D1Database
  CACHE: KVNamespace
  FILES: R2Bucket
  JOBS: Queue
  ASSETS: Fetcher
  SHIELD: RateLimit
  /** Optional: without it every picture is served in the size that it has. */
  IMAGES?: ImagesBinding
}

const PLACEHOLDER = /example\.(com|org|net)|example studio|changeme/i

const Settings = lazily(() =>
  z
    .object({
      ENVIRONMENT: z.enum(['local', 'test', 'staging', 'production']),
      STUDIO_NAME: line(1, 60),
      STUDIO_COLOR: z
        .string()
        .regex(/^#[0-9a-f]{6}$/i, 'is not a colour such as #1f4d3a')
        .default('#1f4d3a'),
      STUDIO_LOGO_URL: z
        .url({ protocol: /^https$/ })
        .max(500)
        .optional(),
      API_ORIGIN: origin(),
      SITE_ORIGIN: origin(),
      SITE_POST_PATH: pagePath('/blog/{slug}'),
      SITE_PROJECT_PATH: pagePath('/projects/{slug}'),
      SITE_ORDER_PATH: z
        .string()
        .max(200)
        .regex(/^\/[\w./-]*\{id\}[\w./-]*$/, 'is not a path with {id} in it, such as /orders/{id}')
        .default('/orders/{id}'),
      SITE_PRODUCT_PATH: pagePath('/shop/{slug}'),
      SITE_UNSUBSCRIBE_PATH: z
        .string()
        .max(200)
        .regex(/^\/[\w./-]*$/, 'is not a path such as /unsubscribe')
        .default('/newsletter/unsubscribe'),
      CORS_ORIGINS: z.string().default('').transform(list).pipe(z.array(origin()).max(20)),
      DIALECTS: z
        .string()
        .transform(list)
        .pipe(z.array(z.enum(DIALECTS)))
        .optional(),
      DIALECT_ORIGINS: originsOfDialects().default({}),
      SECRET_KEY: secret(),
      SECRET_KEY_PREVIOUS: secret().optional(),
      OWNER_EMAIL: email(),
      MAIL_FROM: z
        .string()
        .max(320)
        .regex(
          /^(?:[^<>"@,;\p{Cc}]{1,60} <[^<>\s]+@[^<>\s]+>|[^<>\s]+@[^<>\s]+)$/u,
          'is not an address',
        ),
      MAIL_PROVIDER: z.enum(['resend', 'sendgrid', 'mailbox']),
      MAIL_API_KEY: z.string().min(8).optional(),
      MAIL_WEBHOOK_SECRET: z
        .string()
        .regex(
          /^(?:whsec_)?[A-Za-z0-9+/]{32,400}={0,2}$/,
          'is neither a signing secret of Resend nor a verification key of SendGrid',
        )
        .optional(),
      NEWSLETTER_PER_MINUTE: z
        .string()
        .regex(/^[0-9]{1,4}$/, 'is not a number below 10,000')
        .default('100')
        .transform(Number),
      TURNSTILE_SECRET: z.string().min(8).optional(),
      TURNSTILE_HOSTNAMES: z.string().default('').transform(list),
      RATE_LIMIT_SCALE: z
        .string()
        .regex(/^[0-9]{1,6}(\.[0-9]{1,3})?$/, 'is not a number')
        .default('1')
        .transform(Number),
      KEEP_MESSAGES_DAYS: days(730),
      KEEP_SPAM_DAYS: days(30),
      KEEP_MAIL_DAYS: days(90),
      KEEP_AUDIT_DAYS: days(365),
      KEEP_PAYMENT_EVENTS_DAYS: days(30),
      REQUIRE_ADMIN_2FA: z
        .enum(['true', 'false'])
        .default('true')
        .transform((value) => value === 'true'),
      COMMENTS_MODERATION: z.enum(['all', 'first', 'none']).default('all'),
      COMMENTS_CLOSE_DAYS: days(0),
      VIEWS_WINDOW_MS: z
        .string()
        .regex(/^[0-9]{1,4}$/, 'is not a number of milliseconds below 10,000')
        .default('2000')
        .transform(Number),
      COOKIE_SAMESITE: z.enum(['strict', 'none']).default('strict'),
      BREACH_CHECK: z.enum(['on', 'off']).default('off'),
      KV_CACHE: z.enum(['on', 'off']).default('on'),
      PASSWORD_COST: z.enum(['strong', 'cheap']).default('strong'),
      FIRST_SUPERUSER: email().optional(),
      FIRST_SUPERUSER_PASSWORD: z.string().min(8).max(128).optional(),
      ...SHOP_SETTINGS(),
      STRIPE_API_BASE: origin().optional(),
    })
    .check((context) => {
      const settings = context.value
      const refuse = (name: keyof typeof settings, message: string) =>
        context.issues.push({ code: 'custom', path: [name], message, input: undefined })
      if (settings.MAIL_PROVIDER !== 'mailbox' && !settings.MAIL_API_KEY) {
        refuse('MAIL_API_KEY', `is missing; ${settings.MAIL_PROVIDER} needs it`)
      }
      if (settings.STRIPE_SECRET_KEY && settings.STRIPE_WEBHOOK_SECRET.length === 0) {
        refuse('STRIPE_WEBHOOK_SECRET', 'is missing; without it nobody hears of a payment')
      }
      if (isLiveKey(settings.STRIPE_SECRET_KEY) && settings.ENVIRONMENT !== 'production') {
        refuse('STRIPE_SECRET_KEY', 'of live mode is allowed only where ENVIRONMENT is production')
      }
      const sold = new Set(settings.SHIPPING_COUNTRIES)
      if (
        settings.SHIPPING_RATES.some(({ countries = [] }) =>
          countries.some((one) => !sold.has(one)),
        )
      ) {
        refuse('SHIPPING_RATES', 'names a country that is not among SHIPPING_COUNTRIES')
      }
      if (isDevelopment(settings)) return
      const only = 'is allowed only where ENVIRONMENT is local or test'
      if (settings.MAIL_PROVIDER === 'mailbox') refuse('MAIL_PROVIDER', `mailbox ${only}`)
      if (settings.PASSWORD_COST === 'cheap')
        refuse('PASSWORD_COST', `other than the default ${only}`)
      for (const name of [
        'FIRST_SUPERUSER',
        'FIRST_SUPERUSER_PASSWORD',
        'STRIPE_API_BASE',
      ] as const) {
        if (settings[name] !== undefined) refuse(name, only)
      }
      if (settings.RATE_LIMIT_SCALE !== 1) refuse('RATE_LIMIT_SCALE', `other than 1 ${only}`)
      for (const name of ['API_ORIGIN', 'SITE_ORIGIN'] as const) {
        if (!settings[name].startsWith('https:')) refuse(name, `without https ${only}`)
      }
      if (settings.CORS_ORIGINS.some((one) => !one.startsWith('https:'))) {
        refuse('CORS_ORIGINS', `without https ${only}`)
      }
      const pages = Object.values(settings.CHECKOUT_RETURN_URLS).flatMap(Object.values)
      if (pages.some((page) => !page.startsWith('https:'))) {
        refuse('CHECKOUT_RETURN_URLS', `without https ${only}`)
      }
      const callers = Object.values(settings.DIALECT_ORIGINS).flat()
      if (callers.some((one) => one.startsWith('http:'))) {
        refuse('DIALECT_ORIGINS', `without https ${only}`)
      }
      if (callers.some((one) => PLACEHOLDER.test(one))) {
        refuse('DIALECT_ORIGINS', 'still has its placeholder')
      }
      for (const [name, value] of Object.entries(settings)) {
        if (PLACEHOLDER.test(JSON.stringify(value) ?? ''))
          refuse(name as keyof typeof settings, 'still has its placeholder')
      }
    })
    .transform((settings) => ({
      ...settings,
      DIALECTS: settings.DIALECTS ?? (isDevelopment(settings) ? [...DIALECTS] : []),
      CORS_ORIGINS: [...new Set([settings.SITE_ORIGIN, ...settings.CORS_ORIGINS])],
      TURNSTILE_HOSTNAMES:
        settings.TURNSTILE_HOSTNAMES.length > 0
          ? settings.TURNSTILE_HOSTNAMES
          : [new URL(settings.SITE_ORIGIN).hostname],
      /** Local and test: development helpers are on, and switches that weaken a promise are allowed. */
      isDevelopment: isDevelopment(settings),
      CHECKOUT_RETURN_URLS: {
        default: {
          success: `${settings.SITE_ORIGIN}/checkout/success`,
          cancel: `${settings.SITE_ORIGIN}/cart`,
        },
        ...settings.CHECKOUT_RETURN_URLS,
      } as Record<string, ReturnUrls> & { default: ReturnUrls },
      warnings: warningsOf(settings),
      keys: { current: settings.SECRET_KEY, previous: settings.SECRET_KEY_PREVIOUS },
    })),
)

function isDevelopment({ ENVIRONMENT }: { ENVIRONMENT: string }): boolean {
  return ENVIRONMENT === 'local' || ENVIRONMENT === 'test'
}

export type Settings = Made<typeof Settings>
export const settingNames = (): string[] => Object.keys(Settings().in.shape)

const parsed = new WeakMap<Bindings, Settings | AppError>()

/**
 * The settings of this isolate, parsed once. Throws `misconfigured`, which names each wrong setting
 * and never its value.
 */
export function readSettings(env: Bindings): Settings {
  let settings = parsed.get(env)
  if (!settings) {
    const result = Settings().safeParse(env)
    settings = result.success ? result.data : misconfigured(result.error.issues)
    parsed.set(env, settings)
  }
  if (settings instanceof AppError) throw settings
  return settings
}

type Weakened = {
  ENVIRONMENT: string
  REQUIRE_ADMIN_2FA: boolean
  STRIPE_SECRET_KEY?: string | undefined
}

/** What an owner should know of settings that are allowed. */
function warningsOf({
  ENVIRONMENT,
  REQUIRE_ADMIN_2FA,
  STRIPE_SECRET_KEY: key,
}: Weakened): string[] {
  const isDeployed = ENVIRONMENT === 'production' || ENVIRONMENT === 'staging'
  const isPlayed = ENVIRONMENT === 'production' && key !== undefined && !isLiveKey(key)
  return [
    ...(REQUIRE_ADMIN_2FA
      ? []
      : ['REQUIRE_ADMIN_2FA is false: a password alone opens the administration.']),
    ...(isDeployed && !key ? ['STRIPE_SECRET_KEY is missing: nobody can buy anything.'] : []),
    ...(isPlayed ? ['STRIPE_SECRET_KEY is of test mode: payments bring no money.'] : []),
  ]
}

/** Whether a key of Stripe moves real money. */
export const isLiveKey = (key: string | undefined): boolean => /^[sr]k_live_/.test(key ?? '')

function misconfigured(issues: z.core.$ZodIssue[]): AppError {
  const errors: FieldError[] = issues.map((issue) => {
    const missing = issue.code === 'invalid_type' && issue.message.includes('undefined')
    const [name = '', ...inside] = issue.path.map(String)
    const message = missing ? 'is missing' : issue.message
    return {
      path: name,
      code: missing ? 'required' : issue.code,
      message: inside.length > 0 ? `${message} (at ${inside.join('.')})` : message,
    }
  })
  const detail = errors.map((error) => `${error.path} ${error.message}`).join('; ')
  return new AppError('misconfigured', `The settings are not valid: ${detail}.`, { errors })
}
