import { DIALECTS } from './core/dialects.ts'
import { AppError, type FieldError } from './core/errors.ts'
import {
  days,
  digits,
  each,
  email,
  list,
  longerThan,
  matching,
  number,
  oneOf,
  optional,
  or,
  origin,
  originsOfDialects,
  pagePath,
  required,
  type Setting,
  secret,
  secureUrl,
  title,
  Unfit,
} from './core/setting-fields.ts'
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

const SETTINGS = {
  ENVIRONMENT: required(oneOf(['local', 'test', 'staging', 'production'])),
  STUDIO_NAME: required(title),
  STUDIO_COLOR: or('#1f4d3a', matching(/^#[0-9a-f]{6}$/i, 'is not a colour such as #1f4d3a')),
  STUDIO_LOGO_URL: optional(secureUrl),
  API_ORIGIN: required(origin),
  SITE_ORIGIN: required(origin),
  SITE_POST_PATH: or('/blog/{slug}', pagePath),
  SITE_PROJECT_PATH: or('/projects/{slug}', pagePath),
  SITE_ORDER_PATH: or(
    '/orders/{id}',
    matching(
      /^\/[\w./-]*\{id\}[\w./-]*$/,
      'is not a path with {id} in it, such as /orders/{id}',
      200,
    ),
  ),
  SITE_PRODUCT_PATH: or('/shop/{slug}', pagePath),
  SITE_UNSUBSCRIBE_PATH: or(
    '/newsletter/unsubscribe',
    matching(/^\/[\w./-]*$/, 'is not a path such as /unsubscribe', 200),
  ),
  CORS_ORIGINS: or([], each(origin, 20)),
  DIALECTS: optional(each(oneOf(DIALECTS))),
  DIALECT_ORIGINS: or({}, originsOfDialects),
  SECRET_KEY: required(secret),
  SECRET_KEY_PREVIOUS: optional(secret),
  OWNER_EMAIL: required(email),
  MAIL_FROM: required(
    matching(
      /^(?:[^<>"@,;\p{Cc}]{1,60} <[^<>\s]+@[^<>\s]+>|[^<>\s]+@[^<>\s]+)$/u,
      'is not an address',
      320,
    ),
  ),
  MAIL_PROVIDER: required(oneOf(['resend', 'sendgrid', 'mailbox'])),
  MAIL_API_KEY: optional(longerThan(8)),
  MAIL_WEBHOOK_SECRET: optional(
    matching(
      /^(?:whsec_)?[A-Za-z0-9+/]{32,400}={0,2}$/,
      'is neither a signing secret of Resend nor a verification key of SendGrid',
    ),
  ),
  NEWSLETTER_PER_MINUTE: or(100, digits(4, 'mails')),
  TURNSTILE_SECRET: optional(longerThan(8)),
  TURNSTILE_HOSTNAMES: or([], list),
  RATE_LIMIT_SCALE: or(1, number),
  KEEP_MESSAGES_DAYS: or(730, days),
  KEEP_SPAM_DAYS: or(30, days),
  KEEP_MAIL_DAYS: or(90, days),
  KEEP_AUDIT_DAYS: or(365, days),
  KEEP_PAYMENT_EVENTS_DAYS: or(30, days),
  REQUIRE_ADMIN_2FA: or(true, (text) => oneOf(['true', 'false'])(text) === 'true'),
  COMMENTS_MODERATION: or('all', oneOf(['all', 'first', 'none'])),
  COMMENTS_CLOSE_DAYS: or(0, days),
  VIEWS_WINDOW_MS: or(2000, digits(4, 'milliseconds')),
  COOKIE_SAMESITE: or('strict', oneOf(['strict', 'none'])),
  BREACH_CHECK: or('off', oneOf(['on', 'off'])),
  KV_CACHE: or('on', oneOf(['on', 'off'])),
  PASSWORD_COST: or('strong', oneOf(['strong', 'cheap'])),
  FIRST_SUPERUSER: optional(email),
  FIRST_SUPERUSER_PASSWORD: optional(longerThan(8, 128)),
  ...SHOP_SETTINGS,
  STRIPE_API_BASE: optional(origin),
}

type Given = {
  [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends Setting<infer Value>
    ? Value
    : never
}

export const settingNames = (): string[] => Object.keys(SETTINGS)

function isDevelopment({ ENVIRONMENT }: { ENVIRONMENT: string }): boolean {
  return ENVIRONMENT === 'local' || ENVIRONMENT === 'test'
}

export type Settings = ReturnType<typeof complete>

/** Each setting by itself is right; what they do not say is filled in. */
const complete = (given: Given) => ({
  ...given,
  DIALECTS: given.DIALECTS ?? (isDevelopment(given) ? [...DIALECTS] : []),
  CORS_ORIGINS: [...new Set([given.SITE_ORIGIN, ...given.CORS_ORIGINS])],
  TURNSTILE_HOSTNAMES:
    given.TURNSTILE_HOSTNAMES.length > 0
      ? given.TURNSTILE_HOSTNAMES
      : [new URL(given.SITE_ORIGIN).hostname],
  /** Local and test: development helpers are on, and switches that weaken a promise are allowed. */
  isDevelopment: isDevelopment(given),
  CHECKOUT_RETURN_URLS: {
    default: {
      success: `${given.SITE_ORIGIN}/checkout/success`,
      cancel: `${given.SITE_ORIGIN}/cart`,
    },
    ...given.CHECKOUT_RETURN_URLS,
  } as Record<string, ReturnUrls> & { default: ReturnUrls },
  warnings: warningsOf(given),
  keys: { current: given.SECRET_KEY, previous: given.SECRET_KEY_PREVIOUS },
})

const parsed = new WeakMap<Bindings, Settings | AppError>()

/**
 * The settings of this isolate, parsed once. Throws `misconfigured`, which names each wrong setting
 * and never its value.
 */
export function readSettings(env: Bindings): Settings {
  let settings = parsed.get(env)
  if (!settings) {
    settings = parse(env as unknown as Record<string, unknown>)
    parsed.set(env, settings)
  }
  if (settings instanceof AppError) throw settings
  return settings
}

function parse(env: Record<string, unknown>): Settings | AppError {
  const errors: FieldError[] = []
  const given: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const text = env[name]
    try {
      if (text !== undefined && typeof text !== 'string') {
        throw new Unfit('is not text; put it in quotes')
      }
      given[name] = setting(text)
    } catch (error) {
      if (!(error instanceof Unfit)) throw error
      const code = text === undefined ? 'required' : 'invalid'
      for (const message of error.reasons) errors.push({ path: name, code, message })
    }
  }
  if (errors.length > 0) return misconfigured(errors)
  const conflicts = [...conflictsIn(given as Given), ...leftIn(env, given as Given)]
  return conflicts.length > 0 ? misconfigured(conflicts) : complete(given as Given)
}

/** What is right by itself and wrong beside the others, or in this environment. */
function conflictsIn(settings: Given): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (path: keyof Given, message: string) =>
    errors.push({ path, code: 'invalid', message })
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
    settings.SHIPPING_RATES.some(({ countries = [] }) => countries.some((one) => !sold.has(one)))
  ) {
    refuse('SHIPPING_RATES', 'names a country that is not among SHIPPING_COUNTRIES')
  }
  if (isDevelopment(settings)) return errors
  const only = 'is allowed only where ENVIRONMENT is local or test'
  if (settings.MAIL_PROVIDER === 'mailbox') refuse('MAIL_PROVIDER', `mailbox ${only}`)
  if (settings.PASSWORD_COST === 'cheap') refuse('PASSWORD_COST', `other than the default ${only}`)
  for (const name of ['FIRST_SUPERUSER', 'FIRST_SUPERUSER_PASSWORD', 'STRIPE_API_BASE'] as const) {
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
  return errors
}

/** What nobody has filled in yet. */
function leftIn(env: Record<string, unknown>, settings: Given): FieldError[] {
  if (isDevelopment(settings)) return []
  return settingNames()
    .filter((name) => PLACEHOLDER.test(String(env[name] ?? '')))
    .map((path) => ({ path, code: 'invalid', message: 'still has its placeholder' }))
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

function misconfigured(errors: FieldError[]): AppError {
  const detail = errors.map((error) => `${error.path} ${error.message}`).join('; ')
  return new AppError('misconfigured', `The settings are not valid: ${detail}.`, { errors })
}
