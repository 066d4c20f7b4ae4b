import { COMMON } from './fill.ts'

const CATEGORIES = 5
/** Enough for whoever orders them by the thousand. */
const IN_STOCK = 100_000

/** Fills an empty shop with so many products, each with 2 variants, 2 pictures and 2 categories. */
export async function fillShop(db: D1Database, products: number): Promise<void> {
  const numbers = (count: number) =>
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`
  const statements = [
    `${numbers(CATEGORIES)} insert into categories (slug, name, sort_name, description, created_at, updated_at)
     select 'kind-' || i, 'Kind ' || i, 'kind ' || i, 'Of that kind.', 1, 1 from n`,
    `${numbers(products)} insert into products (slug, name, description, description_html, render_version,
       attributes, status, search, sort_name, published_at, created_at, updated_at)
     select 'thing-' || i, 'A ${COMMON} ' || i, 'About it.', '<p>About it.</p>', 1, '{"Made": "here"}',
       'active', '${COMMON} ' || i, 'a ${COMMON} ' || i, i * 1000, 1, 1 from n`,
    `insert into variants (product_id, sku, title, options, option_key, price, position, status, created_at, updated_at)
     select p.id, 'S-' || p.id || '-' || value, 'Size ' || value, '{}', '[' || value || ']',
       100 * value + p.id % 97, value, 'active', 1, 1 from products p, json_each('[1, 2]')`,
    `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, actor, created_at)
     select id, 'received', ${IN_STOCK}, 0, '', 1 from variants where id % 7 <> 0`,
    `insert into product_categories (product_id, category_id)
     select p.id, 1 + (p.id + value) % ${CATEGORIES} from products p, json_each('[0, 1]')`,
    `insert into slugs (entity_type, slug, entity_id, created_at)
     select 'product', slug, id, 1 from products union all select 'category', slug, id, 1 from categories`,
    `insert into images (key, status, entity_type, entity_id, content_type, byte_size, width, height, created_at, updated_at)
     select 'product-' || p.id || '-' || value, 'ready', 'product', p.id, 'image/png', 1000, 40, 30, 1, 1
     from products p, json_each('[1, 2]')`,
  ]
  for (const sql of statements) await db.prepare(sql).run()
}
