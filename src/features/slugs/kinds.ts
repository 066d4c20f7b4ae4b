/** What has an address made of words. */
export const SLUG_OWNERS = ['post', 'project', 'product', 'category'] as const
export type SlugOwner = (typeof SLUG_OWNERS)[number]
