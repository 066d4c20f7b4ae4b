import type { Bindings } from './env.ts'

/** No address of anybody's (RFC 6761). */
export const ORIGIN = 'https://api.warm-up.invalid'

const LIST = '/api/v1/posts?limit=1'
/** Of microtasks: many more than a list takes here, where nothing has to be waited for. */
const TURNS = 1000

/** A studio without a row, whose database answers at once. */
export function emptyStudio(): Bindings {
  const nothing = { results: [], meta: { rows_read: 0, rows_written: 0 } }
  const statement = { bind: () => statement, all: async () => nothing }
  const session = {
    prepare: () => statement,
    batch: async (statements: unknown[]) => statements.map(() => nothing),
    getBookmark: () => null,
  }
  const studio = {
    ENVIRONMENT: 'staging',
    STUDIO_NAME: 'Warm-up',
    API_ORIGIN: ORIGIN,
    SITE_ORIGIN: 'https://www.warm-up.invalid',
    SECRET_KEY: 'Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6k8',
    OWNER_EMAIL: 'owner@warm-up.invalid',
    MAIL_FROM: 'hello@warm-up.invalid',
    MAIL_PROVIDER: 'resend',
    MAIL_API_KEY: 'nothing-is-sent',
    STRIPE_SECRET_KEY: 'rk_test_nothing_is_paid',
    STRIPE_WEBHOOK_SECRET: 'whsec_nothing_is_signed',
    DB: { withSession: () => session },
    CACHE: { getWithMetadata: async () => ({ value: null, metadata: null }) },
  }
  return studio as unknown as Bindings
}

type App = { fetch(request: Request, env: Bindings): Response | Promise<Response> }

/**
 * Asks for a list of an empty studio while the Worker starts, so that the first visitor does not wait
 * for what V8 compiles, and the app makes, at first use. Nothing of it is kept or logged. False when
 * it has come to nothing, which harms nobody.
 */
export async function warmUp(app: App): Promise<boolean> {
  const { Response, setTimeout, clearTimeout, console } = globalThis
  try {
    // A start may make neither a body nor a timer. It is alone: nobody else meets these.
    Object.assign(globalThis, {
      Response: class extends Response {
        constructor(_body?: unknown, init?: ResponseInit) {
          super(null, init)
        }
      },
      setTimeout: () => 0,
      clearTimeout() {},
      console: { log() {}, warn() {}, error() {} },
    })
    // It brings its id, since a start may not make one by chance.
    const request = new Request(ORIGIN + LIST, { headers: { 'x-request-id': 'warm-up' } })
    const answer = await Promise.race([app.fetch(request, emptyStudio()), turns(TURNS)])
    return answer?.status === 200
  } catch {
    return false
  } finally {
    Object.assign(globalThis, { Response, setTimeout, clearTimeout, console })
  }
}

/** What waits for the platform would wait for ever, and a start may not hang. */
async function turns(count: number): Promise<undefined> {
  for (let turn = 0; turn < count; turn++) await undefined
  return undefined
}
