/** What has an address made of words. */
export const SLUG_OWNERS = ['post', 'project', 'product', 'category'] as const
export type SlugOwner = (typeof SLUG_OWNERS)[number]

/** Of those, what counts its views. */
export type Viewed = Extract<SlugOwner, 'post' | 'project'>

/** What stands behind `/posts/` and its like for other reasons. */
export const RESERVED_SLUGS = ['drafts', 'feed', 'stats', 'tags', 'order']
export const MOST_SLUG = 80
