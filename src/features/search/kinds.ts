/** What can be found, as the view search_sources names it. */
export const SEARCHED_TYPES = ['post', 'project', 'product'] as const
export type SearchedType = (typeof SEARCHED_TYPES)[number]
