import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'vitest'
import { LONG_SPANS, SPANS } from '../../../src/features/analytics/blocks.ts'

const FOLDER = join(import.meta.dirname, '../../../migrations')
const OURS = '0010_analytics.sql'

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sql'))
  .sort()
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
const before = names.slice(0, names.indexOf(OURS)).map(read)

/** A studio that has sold and was talked of. */
const STORY = `
insert into products (id, slug, name, description, description_html, render_version, attributes, status, search, sort_name, created_at, updated_at)
  values (1, 'cup', 'Cup', '', '', 1, '{}', 'active', '', '', 1, 1);
insert into variants (id, product_id, sku, title, options, option_key, price, status, created_at, updated_at)
  values (1, 1, 'A', '', '{}', 'a', 500, 'active', 1, 1), (2, 1, 'B', '', '{}', 'b', 500, 'active', 1, 1);
insert into orders (id, uid, number, status, token_hash, token_sealed, currency, subtotal, total, return_to, stock, expires_at, reserved_until, search, created_at, updated_at)
  select value, value, value, 'pending', value, '', iif(value % 3 = 0, 'eur', 'usd'), 1500, 1500, 'default', 'reserved', 0, 0, '',
    1700000000000 + value * 7777777, 1700000000000 + value * 7777777 from json_each('[1, 2, 3, 4, 5, 6]');
insert into order_lines (order_id, position, variant_id, product_id, sku, title, quantity, unit_price, total, discount)
  select o.id, v.id, v.id, 1, v.sku, '', o.id, 500, o.id * 500, o.id from orders o, variants v;
update orders set paid_at = created_at + 900000, amount_paid = 1500, updated_at = created_at + 900000 where id <> 4;
update orders set refunded = 700, updated_at = updated_at + 86400000 where id < 3;
insert into posts (id, slug, title, excerpt, content, content_html, render_version, reading_minutes, status, search, created_at, updated_at)
  values (1, 'post', 'Post', '', '', '', 1, 1, 'draft', '', 1, 1);
insert into reactions (entity_type, entity_id, person, type, created_at)
  select iif(value = 2, 'product', 'post'), 1, value, 'love', 1700000000000 + value * 55555555 from json_each('[1, 2, 3]');
insert into comments (key, entity_type, entity_id, content, status, search, created_at)
  select value, 'post', 1, '', iif(value = 2, 'spam', 'approved'), '', 1700000000000 + value * 99999 from json_each('[1, 2, 3]');
`

const TABLES = ['sales_rollups', 'product_rollups', 'content_rollups']

function rollupsOf(scripts: string[]) {
  const db = new DatabaseSync(':memory:')
  for (const script of scripts) db.exec(script)
  const rows = TABLES.map((table) => db.prepare(`select * from ${table} order by 1, 2, 3, 4`).all())
  db.close()
  return rows
}

describe('the migration of rollups', () => {
  it('counts what was there before as if it came after', ({ expect }) => {
    const counted = rollupsOf([...before, read(OURS), STORY])
    expect(rollupsOf([...before, STORY, read(OURS)])).toEqual(counted)
    expect(counted.map((rows) => rows.length > 10)).toEqual([true, true, true])
    const days = counted[2]?.filter(({ span }) => span === 86_400_000) ?? []
    const sumOf = (name: string) => days.reduce((sum, row) => sum + Number(row[name]), 0)
    expect(['views', 'reactions', 'comments'].map(sumOf)).toEqual([0, 2, 2])
  })

  it('makes blocks of the spans that reports put together', ({ expect }) => {
    const spans = rollupsOf([...before, read(OURS), STORY]).map((rows) =>
      [...new Set(rows.map(({ span }) => Number(span)))].toSorted((one, other) => one - other),
    )
    expect(spans).toEqual([SPANS, LONG_SPANS, SPANS])
  })
})
