import { describe, it } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import { type Bindings, readSettings } from '../../src/env.ts'
import { TEST_SETTINGS } from '../support/settings.ts'

type Given = Record<string, unknown>

const PRODUCTION = {
  ...TEST_SETTINGS,
  ENVIRONMENT: 'production',
  PASSWORD_COST: 'strong',
  API_ORIGIN: 'https://api.linden.studio',
  SITE_ORIGIN: 'https://www.linden.studio',
}
const RANDOM = 'w3Fz8QpL1vXk6TgB0nRy5JcD9hMs2AeU'

// Only the settings are read here; the bindings beside them are not.
const read = (given: Given, base: Given = PRODUCTION) =>
  readSettings({ ...base, ...given } as unknown as Bindings)

function refusalOf(given: Given, base: Given = PRODUCTION): AppError {
  try {
    read(given, base)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('These settings were accepted')
}

const namesIn = (error: AppError) => [...new Set(error.errors?.map(({ path }) => path))]

const BAD: [what: string, setting: string, value: string | undefined][] = [
  ['a secret that is missing', 'SECRET_KEY', undefined],
  ['a secret that is empty', 'SECRET_KEY', ''],
  ['a secret of 31 bytes', 'SECRET_KEY', RANDOM.slice(1)],
  ['a secret that asks to be changed', 'SECRET_KEY', 'please-change-me-before-you-deploy-9'],
  ['a secret from an example', 'SECRET_KEY_PREVIOUS', 'your-256-bit-key-goes-in-here-0147'],
  ['a secret that says so', 'SECRET_KEY', 'this-is-the-secret-of-studio-linden'],
  ['a secret of one letter', 'SECRET_KEY', 'a'.repeat(64)],
  ['a secret of few letters', 'SECRET_KEY_PREVIOUS', 'abcabcabcabcabcabcabcabcabcabcabcabc'],
  ['a secret that was padded', 'SECRET_KEY', `${RANDOM.slice(0, 12)}${'z'.repeat(24)}`],
  ['a weak previous secret', 'SECRET_KEY_PREVIOUS', 'old'],
  ['cheap hashes', 'PASSWORD_COST', 'cheap'],
  ['an admin with a known password', 'FIRST_SUPERUSER', 'admin@linden.studio'],
  ['the password of such an admin', 'FIRST_SUPERUSER_PASSWORD', 'changethis'],
  ['a cookie for everybody', 'COOKIE_SAMESITE', 'lax'],
  ['an unknown environment', 'ENVIRONMENT', 'prod-eu-1'],
  ['a missing environment', 'ENVIRONMENT', undefined],
  ['an API without https', 'API_ORIGIN', 'http://api.linden.studio'],
  ['a site without https', 'SITE_ORIGIN', 'http://www.linden.studio'],
  ['a site with a path', 'SITE_ORIGIN', 'https://www.linden.studio/shop'],
  ['a site with a slash at its end', 'SITE_ORIGIN', 'https://www.linden.studio/'],
  ['a site that is no address', 'SITE_ORIGIN', 'www.linden.studio'],
  ['a site with a password', 'SITE_ORIGIN', 'https://ann:hunter22@linden.studio'],
  ['a site in capitals', 'SITE_ORIGIN', 'https://WWW.linden.studio'],
  ['a script as a site', 'SITE_ORIGIN', 'javascript:alert(1)'],
  ['any origin', 'CORS_ORIGINS', '*'],
  ['the null origin', 'CORS_ORIGINS', 'null'],
  ['one origin of two without https', 'CORS_ORIGINS', 'https://a.studio, http://b.studio'],
  ['the mailbox of development', 'MAIL_PROVIDER', 'mailbox'],
  ['an unknown mail provider', 'MAIL_PROVIDER', 'postmark'],
  ['a mail provider without its key', 'MAIL_API_KEY', undefined],
  ['limits that are lifted', 'RATE_LIMIT_SCALE', '1000'],
  ['limits that are switched off', 'RATE_LIMIT_SCALE', '0'],
  ['limits that are no number', 'RATE_LIMIT_SCALE', '1e99'],
  ['the placeholder of the API', 'API_ORIGIN', 'https://api.example.com'],
  ['the placeholder of the site', 'SITE_ORIGIN', 'https://www.example.com'],
  ['the placeholder of the owner', 'OWNER_EMAIL', 'owner@example.com'],
  ['the placeholder of the sender', 'MAIL_FROM', 'Example Studio <hello@example.com>'],
  ['the placeholder of the name', 'STUDIO_NAME', 'Example Studio'],
  ['a placeholder among the origins', 'CORS_ORIGINS', 'https://shop.example.org'],
  ['an owner without an address', 'OWNER_EMAIL', 'owner-at-linden'],
  ['a sender with a second header', 'MAIL_FROM', 'Lind\r\nBcc: x <a@linden.studio>'],
  ['two senders', 'MAIL_FROM', 'a@linden.studio, b@linden.studio'],
  ['a colour that is a style sheet', 'STUDIO_COLOR', 'red;background:url(//evil.test)'],
  ['a logo without https', 'STUDIO_LOGO_URL', 'http://linden.studio/logo.svg'],
  ['a logo that is a script', 'STUDIO_LOGO_URL', 'javascript:alert(1)'],
  ['a term that is no number', 'KEEP_MAIL_DAYS', '-1'],
  ['pages without a place for the slug', 'SITE_POST_PATH', '/journal'],
  ['pages on another host', 'SITE_POST_PATH', 'https://evil.test/{slug}'],
  ['pages with a query', 'SITE_PROJECT_PATH', '/projects?{slug}'],
  ['products without a place for the slug', 'SITE_PRODUCT_PATH', '/shop'],
  ['a currency that nobody knows', 'CURRENCY', 'xxx'],
  ['a currency in capitals', 'CURRENCY', 'USD'],
  ['a page to leave on another host', 'SITE_UNSUBSCRIBE_PATH', 'https://evil.test/'],
  ['a term in words', 'KEEP_MESSAGES_DAYS', 'forever'],
  ['comments that nobody knows how to sort', 'COMMENTS_MODERATION', 'some'],
  ['a currency that nobody knows', 'CURRENCY', 'kwd'],
  ['a country that is none', 'SHIPPING_COUNTRIES', 'US,XX'],
  ['nowhere to send to', 'SHIPPING_COUNTRIES', ' , '],
  ['shipping rates that are no JSON', 'SHIPPING_RATES', '[{id: post}]'],
  ['a shipping rate in euros and cents', 'SHIPPING_RATES', '[{"id":"a","label":"A","amount":4.9}]'],
  ['a shipping rate below nothing', 'SHIPPING_RATES', '[{"id":"a","label":"A","amount":-490}]'],
  ['a misspelt part of a rate', 'SHIPPING_RATES', '[{"id":"a","label":"A","amount":4,"free":9}]'],
  [
    'a shipping rate that is there twice',
    'SHIPPING_RATES',
    '[{"id":"a","label":"A","amount":4},{"id":"a","label":"B","amount":5}]',
  ],
  [
    'a shipping rate for where nothing is sold',
    'SHIPPING_RATES',
    '[{"id":"a","label":"A","amount":4,"countries":["FR"]}]',
  ],
  ['pages to return to that are a list', 'CHECKOUT_RETURN_URLS', '["https://linden.studio"]'],
  [
    'a page to return to that is a script',
    'CHECKOUT_RETURN_URLS',
    '{"a":{"success":"javascript:alert(1)","cancel":"https://linden.studio"}}',
  ],
  [
    'a page to return to without https',
    'CHECKOUT_RETURN_URLS',
    '{"a":{"success":"https://linden.studio","cancel":"http://linden.studio"}}',
  ],
  [
    'a page to return to with a fragment',
    'CHECKOUT_RETURN_URLS',
    '{"a":{"success":"https://linden.studio/#x","cancel":"https://linden.studio"}}',
  ],
  ['a publishable key of Stripe', 'STRIPE_SECRET_KEY', 'pk_live_0123456789abcdef'],
  ['a signing secret that is none', 'STRIPE_WEBHOOK_SECRET', 'sk_live_0123456789abcdef'],
  [
    'three signing secrets',
    'STRIPE_WEBHOOK_SECRET',
    Array(3).fill('whsec_0123456789abcdef').join(),
  ],
  ['an account of Stripe that is none', 'STRIPE_ACCOUNT', 'linden'],
  ['tax that is perhaps', 'STRIPE_TAX', 'true'],
  ['another address of Stripe', 'STRIPE_API_BASE', 'https://stripe.linden.studio'],
  ['a dialect that nobody speaks', 'DIALECTS', 'wordpress'],
  ['pages of such a dialect', 'DIALECT_ORIGINS', 'wordpress=https://shop.studio'],
  ['a dialect that no page may call', 'DIALECT_ORIGINS', 'eterno'],
  ['a dialect of pages without https', 'DIALECT_ORIGINS', 'eterno=http://shop.studio'],
  ['a dialect of any page and one more', 'DIALECT_ORIGINS', 'eterno=*,https://shop.studio'],
  ['a dialect of pages at a path', 'DIALECT_ORIGINS', 'onedna=*; eterno=https://shop.studio/a'],
  ["a placeholder among a dialect's pages", 'DIALECT_ORIGINS', 'eterno=https://www.example.com'],
  ['comments that close at a date', 'COMMENTS_CLOSE_DAYS', '2026-05-04'],
]

describe('dialects', () => {
  it('are served where they are named, and locally all of them', ({ expect }) => {
    expect(read({}).DIALECTS).toEqual([])
    expect(read({ DIALECTS: 'eterno, onedna' }).DIALECTS).toEqual(['eterno', 'onedna'])
    expect(read({}, TEST_SETTINGS).DIALECTS).toContain('fastapi-template')
    expect(read({ DIALECTS: '' }, TEST_SETTINGS).DIALECTS).toEqual([])
  })

  it('are called by the pages that are named', ({ expect }) => {
    const DIALECT_ORIGINS = 'eterno=https://a.studio, https://b.studio ; onedna=*;'
    expect(read({ DIALECT_ORIGINS }).DIALECT_ORIGINS).toEqual({
      eterno: ['https://a.studio', 'https://b.studio'],
      onedna: ['*'],
    })
    expect(read({}).DIALECT_ORIGINS).toEqual({})
  })
})

describe('settings that are wrong (T61)', () => {
  it.for(BAD)('stop the service in production: %s', ([, name, value], { expect }) => {
    const error = refusalOf({ [name]: value })
    expect(error.code).toBe('misconfigured')
    expect(namesIn(error)).toContain(name)
    expect(error.message).toContain(name)
  })

  // `mailbox` is a word of ours, and the error has to say which provider is refused.
  it.for(BAD.filter(([, , value = '']) => value.length > 2 && value !== 'mailbox'))(
    'are never repeated in the error: %s',
    ([, name, value = ''], { expect }) => {
      const { message, errors, stack } = refusalOf({ [name]: value })
      expect(`${message} ${JSON.stringify(errors)} ${stack?.split('\n')[0]}`).not.toContain(value)
    },
  )

  it('are what is no text: wrangler.toml holds numbers and lists too', ({ expect }) => {
    for (const value of [1, true, ['https://a.studio'], { a: 1 }, null]) {
      expect(refusalOf({ RATE_LIMIT_SCALE: value }).errors).toEqual([
        { path: 'RATE_LIMIT_SCALE', code: 'invalid', message: 'is not text; put it in quotes' },
      ])
    }
  })

  it('are named down to the place in a list', ({ expect }) => {
    const rates =
      '[{"label":"A","amount":"4","free":9,"countries":[]},{"id":"A B","label":"B","amount":4}]'
    expect(refusalOf({ SHIPPING_RATES: rates }).errors?.map(({ message }) => message)).toEqual([
      'is wrong: required (at 0.id)',
      'is wrong: must be of type number (at 0.amount)',
      'is wrong: at least 1 item (at 0.countries)',
      'is wrong: this is not known here (at 0.free)',
      'is not a name such as standard (at 1.id)',
    ])
  })

  it('are all named at once', ({ expect }) => {
    const error = refusalOf({
      SECRET_KEY: 'short-one',
      OWNER_EMAIL: undefined,
      SITE_ORIGIN: 'nowhere',
      KEEP_SPAM_DAYS: 'x',
    })
    expect(namesIn(error).sort()).toEqual([
      'KEEP_SPAM_DAYS',
      'OWNER_EMAIL',
      'SECRET_KEY',
      'SITE_ORIGIN',
    ])
    expect(error.errors).toContainEqual({
      path: 'OWNER_EMAIL',
      code: 'required',
      message: 'is missing',
    })
  })

  it('stop staging as well', ({ expect }) => {
    const staging = { ...PRODUCTION, ENVIRONMENT: 'staging' }
    expect(read({}, staging).ENVIRONMENT).toBe('staging')
    expect(namesIn(refusalOf({ MAIL_PROVIDER: 'mailbox' }, staging))).toEqual(['MAIL_PROVIDER'])
    expect(namesIn(refusalOf({ RATE_LIMIT_SCALE: '5' }, staging))).toEqual(['RATE_LIMIT_SCALE'])
  })

  it.for(['local', 'test'])(
    'may weaken a promise where the environment is %s',
    (name, { expect }) => {
      const settings = read(
        { ENVIRONMENT: name, MAIL_PROVIDER: 'mailbox', RATE_LIMIT_SCALE: '2.5' },
        {
          ...TEST_SETTINGS,
          MAIL_API_KEY: undefined,
        },
      )
      expect(settings).toMatchObject({ isDevelopment: true, RATE_LIMIT_SCALE: 2.5 })
    },
  )

  it('are weak secrets everywhere, in development too', ({ expect }) => {
    expect(namesIn(refusalOf({ SECRET_KEY: 'short' }, TEST_SETTINGS))).toEqual(['SECRET_KEY'])
  })
})

const STRIPE = {
  STRIPE_SECRET_KEY: 'sk_live_0123456789abcdef',
  STRIPE_WEBHOOK_SECRET: 'whsec_0123456789abcdef, whsec_fedcba9876543210',
}

describe('settings of the shop', () => {
  it('sell in dollars, send for nothing and return to the site unless they say more', ({
    expect,
  }) => {
    expect(read({})).toMatchObject({
      CURRENCY: 'usd',
      SHIPPING_COUNTRIES: ['US'],
      SHIPPING_RATES: [],
      STRIPE_TAX: 'off',
      CHECKOUT_RETURN_URLS: {
        default: {
          success: 'https://www.linden.studio/checkout/success',
          cancel: 'https://www.linden.studio/cart',
        },
      },
    })
  })

  it('say where in their JSON they are wrong', ({ expect }) => {
    const { message } = refusalOf({ SHIPPING_RATES: '[{"id":"a","label":"A","amount":"4.90"}]' })
    expect(message).toMatch(/SHIPPING_RATES .*\(at 0\.amount\)/)
  })

  it('hold one or two signing secrets, and need one with the key', ({ expect }) => {
    expect(read(STRIPE).STRIPE_WEBHOOK_SECRET).toHaveLength(2)
    const { STRIPE_SECRET_KEY } = STRIPE
    expect(namesIn(refusalOf({ STRIPE_SECRET_KEY }))).toEqual(['STRIPE_WEBHOOK_SECRET'])
  })

  it('take real money in production only', ({ expect }) => {
    for (const ENVIRONMENT of ['staging', 'local', 'test']) {
      expect(namesIn(refusalOf({ ...STRIPE, ENVIRONMENT }))).toEqual(['STRIPE_SECRET_KEY'])
    }
  })

  it('warn of a shop that takes no money', ({ expect }) => {
    const played = { ...STRIPE, STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef' }
    expect(read(STRIPE).warnings).toEqual([])
    expect(read(played).warnings).toEqual([expect.stringContaining('test mode')])
    expect(read({}).warnings).toEqual([expect.stringContaining('nobody can buy')])
    expect(read({ ...played, ENVIRONMENT: 'staging' }).warnings).toEqual([])
  })
})

describe('settings that are right', () => {
  it('are filled up with what holds when nothing is said', ({ expect }) => {
    expect(read({})).toMatchObject({
      isDevelopment: false,
      STUDIO_COLOR: '#1f4d3a',
      CORS_ORIGINS: ['https://www.linden.studio'],
      TURNSTILE_HOSTNAMES: ['www.linden.studio'],
      SITE_POST_PATH: '/blog/{slug}',
      SITE_PROJECT_PATH: '/projects/{slug}',
      SITE_UNSUBSCRIBE_PATH: '/newsletter/unsubscribe',
      RATE_LIMIT_SCALE: 1,
      KEEP_MESSAGES_DAYS: 730,
      keys: { current: PRODUCTION.SECRET_KEY, previous: undefined },
    })
  })

  it('add origins to that of the site, each once', ({ expect }) => {
    const CORS_ORIGINS = ' https://shop.linden.studio,https://www.linden.studio, ,'
    expect(read({ CORS_ORIGINS }).CORS_ORIGINS).toEqual([
      'https://www.linden.studio',
      'https://shop.linden.studio',
    ])
  })

  it('hold the previous secret during a rotation', ({ expect }) => {
    expect(read({ SECRET_KEY_PREVIOUS: RANDOM }).keys).toEqual({
      current: PRODUCTION.SECRET_KEY,
      previous: RANDOM,
    })
  })

  it('take secrets as openssl and Node make them', ({ expect }) => {
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(32)))
      const ways = (['base64', 'base64url', 'hex'] as const).map((way) => bytes.toString(way))
      for (const SECRET_KEY of ways) expect(read({ SECRET_KEY }).SECRET_KEY).toBe(SECRET_KEY)
    }
  })
})

describe('reading them', () => {
  const counted = (given: Given) => {
    const reads: string[] = []
    const env = new Proxy(
      { ...PRODUCTION, ...given },
      {
        get: (target, name, receiver) => {
          reads.push(String(name))
          return Reflect.get(target, name, receiver)
        },
      },
    )
    return { env: env as unknown as Bindings, reads }
  }

  it('is done once for each isolate', ({ expect }) => {
    const { env, reads } = counted({})
    const first = readSettings(env)
    const count = reads.length
    expect(readSettings(env)).toBe(first)
    expect(count).toBeGreaterThan(0)
    expect(reads).toHaveLength(count)
  })

  it('is done once even when they are wrong, with the same error each time', ({ expect }) => {
    const { env, reads } = counted({ SECRET_KEY: 'short' })
    expect(() => readSettings(env)).toThrow('SECRET_KEY')
    const count = reads.length
    expect(() => readSettings(env)).toThrow('SECRET_KEY')
    expect(reads).toHaveLength(count)
  })
})
