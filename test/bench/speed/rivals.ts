import type { Answer } from './load.ts'

/** What a route runs against D1: one list for each round trip. */
export type Statements = { sql: string; params: unknown[] }[][]

/** What the rivals answer for a path: what Atelier has answered, and what it has asked D1. */
export type Script = Map<string, { answer: Answer; statements: Statements }>

/** What calls have cost so far. */
export type Cost = {
  trips: number
  rowsRead: number
  rowsWritten: number
  kvReads: number
  kvWrites: number
  r2Reads: number
  r2Writes: number
  messages: number
  statements: Statements
  /** Of the first request, as `statements`: round trips until it was answered. */
  tripsBeforeAnswer: number | null
  /** Those until a provider was first called. */
  tripsBeforeCall: number | null
}

/**
 * The bundle as it is, with bindings that count. `/__cost` tells what was counted since it was last
 * asked.
 */
export const COUNTED = `
import worker from './atelier.js'
const fresh = () => ({ trips: 0, rowsRead: 0, rowsWritten: 0, kvReads: 0, kvWrites: 0, r2Reads: 0,
  r2Writes: 0, messages: 0, statements: [], tripsBeforeAnswer: null, tripsBeforeCall: null })
let cost = fresh()
const call = fetch
globalThis.fetch = (...given) => {
  cost.tripsBeforeCall ??= cost.trips
  return call(...given)
}
const real = new WeakMap()
const said = new WeakMap()
function counted(results) {
  cost.trips++
  for (const { meta } of results) {
    cost.rowsRead += meta.rows_read
    cost.rowsWritten += meta.rows_written
  }
}
function wrapStatement(statement, sql, params) {
  const wrapped = {
    bind: (...values) => wrapStatement(statement.bind(...values), sql, values),
    async all() {
      const result = await statement.all()
      cost.statements.push([{ sql, params }])
      counted([result])
      return result
    },
  }
  real.set(wrapped, statement)
  said.set(wrapped, { sql, params })
  return wrapped
}
const wrapSession = (session) => ({
  prepare: (sql) => wrapStatement(session.prepare(sql), sql, []),
  async batch(statements) {
    const results = await session.batch(statements.map((one) => real.get(one)))
    cost.statements.push(statements.map((one) => said.get(one)))
    counted(results)
    return results
  },
  getBookmark: () => session.getBookmark(),
})
const count = (binding, names) => new Proxy(binding, {
  get(target, name) {
    const value = Reflect.get(target, name)
    if (typeof value !== 'function') return value
    return (...given) => {
      if (names[name]) cost[names[name]]++
      return value.apply(target, given)
    }
  },
})
const KV = { get: 'kvReads', getWithMetadata: 'kvReads', put: 'kvWrites', delete: 'kvWrites', list: 'kvWrites' }
const R2 = { get: 'r2Reads', head: 'r2Reads', put: 'r2Writes', list: 'r2Writes' }
let wrapped
const wrap = (env) => (wrapped ??= {
  ...env,
  DB: { withSession: (constraint) => wrapSession(env.DB.withSession(constraint)) },
  CACHE: count(env.CACHE, KV),
  FILES: count(env.FILES, R2),
  JOBS: { sendBatch: (batch) => { cost.messages += batch.length; return env.JOBS.sendBatch(batch) } },
})
export default {
  async fetch(request, env, ctx) {
    if (!request.url.endsWith('/__cost')) {
      const response = await worker.fetch(request, wrap(env), ctx)
      cost.tripsBeforeAnswer ??= cost.trips
      return response
    }
    const seen = cost
    cost = fresh()
    return Response.json(seen)
  },
  queue: (batch, env, ctx) => worker.queue(batch, wrap(env), ctx),
}`

const NOT_OURS = ['content-length', 'transfer-encoding', 'x-request-id', 'date', 'connection']

const headersOf = ({ head }: Answer): [string, string][] =>
  head
    .split('\r\n')
    .slice(1)
    .map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
    .filter(([name]) => !NOT_OURS.includes(name))

const typeOf = (answer: Answer) =>
  headersOf(answer).find(([name]) => name === 'content-type')?.[1] ?? 'application/json'

/** JSON and texts as they are, pictures as bytes. */
const bodies = (script: Script) => `
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
const answers = new Map([${[...script]
  .map(([path, { answer }]) => {
    const type = typeOf(answer)
    const isText = !type.startsWith('image/')
    const body = isText
      ? JSON.stringify(answer.body.toString())
      : `bytes('${answer.body.toString('base64')}')`
    const headers = JSON.stringify(headersOf(answer))
    return `[${JSON.stringify(path)}, { body: ${body}, type: '${type}', status: ${answer.status}, headers: ${headers} }]`
  })
  .join(',\n')}])`

/** (a) Constant answers from memory, no framework. */
export const memory = (script: Script) => `${bodies(script)}
export default {
  fetch(request) {
    const { body, status, type } = answers.get(new URL(request.url).pathname)
    return new Response(body, { status, headers: { 'content-type': type } })
  },
}`

/** (b) The same with the headers that Atelier sends, its 304 and its log line. */
export const headers = (script: Script) => `${bodies(script)}
export default {
  fetch(request) {
    const start = Date.now()
    const { pathname } = new URL(request.url)
    const { body, status, headers } = answers.get(pathname)
    const id = crypto.randomUUID()
    const sent = new Headers(headers)
    sent.set('x-request-id', id)
    const etag = sent.get('etag')
    const given = request.headers.get('if-none-match')
    const isKnown = etag !== null && (given === etag || given === '*')
    if (isKnown) sent.delete('content-type')
    const response = new Response(isKnown ? null : body, { status: isKnown ? 304 : status, headers: sent })
    console.log(JSON.stringify({ at: new Date().toISOString(), level: 'info', event: 'request',
      request_id: id, method: request.method, route: pathname, status: response.status,
      ms: Date.now() - start, actor: 'anonymous', d1_calls: 0, d1_rows_read: 0, d1_rows_written: 0 }))
    return response
  },
}`

/** (c) The same statements, raw, and their rows as JSON. */
export const statements = (script: Script) => `
const reads = new Map(${JSON.stringify([...script].map(([path, one]) => [path, one.statements]))})
export default {
  async fetch(request, env) {
    const answers = []
    for (const trip of reads.get(new URL(request.url).pathname)) {
      const prepared = trip.map(({ sql, params }) => env.DB.prepare(sql).bind(...params))
      const results = prepared.length === 1 ? [await prepared[0].all()] : await env.DB.batch(prepared)
      for (const { results: rows } of results) answers.push(rows)
    }
    return new Response(JSON.stringify(answers), { headers: { 'content-type': 'application/json' } })
  },
}`
