import { COMMENTED, type Thing, type ThingName } from './things.ts'

/**
 * Names of what is cached: details by id or slug, the first page of each public list as a caller gets
 * it who asks for nothing in particular, and the feeds. Whoever changes something forgets the keys that show
 * it.
 */

/** Raise it when the JSON of anything cached changes: a deploy must not serve the shape of the last. */
const SHAPE = 1

const key = (name: string, part: string | number = ''): string => `v${SHAPE}:${name}:${part}`

export const postKey = (idOrSlug: string | number): string => key('post', idOrSlug)
export const postsKey = (): string => key('posts')
export const projectKey = (idOrSlug: string | number): string => key('project', idOrSlug)
export const projectsKey = (sort: string): string => key('projects', sort)
export const profileKey = (username: string): string => key('profile', username.toLowerCase())
export const profilesKey = (): string => key('profiles')
export const tagsKey = (): string => key('tags')
export const productKey = (idOrSlug: string | number): string => key('product', idOrSlug)
export const productsKey = (sort: ProductSort): string => key('products', sort)
/** Every active product, and every category. */
export const catalogKey = (): string => key('catalog')
export const everyCategoryKey = (): string => key('every-category')
/** Pictures that came by an address of their own. */
export const arrivalsKey = (): string => key('arrivals')
export const categoryKey = (idOrSlug: string | number): string => key('category', idOrSlug)
export const categoriesKey = (): string => key('categories')

/** What products are listed by; each has a first page of its own. */
export const PRODUCT_SORTS = ['newest', 'price', '-price', 'name'] as const
export type ProductSort = (typeof PRODUCT_SORTS)[number]

/** All that shows a product's price, stock or reactions. */
export const productKeys = ({ id, slug }: { id: number; slug: string }): string[] => [
  productKey(id),
  productKey(slug),
  ...PRODUCT_SORTS.map(productsKey),
  catalogKey(),
]

/** The comments of a thing, the newest of them. */
export const commentsKey = ({ type, id }: ThingName): string => key('comments', `${type}:${id}`)

const SHOWING: Record<Thing, (slugOrId: string | number) => string[]> = {
  post: (name) => [postKey(name), postsKey()],
  project: (name) => [projectKey(name), projectsKey('newest'), projectsKey('position')],
  product: (name) => [productKey(name), ...PRODUCT_SORTS.map(productsKey)],
}

/** All that shows how visitors take part in a thing: itself, the lists, its comments. */
export const keysOfThing = (thing: ThingName & { slug: string }): string[] => [
  ...new Set([thing.id, thing.slug].flatMap(SHOWING[thing.type])),
  ...(COMMENTED.some((type) => type === thing.type) ? [commentsKey(thing)] : []),
]

const FEEDS = ['rss', 'atom', 'json', 'sitemap'] as const
export type FeedName = (typeof FEEDS)[number]
export const feedKey = (name: FeedName): string => key('feed', name)
/** A part of the sitemap of a studio that has too much for one file. */
export const sitemapKey = (type: Thing, part: number): string => key('sitemap', `${type}:${part}`)
/** Whatever is published shows in each of them. */
export const feedKeys = (): string[] => FEEDS.map(feedKey)
