import type { Ask } from './load.ts'

/**
 * `cached` is public and kept as a finished text; `read` asks D1 or R2 each time; `write` changes
 * something; `constant` asks nothing.
 */
export type Route = {
  name: string
  kind: 'constant' | 'cached' | 'read' | 'write'
  path: string
  as?: 'owner'
  /** At most so many round trips to D1. */
  trips?: number
  /** At most so many before the first call to a provider. */
  tripsBeforeCall?: number
  /** The read of a list with all that is nested in it, whose cold read has a bar. */
  isList?: true
  /** Each read changes what it shows, a view being counted, so that only `*` stays known. */
  isCounted?: true
  /** Limits count sources: each request comes from another. */
  fromEach?: true
  method?: 'POST'
  body?: (n: number) => unknown
  /** What the answer is, where it is not 200. */
  status?: number
}

export const PICTURE = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10.png'

const CART = {
  items: [
    { variant_id: 1, quantity: 2 },
    { variant_id: 4, quantity: 1 },
  ],
  country: 'US',
}

/** A new route needs one line here, and its rows in ../fill.ts. */
export const ROUTES: Route[] = [
  { name: 'Health', kind: 'constant', path: '/health' },
  { name: 'Product list', kind: 'cached', path: '/api/v1/products', isList: true },
  { name: 'Product', kind: 'cached', path: '/api/v1/products/thing-30' },
  { name: 'Categories', kind: 'cached', path: '/api/v1/categories' },
  { name: 'Post list', kind: 'cached', path: '/api/v1/posts', isList: true },
  { name: 'Post', kind: 'cached', path: '/api/v1/posts/thing-30', isCounted: true },
  { name: 'Project list', kind: 'cached', path: '/api/v1/projects', isList: true },
  { name: 'Project', kind: 'cached', path: '/api/v1/projects/thing-30' },
  { name: 'Comments of a post', kind: 'cached', path: '/api/v1/posts/30/comments' },
  { name: 'Tags', kind: 'cached', path: '/api/v1/tags' },
  { name: 'Profile', kind: 'cached', path: '/api/v1/profiles/ann' },
  { name: 'Feed', kind: 'cached', path: '/feed.xml' },
  { name: 'Picture', kind: 'read', path: `/media/${PICTURE}`, trips: 0 },
  { name: 'Search', kind: 'read', path: '/api/v1/search?q=seldom', fromEach: true, trips: 1 },
  { name: 'Own account', kind: 'read', path: '/api/v1/users/me', as: 'owner', trips: 2 },
  { name: 'Own orders', kind: 'read', path: '/api/v1/orders', as: 'owner', trips: 2 },
  { name: 'All orders', kind: 'read', path: '/api/v1/admin/orders', as: 'owner', trips: 2 },
  { name: 'Inbox', kind: 'read', path: '/api/v1/contact/messages', as: 'owner', trips: 2 },
  {
    name: 'Quote',
    kind: 'read',
    method: 'POST',
    path: '/api/v1/checkout/quote',
    fromEach: true,
    trips: 1,
    body: () => CART,
  },
  {
    name: 'Checkout',
    kind: 'write',
    method: 'POST',
    path: '/api/v1/checkout/sessions',
    fromEach: true,
    tripsBeforeCall: 3,
    status: 201,
    body: (n) => ({ ...CART, email: `ann${n}@example.org` }),
  },
  {
    name: 'Contact',
    kind: 'write',
    method: 'POST',
    path: '/api/v1/contact',
    fromEach: true,
    trips: 2,
    status: 202,
    body: (n) => ({ name: 'Ann', email: `ann${n}@example.org`, message: 'Are you free in May?' }),
  },
]

/** The nth request of a route. */
export function askOf(route: Route, n: number, token: string): Ask {
  const { method = 'GET', path, body } = route
  return {
    method,
    path,
    headers: {
      ...(route.as === 'owner' && { authorization: `Bearer ${token}` }),
      ...(route.fromEach && { 'cf-connecting-ip': sourceOf(n) }),
    },
    ...(body && { body: body(n) }),
  }
}

const sourceOf = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
