import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Params = { [name: string]: string | Params }

/** One call as it came over the wire. */
export type StripeCall = {
  method: string
  path: string
  params: Params
  query: Record<string, string>
  headers: Record<string, string>
  /** The status that it was answered with; 0 for none. */
  status: number
}

export type StripeSession = {
  id: string
  object: 'checkout.session'
  url: string
  status: 'open' | 'complete' | 'expired'
  client_reference_id: string
  params: Params
}

/**
 * What the server does with a call: says no or fails with a status before anything happened, keeps a
 * 500 under the key as Stripe does when it failed half-way, breaks the connection or goes silent,
 * before the call took effect or behind it.
 */
export type StripeFault =
  | { status: number; type?: string; code?: string; kept?: boolean }
  | 'reset'
  | 'hang'
  | 'accept-then-cut'
  | 'accept-then-hang'

export type StripePlan = {
  /** For the next calls, in order; those behind them succeed. */
  faults?: StripeFault[]
  /** What time it is there, in milliseconds; without it times are not looked at. */
  now?: number
  /** Sessions that somebody has paid. */
  complete?: string[]
  /** What was paid by payment intent; of any other any amount can be given back. */
  paid?: Record<string, number>
  /** Lets it forget every idempotency key, as it does after a day. */
  forget?: true
  /** How the next refunds stand when they are made; `succeeded` without it. */
  refundStatus?: string
}

export type StripeRefund = {
  id: string
  object: 'refund'
  payment_intent: string
  amount: number
  currency: string
  status: string
  metadata: Params
}

type Kept = { path: string; body: string; status: number; answer: string }
type Account = {
  calls: StripeCall[]
  faults: StripeFault[]
  now: number | null
  sessions: Map<string, StripeSession>
  refunds: StripeRefund[]
  paid: Map<string, number>
  refundStatus: string
  keys: Map<string, Kept | 'running'>
}

const KNOWN: Record<string, string[]> = {
  '/v1/checkout/sessions': [
    'mode',
    'client_reference_id',
    'metadata',
    'payment_intent_data',
    'line_items',
    'discounts',
    'shipping_options',
    'shipping_address_collection',
    'automatic_tax',
    'customer_email',
    'success_url',
    'cancel_url',
    'expires_at',
  ],
  '/v1/coupons': [
    'duration',
    'amount_off',
    'currency',
    'max_redemptions',
    'name',
    'metadata',
    'percent_off',
  ],
  '/v1/refunds': ['payment_intent', 'amount', 'reason', 'metadata'],
}

class Refusal extends Error {
  readonly status: number
  readonly error: Record<string, string>
  constructor(status: number, type: string, message: string, more: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.error = { type, message, ...more }
  }
}

const invalidRequest = (message: string, param = '') =>
  new Refusal(400, 'invalid_request_error', message, { param })

/**
 * Stands in for Stripe's API: form encoding with nested brackets, idempotency keys, the parameters
 * that are known. Each secret key has an account of its own, so that tests do not meet.
 */
export async function startStripe(): Promise<{ url: string; close: () => Promise<void> }> {
  const accounts = new Map<string, Account>()
  const accountOf = (key: string): Account => {
    const known = accounts.get(key)
    if (known) return known
    const account = {
      calls: [],
      faults: [],
      now: null,
      sessions: new Map(),
      refunds: [],
      paid: new Map(),
      refundStatus: 'succeeded',
      keys: new Map(),
    }
    accounts.set(key, account)
    return account
  }

  const server = createServer(async (request, response) => {
    // A connection that is kept open would be broken by a fault that was meant for another call.
    response.setHeader('connection', 'close')
    const body = await textOf(request)
    const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://stripe')
    const query = Object.fromEntries(searchParams)
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    const account = accountOf(key)
    if (path === '/_calls') return send(response, 200, account.calls)
    if (path === '/_sessions') return send(response, 200, [...account.sessions.values()])
    if (path === '/_refunds') return send(response, 200, account.refunds)
    if (path === '/_plan') return send(response, 200, plan(account, JSON.parse(body)))
    answer(account, { request, response, path, query, body })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function plan(account: Account, plan: StripePlan): object {
  const { faults, now, complete, paid, forget, refundStatus } = plan
  if (refundStatus) account.refundStatus = refundStatus
  if (forget) account.keys.clear()
  for (const [intent, amount] of Object.entries(paid ?? {})) account.paid.set(intent, amount)
  if (faults) account.faults = faults
  if (now !== undefined) account.now = now
  for (const id of complete ?? []) {
    const session = account.sessions.get(id)
    if (session) session.status = 'complete'
  }
  return {}
}

type Call = {
  request: IncomingMessage
  response: ServerResponse
  path: string
  query: Record<string, string>
  body: string
}

function answer(account: Account, { request, response, path, query, body }: Call): void {
  const params = parseForm(body)
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
  const call = { method: request.method ?? '', path, params, query, headers, status: 0 }
  account.calls.push(call)
  const fault = account.faults.shift()
  if (fault === 'reset') return void request.socket.destroy()
  if (fault === 'hang') return
  const reply = replyOf(account, call, body, fault)
  if (fault === 'accept-then-cut') return void request.socket.destroy()
  if (fault === 'accept-then-hang') return
  call.status = reply.status
  response.setHeader('request-id', `req_${randomUUID()}`)
  if (reply.isReplayed) response.setHeader('idempotent-replayed', 'true')
  send(response, reply.status, reply.answer)
}

function replyOf(account: Account, call: StripeCall, body: string, fault?: StripeFault) {
  const idempotencyKey = call.headers['idempotency-key']
  const kept = idempotencyKey === undefined ? undefined : account.keys.get(idempotencyKey)
  const broken = typeof fault === 'object' ? fault : null
  if (broken && !broken.kept) return failed(broken)
  if (kept === 'running') return failed({ status: 409, code: 'idempotency_key_in_use' })
  if (kept) {
    const isSame = kept.path === call.path && kept.body === body
    return isSame
      ? { status: kept.status, answer: kept.answer, isReplayed: true }
      : failed({ status: 400, type: 'idempotency_error' })
  }
  try {
    const made = broken ? failed(broken) : { status: 200, answer: act(account, call) }
    const reply = { ...made, answer: JSON.stringify(made.answer), isReplayed: false }
    if (idempotencyKey !== undefined && call.method === 'POST') {
      account.keys.set(idempotencyKey, { path: call.path, body, ...reply })
    }
    return reply
  } catch (error) {
    // What does not pass its checks is not kept under the key.
    if (!(error instanceof Refusal)) throw error
    return { status: error.status, answer: { error: error.error }, isReplayed: false }
  }
}

const failed = ({ status, type, code }: { status: number; type?: string; code?: string }) => ({
  status,
  answer: {
    error: {
      type: type ?? (status >= 500 ? 'api_error' : 'invalid_request_error'),
      message: `As planned: ${status}`,
      ...(code && { code }),
    },
  },
  isReplayed: false,
})

function act(account: Account, { method, path, params, query }: StripeCall): object {
  const unknown = Object.keys(params).find((name) => !(KNOWN[path] ?? []).includes(name))
  if (method === 'POST' && unknown !== undefined) {
    throw invalidRequest(`Received unknown parameter: ${unknown}`, unknown)
  }
  if (path === '/v1/checkout/sessions') return toSession(makeSession(account, params))
  if (path === '/v1/coupons') return { id: idOf('coupon', params), object: 'coupon' }
  if (path === '/v1/refunds') {
    return method === 'GET' ? listRefunds(account, query) : makeRefund(account, params)
  }
  const [, id = '', ending] = /^\/v1\/checkout\/sessions\/(\w+)(\/expire)?$/.exec(path) ?? []
  const session = account.sessions.get(id)
  if (!session) {
    throw new Refusal(404, 'invalid_request_error', `No such checkout.session: ${id}`, {
      code: 'resource_missing',
    })
  }
  if (!ending) return toSession(session)
  if (session.status !== 'open') {
    throw invalidRequest(`This Checkout Session has a status of ${session.status}`)
  }
  session.status = 'expired'
  return toSession(session)
}

/** Never more of a payment than it brought. */
function makeRefund(account: Account, params: Params): object {
  const intent = String(params.payment_intent)
  const amount = Number(params.amount)
  const taken = account.refunds
    .filter((one) => one.payment_intent === intent && one.status !== 'failed')
    .reduce((sum, one) => sum + one.amount, 0)
  if (!Number.isInteger(amount) || amount <= 0) throw invalidRequest('Invalid integer', 'amount')
  if (taken + amount > (account.paid.get(intent) ?? Number.POSITIVE_INFINITY)) {
    throw invalidRequest('Refund amount is greater than unrefunded amount on charge', 'amount')
  }
  const refund: StripeRefund = {
    id: `re_${randomUUID().replaceAll('-', '')}`,
    object: 'refund',
    payment_intent: intent,
    amount,
    currency: 'usd',
    status: account.refundStatus,
    metadata: typeof params.metadata === 'object' ? params.metadata : {},
  }
  account.refunds.push(refund)
  return refund
}

const listRefunds = (account: Account, { payment_intent: intent }: Record<string, string>) => ({
  object: 'list',
  has_more: false,
  data: account.refunds.filter((one) => one.payment_intent === intent),
})

function makeSession(account: Account, params: Params): StripeSession {
  for (const name of ['mode', 'line_items', 'success_url']) {
    if (params[name] === undefined) throw invalidRequest(`Missing required param: ${name}.`, name)
  }
  const expiresAt = Number(params.expires_at) * 1000
  const { now } = account
  // https://docs.stripe.com/api/checkout/sessions/create: 30 minutes to 24 hours.
  if (now !== null && (expiresAt < now + 30 * 60_000 || expiresAt > now + 86_400_000)) {
    throw invalidRequest('The `expires_at` timestamp must be 30 minutes to 24 hours off.')
  }
  const id = `cs_test_${randomUUID().replaceAll('-', '')}`
  const session: StripeSession = {
    id,
    object: 'checkout.session',
    url: `https://checkout.stripe.com/c/pay/${id}`,
    status: 'open',
    client_reference_id: String(params.client_reference_id ?? ''),
    params,
  }
  account.sessions.set(id, session)
  return session
}

const toSession = ({ params: _, ...session }: StripeSession): object => session

const idOf = (kind: string, params: Params): string =>
  `${kind}_${createHash('sha256').update(JSON.stringify(params)).digest('hex').slice(0, 14)}`

/** `a[b][0]=c` as { a: { b: { 0: 'c' } } }. */
export function parseForm(body: string): Params {
  const params: Params = {}
  for (const [name, value] of new URLSearchParams(body)) {
    const path = name.replaceAll(']', '').split('[')
    const last = path.pop() ?? ''
    let place = params
    for (const part of path) {
      const known = place[part]
      const next = typeof known === 'object' ? known : {}
      place[part] = next
      place = next
    }
    place[last] = value
  }
  return params
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
