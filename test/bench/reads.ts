import { COMMON, FEW, middle, RARE, RARE_TAG } from './fill.ts'
import { middleOrder } from './fill-orders.ts'

/** A read in a studio of so many posts. */
export type Read = {
  /** As the app mounts it. */
  route: string
  what: string
  address: (size: number) => string
  /** Takes the `next_cursor` of `address` and reads the page behind it. */
  next?: boolean
  as?: 'admin' | 'buyer'
  /** What is asked with POST. */
  body?: (size: number) => unknown
  /** What is bounded by figures of its own: rows read, and also milliseconds in the largest studio. */
  bound?: { read: number; ms?: number; why: string }
  /** A larger studio has more that is found, and what is found is read. */
  findsMore?: true
}

const POSTS = '/api/v1/posts'
const PROJECTS = '/api/v1/projects'
const PRODUCTS = '/api/v1/products'
const CATEGORIES = '/api/v1/categories'
const SEARCH = '/api/v1/search'
const ORDERS = '/api/v1/admin/orders'
const search = { read: 3000, why: 'ranks 250' }
const filter = { read: 2500, ms: 100, why: 'looks through 1,000' }

export const READS: Read[] = [
  { route: POSTS, what: 'first page', address: () => POSTS },
  { route: POSTS, what: 'page of 100', address: () => `${POSTS}?limit=100` },
  {
    route: POSTS,
    what: 'page in the middle',
    address: (size) => `${POSTS}?to=${middle(size)}`,
    next: true,
  },
  { route: POSTS, what: 'of a tag', address: () => `${POSTS}?tag=Tag%207` },
  { route: POSTS, what: 'of a tag, next', address: () => `${POSTS}?tag=Tag%207`, next: true },
  { route: POSTS, what: 'of a rare tag', address: () => `${POSTS}?tag=${RARE_TAG}` },
  { route: POSTS, what: 'of no tag', address: () => `${POSTS}?tag=nowhere` },
  { route: POSTS, what: 'that say', address: () => `${POSTS}?q=${COMMON}`, bound: filter },
  { route: POSTS, what: 'that say nothing', address: () => `${POSTS}?q=nowhere`, bound: filter },
  {
    route: `${POSTS}/:id`,
    what: 'by slug',
    address: (size) => `${POSTS}/thing-${Math.floor(size / 2)}`,
  },
  { route: `${POSTS}/:id`, what: 'by id', address: (size) => `${POSTS}/${Math.floor(size / 3)}` },
  {
    route: `${POSTS}/:id/comments`,
    what: 'of a post',
    address: (size) => `${POSTS}/${Math.floor(size / 2)}/comments`,
  },
  {
    route: `${POSTS}/:id/reactions`,
    what: 'of a post',
    address: (size) => `${POSTS}/${Math.floor(size / 2)}/reactions`,
  },
  {
    route: `${POSTS}/drafts`,
    what: 'count for the admin',
    address: () => `${POSTS}/drafts?count=true`,
    as: 'admin',
    bound: { read: 100, ms: 100, why: 'counts drafts' },
  },
  { route: PROJECTS, what: 'newest', address: () => PROJECTS },
  { route: PROJECTS, what: 'by position', address: () => `${PROJECTS}?sort=position` },
  { route: `${PROJECTS}/:id`, what: 'by slug', address: () => `${PROJECTS}/thing-5` },
  {
    route: `${PROJECTS}/:id/comments`,
    what: 'of a project',
    address: () => `${PROJECTS}/5/comments`,
  },
  {
    route: `${PROJECTS}/:id/reactions`,
    what: 'of a project',
    address: () => `${PROJECTS}/5/reactions`,
  },
  { route: PRODUCTS, what: 'newest', address: () => PRODUCTS },
  { route: PRODUCTS, what: 'newest, next', address: () => `${PRODUCTS}?limit=20`, next: true },
  { route: PRODUCTS, what: 'cheapest', address: () => `${PRODUCTS}?sort=price` },
  { route: PRODUCTS, what: 'dearest', address: () => `${PRODUCTS}?sort=-price` },
  { route: PRODUCTS, what: 'by name, next', address: () => `${PRODUCTS}?sort=name`, next: true },
  { route: PRODUCTS, what: 'of a category', address: () => `${PRODUCTS}?category=kind-2` },
  { route: PRODUCTS, what: 'in stock', address: () => `${PRODUCTS}?in_stock=true` },
  {
    route: PRODUCTS,
    what: 'of a price, by name',
    address: () => `${PRODUCTS}?price_min=150&price_max=160&sort=name`,
    bound: filter,
  },
  { route: PRODUCTS, what: 'that say', address: () => `${PRODUCTS}?q=${COMMON}`, bound: filter },
  {
    route: `${PRODUCTS}/:id`,
    what: 'by slug',
    address: (size) => `${PRODUCTS}/thing-${Math.floor(size / 2)}`,
  },
  {
    route: `${PRODUCTS}/:id/reactions`,
    what: 'of a product',
    address: () => `${PRODUCTS}/5/reactions`,
  },
  { route: CATEGORIES, what: 'first page', address: () => CATEGORIES },
  { route: `${CATEGORIES}/:id`, what: 'by slug', address: () => `${CATEGORIES}/kind-2` },
  {
    route: '/api/v1/orders/:id',
    what: 'by its token',
    address: (size) => `/api/v1/orders/${middleOrder(size)}`,
    as: 'buyer',
  },
  { route: '/api/v1/orders', what: 'one’s own', address: () => '/api/v1/orders', as: 'admin' },
  { route: ORDERS, what: 'newest', address: () => ORDERS, as: 'admin' },
  { route: ORDERS, what: 'next', address: () => ORDERS, as: 'admin', next: true },
  { route: ORDERS, what: 'of a status', address: () => `${ORDERS}?status=paid`, as: 'admin' },
  {
    route: `${ORDERS}/:id`,
    what: 'with its events',
    address: (size) => `${ORDERS}/${middleOrder(size)}`,
    as: 'admin',
  },
  {
    route: '/api/v1/checkout/quote',
    what: 'of three',
    address: () => '/api/v1/checkout/quote',
    body: (size) => ({
      items: [1, size, 2 * size - 1].map((variant_id) => ({ variant_id, quantity: 2 })),
      country: 'US',
    }),
  },
  { route: '/api/v1/tags', what: 'first page', address: () => '/api/v1/tags' },
  { route: '/api/v1/profiles', what: 'first page', address: () => '/api/v1/profiles' },
  {
    route: '/api/v1/profiles/:username',
    what: 'one',
    address: () => '/api/v1/profiles/ann',
  },
  { route: '/feed.xml', what: 'RSS', address: () => '/feed.xml' },
  { route: '/atom.xml', what: 'Atom', address: () => '/atom.xml' },
  { route: '/feed.json', what: 'JSON Feed', address: () => '/feed.json' },
  { route: '/sitemap.xml', what: 'sitemap', address: () => '/sitemap.xml' },
  { route: '/sitemap.xml', what: 'part', address: () => '/sitemap.xml?part=product-1' },
  { route: SEARCH, what: 'common word', address: () => `${SEARCH}?q=${COMMON}`, bound: search },
  {
    route: SEARCH,
    what: 'start of a word',
    address: () => `${SEARCH}?q=${COMMON.slice(0, 5)}`,
    bound: search,
  },
  { route: SEARCH, what: 'word of 20 posts', address: () => `${SEARCH}?q=${FEW}`, bound: search },
  {
    route: SEARCH,
    what: 'rare word',
    address: () => `${SEARCH}?q=${RARE}`,
    bound: search,
    findsMore: true,
  },
  {
    route: SEARCH,
    what: 'three words',
    address: () => `${SEARCH}?q=${RARE}%20w1%20${COMMON}`,
    bound: search,
    findsMore: true,
  },
  {
    route: SEARCH,
    what: 'projects only',
    address: () => `${SEARCH}?q=${COMMON}&type=project`,
    bound: search,
    findsMore: true,
  },
  {
    route: SEARCH,
    what: 'common and rare',
    address: () => `${SEARCH}?q=17%20${COMMON}`,
    bound: search,
  },
  {
    route: SEARCH,
    what: 'common and no such word',
    address: () => `${SEARCH}?q=${COMMON}%20nowhere`,
    bound: search,
  },
  { route: SEARCH, what: 'no such word', address: () => `${SEARCH}?q=nowhere`, bound: search },
]

/** Public reads that ask no table that grows. */
export const CONSTANT = [
  '/',
  '/docs',
  '/docs/:file',
  '/health',
  '/health/ready',
  '/openapi.json',
  '/problems/:code',
  '/redoc',
  '/media/:key',
  '/api/v1/subscribers/unsubscribe',
]

/** How many rows an answer shows, those that are nested in others too. */
export function rowsIn(type: string, text: string): number {
  if (!type.includes('json')) return text.match(/<(?:item|entry|url|sitemap)>/g)?.length ?? 0
  const answer = JSON.parse(text)
  return rowsOf(answer.data ?? answer.items ?? [answer])
}

// Counters and links stand in the row that shows them.
const PLAIN = ['reactions', 'links']

function rowsOf(value: unknown): number {
  if (Array.isArray(value)) {
    return value.reduce<number>(
      (sum, one) => sum + (typeof one === 'object' ? 0 : 1) + rowsOf(one),
      0,
    )
  }
  if (typeof value !== 'object' || value === null) return 0
  const nested = Object.entries(value).filter(([name]) => !PLAIN.includes(name))
  return nested.reduce((sum, [, one]) => sum + rowsOf(one), 1)
}
