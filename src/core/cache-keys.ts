import type { Thing, ThingName } from './things.ts'

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

/** The comments of a thing, the newest of them. */
export const commentsKey = ({ type, id }: ThingName): string => key('comments', `${type}:${id}`)

const SHOWING: Record<Thing, (slugOrId: string | number) => string[]> = {
  post: (name) => [postKey(name), postsKey()],
  project: (name) => [projectKey(name), projectsKey('newest'), projectsKey('position')],
}

/** All that shows how visitors take part in a thing: itself, the lists, its comments. */
export const keysOfThing = (thing: ThingName & { slug: string }): string[] => [
  ...new Set([thing.id, thing.slug].flatMap(SHOWING[thing.type])),
  commentsKey(thing),
]

const FEEDS = ['rss', 'atom', 'json', 'sitemap'] as const
export type FeedName = (typeof FEEDS)[number]
export const feedKey = (name: FeedName): string => key('feed', name)
/** Whatever is published shows in each of them. */
export const feedKeys = (): string[] => FEEDS.map(feedKey)
