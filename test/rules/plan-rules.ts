/** One line of EXPLAIN QUERY PLAN. */
export type PlanLine = { id: number; parent: number; detail: string }

/** Names of tables, and what partial indexes hold: `status = 'published'` by name. */
export type Indexed = { tables: string[]; partial: Record<string, string> }

/** Tables that may be read from end to end: they do not grow with use. */
const SMALL: Record<string, string> = {
  profiles: 'one row per person of the studio',
  d1_migrations: 'one row per migration',
}

/** Lists, by table or index, whose filters may pass over rows until a page is full. */
const WALKS: Record<string, string> = {
  audit_log: 'for the admin alone, and as long as KEEP_AUDIT_DAYS says',
  comments: 'for the admin alone; what visitors read is found by what it stands under',
  contact_messages: 'for the admin alone, and as long as KEEP_MESSAGES_DAYS says',
  discounts: 'for the admin alone, who makes them one by one',
  images: 'for the admin alone: passes over uploads on their way, and over those in use or not',
  orders: 'for the admin alone',
  payment_events: 'for the admin alone',
  outbox: 'for the admin alone, and as long as KEEP_MAIL_DAYS says',
  users: 'for the admin alone',
  variants: 'for the admin alone',
  subscribers: 'for the admin alone',
  suppressions: 'for the admin alone',
  posts_waiting: 'passes over what the cron is about to publish',
  products: 'passes over drafts and what is archived, which people make one by one',
  products_hidden: 'for the admin alone',
  products_name: 'passes over other products, which people make one by one',
  products_newest: 'passes over other products, which people make one by one',
  products_price: 'passes over other products, which people make one by one',
  projects: 'for the admin alone: passes over those that are not featured',
  projects_newest: 'passes over other projects, which people make one by one',
  projects_position: 'passes over other projects, which people make one by one',
}

/** Tables of which a statement may sort all that it finds. */
const SORTS: Record<string, string> = {
  audit_log: 'for the admin alone: what a period or a kind of thing holds',
  devices: 'an account keeps fifty',
  images: 'for the admin alone: what belongs to a kind of thing, or to nothing',
  orders: 'for the admin alone: what a period holds',
  outbox: 'the sweep sorts what waits, which is little or an outage',
  post_tags: 'a post has few tags',
  product_categories: 'a product has few categories',
  project_technologies: 'a project has few technologies',
  search_docs: 'a search sorts the few that it shows',
}

/** Reads of everything that are meant, by the statement's start. */
const MEANT: [start: RegExp, reason: string][] = [
  [
    /^select count\(\*\)( as "count")? from/,
    'admins ask for it with count=true; it reads an index',
  ],
  [/^select "status", count\(\*\) from "contact_messages"/, 'the inbox at a glance, from an index'],
  [/^select "status", count\(\*\) from "subscribers"/, 'who is there, at a glance, from an index'],
]

/**
 * What makes a statement dearer the longer the studio lives: reading a table from end to end, sorting
 * what no index sorts, an index made for one statement. A walk along an index is bounded where LIMIT
 * ends it and no condition passes rows over.
 */
export function planFaults(sql: string, plan: PlanLine[], { tables, partial }: Indexed): string[] {
  const text = sql.toLowerCase()
  if (MEANT.some(([start]) => start.test(text))) return []
  const names = aliases(text)
  const made = plan.flatMap(
    ({ detail }) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)/.exec(detail)?.[1] ?? [],
  )
  const tableOf = (name: string) => names.get(name) ?? name

  return plan.flatMap((line) => {
    const { detail } = line
    if (/ USING AUTOMATIC /.test(detail)) return [`${detail}: makes an index each time`]
    if (/^USE TEMP B-TREE FOR .*ORDER BY/.test(detail)) {
      const [first = ''] = plan
        .filter((one) => one.parent === line.parent)
        .flatMap((one) => /^(?:SCAN|SEARCH) (\w+)/.exec(one.detail)?.[1] ?? [])
        .map(tableOf)
      return !tables.includes(first) || first in SORTS ? [] : [`${detail}: sorts ${first}`]
    }
    // What SQLite calls a scan there is a look-up of words.
    if (/^SCAN \w+ VIRTUAL TABLE INDEX \d+:\S*M/.test(detail)) return []
    const [, name = ''] = /^SCAN (\w+)/.exec(detail) ?? []
    if (name === '' || detail === 'SCAN CONSTANT ROW' || made.includes(name)) return []
    const table = tableOf(name)
    if (table === 'json_each' || table in SMALL) return []
    if (!tables.includes(table)) return [`${detail}: ${name} is no table that is known`]
    return isWalk(text, plan, line, { name, table }, partial)
      ? []
      : [`${detail}: reads all of ${table}`]
  })
}

/** Along an index or by id, in the order that is asked for if any, until LIMIT ends it. */
function isWalk(
  sql: string,
  plan: PlanLine[],
  { detail, parent }: PlanLine,
  { name, table }: { name: string; table: string },
  partial: Indexed['partial'],
): boolean {
  if (!sql.startsWith('select')) return false
  if (plan.some((one) => one.parent === parent && one.detail.startsWith('USE TEMP'))) return false
  const [, index = ''] = / USING (?:COVERING )?INDEX (\w+)/.exec(detail) ?? []
  const from = new RegExp(` from "?${table}"?${name === table ? '' : ` (as )?"?${name}"?`}\\b`)
  const selects = selectsOf(sql).filter((select) => from.test(select))
  return selects.every((select) => {
    if (!/ limit \S+/.test(select)) return false
    const [, condition] = / where (.*?) (?:order by|limit) /.exec(select) ?? []
    if (condition === undefined || table in WALKS || index in WALKS) return true
    return plain(condition) === plain(partial[index] ?? '')
  })
}

/** A statement and the selects in its brackets, each without what stands in brackets of its own. */
function selectsOf(sql: string): string[] {
  let text = sql.replace(/\s+/g, ' ')
  const selects: string[] = []
  for (let before = ''; before !== text; ) {
    before = text
    text = text.replace(/\(([^()]*)\)/g, (_, inner: string) => {
      if (inner.trimStart().startsWith('select')) selects.push(inner)
      return '[]'
    })
  }
  return [...selects, text]
}

const plain = (condition: string): string => condition.replace(/"?\w+"?\."?(\w+)"?|["\s]/g, '$1')

function aliases(sql: string): Map<string, string> {
  const found = sql.matchAll(/\b(?:from|join)\s+"?(\w+)"?(?:\([^()]*\))?\s+(?:as\s+)?"?(\w+)"?/g)
  return new Map(Array.from(found, ([, table = '', alias = '']) => [alias, table]))
}
