import { parseArgs } from 'node:util'
import { fill } from './fill.ts'
import { measureStarts } from './speed/first.ts'
import { askOnce } from './speed/load.ts'
import { costOf, OPTIONS, type Phase, phased, race, ripen, subject } from './speed/measure.ts'
import { type Line, report, verdictsOf } from './speed/report.ts'
import { COUNTED, headers, memory, type Script, statements } from './speed/rivals.ts'
import { askOf, PICTURE, ROUTES, type Route } from './speed/routes.ts'
import {
  buildBundle,
  removeAll,
  SETTINGS,
  type Served,
  type Stores,
  serve,
  writeScript,
} from './speed/serve.ts'

// How fast the production bundle answers next to three Workers that do nothing but answer, on the
// same machine in the same minutes. Exits with 1 when a bar is missed.

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: String(OPTIONS.rounds) },
    ms: { type: 'string', default: String(OPTIONS.ms) },
    starts: { type: 'string', default: '7' },
  },
})
OPTIONS.rounds = Math.max(1, Number(values.rounds) || OPTIONS.rounds)
OPTIONS.ms = Math.max(50, Number(values.ms) || OPTIONS.ms)
const routes = ROUTES.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()))

process.env.WRANGLER_LOG ??= 'error'
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'
process.env.WRANGLER_SEND_METRICS = 'false'
// Wrangler would write each request, log line and call to D1 into a database of its own, in the process
// that is measured: that takes as long again as an answer, and there is no such thing in production.
process.env.X_LOCAL_OBSERVABILITY = 'false'
// The code that makes an account reads it; in a bundle it is a constant.
Object.assign(globalThis, { __DEV__: false })
const original = globalThis.fetch
let taken = 0
// What the Worker fetches goes through the fetch of this process: providers of mail and of payments
// that take all.
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : String(input))
  if (url.hostname === '127.0.0.1') return original(input, init)
  const id = `cs_test_${taken++}`
  return Promise.resolve(Response.json({ id, url: `https://checkout.stripe.com/c/pay/${id}` }))
}

const POSTS = 200
const open: Served[] = []

async function start(script: string, vars?: Record<string, string>): Promise<Served> {
  const served = await serve(script, vars)
  open.push(served)
  return served
}

/** The same rows in each database, so that an owner's token opens all of them. */
async function furnish({ DB, FILES }: Stores, people: Row[][]): Promise<void> {
  for (const [index, table] of ['users', 'sessions'].entries()) {
    for (const row of people[index] ?? []) {
      const names = Object.keys(row)
      const marks = names.map(() => '?').join(', ')
      await DB.prepare(`insert into ${table} (${names.join(', ')}) values (${marks})`)
        .bind(...Object.values(row))
        .run()
    }
  }
  await fill(DB, POSTS)
  await FILES.put(`images/${PICTURE}`, new Uint8Array(30_000), {
    httpMetadata: { contentType: 'image/png' },
  })
}

type Row = Record<string, unknown>

async function run() {
  const { newPerson } = await import('../support/people.ts')
  const bundle = await buildBundle()
  const counted = await start(await writeScript('counted', COUNTED, bundle))
  const bindings = SETTINGS as unknown as Parameters<typeof newPerson>[0]
  const owner = await newPerson(bindings, counted.stores.DB, { role: 'admin', steppedUp: true })
  const rowsOf = async (table: string) =>
    (await counted.stores.DB.prepare(`select * from ${table}`).all<Row>()).results
  const people = [await rowsOf('users'), await rowsOf('sessions')]
  await furnish(counted.stores, [])

  const ours = await start(bundle)
  await furnish(ours.stores, people)
  const script: Script = new Map()
  const costs = new Map<string, Awaited<ReturnType<typeof costOf>>[]>()
  for (const route of routes) {
    const plain = await costOf(counted, route, 'plain', owner.token)
    const cold = route.kind === 'cached' ? [await costOf(counted, route, 'cold', owner.token)] : []
    costs.set(route.name, [plain, ...cold])
    const answer = await askOnce(ours.port, phased(askOf(route, 0, owner.token), 'plain'))
    const [pathname = ''] = route.path.split('?')
    script.set(pathname, { answer, statements: (cold[0] ?? plain).statements })
  }
  const inMemory = await writeScript('memory', memory(script))
  const a = await start(inMemory)
  const b = await start(await writeScript('headers', headers(script)))
  const c = await start(await writeScript('statements', statements(script)))
  await furnish(c.stores, people)

  const of = (served: Served, route: Route, phase: Phase = 'plain') => {
    const { head = '' } = script.get(route.path)?.answer ?? {}
    const etag = route.isCounted ? '*' : (/\r\netag: (.*)/i.exec(head)?.[1] ?? '')
    return subject(served, route, { token: owner.token, etag, phase })
  }
  const cached = routes.filter(({ kind }) => kind === 'cached')
  const kept = [...routes.filter(({ kind }) => kind === 'constant'), ...cached]
  const all = (served: Served, ...phases: Phase[]) =>
    phases.flatMap((phase) =>
      (phase === 'plain' ? kept : cached).map((route) => of(served, route, phase)),
    )
  await ripen(all(ours, 'plain', 'known', 'cold'))
  await ripen(all(a, 'plain'))
  await ripen(all(b, 'plain', 'known'))
  await ripen(all(c, 'cold'))

  const lines: Line[] = []
  for (const route of routes) {
    const [cost, coldCost] = costs.get(route.name) ?? []
    if (!cost) continue
    const line: Line = { route, cost }
    if (route.kind === 'constant' || route.kind === 'cached') {
      line.warm = await race({ ours: of(ours, route), memory: of(a, route), headers: of(b, route) })
    } else if (route.kind === 'read' && cost.statements.length > 0) {
      const statements = { ...of(c, route), status: 200 }
      line.read = await race({ ours: of(ours, route), statements })
    } else line.read = await race({ ours: of(ours, route) })
    if (coldCost) {
      line.coldCost = coldCost
      line.known = await race({ ours: of(ours, route, 'known'), headers: of(b, route, 'known') })
      line.cold = await race({ ours: of(ours, route, 'cold'), statements: of(c, route, 'cold') })
    }
    lines.push(line)
  }
  const starts =
    values.only === '' ? await measureStarts(bundle, inMemory, Number(values.starts)) : []
  return { lines, starts }
}

try {
  const result = await run()
  const verdicts = verdictsOf(result)
  console.log(
    values.json
      ? JSON.stringify({ ...OPTIONS, ...result, verdicts }, null, 2)
      : report(result, verdicts),
  )
  process.exitCode = verdicts.every(({ met }) => met) ? 0 : 1
} finally {
  await Promise.all(open.map((served) => served.close()))
  await removeAll()
}
