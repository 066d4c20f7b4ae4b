import { sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Each word of the index, in the order in which starts of words are looked up. Triggers fill it. A word
 * whose last document is gone stays until the index is made anew, and finds nothing.
 */
export const searchTerms = sqliteTable('search_terms', { term: text().primaryKey() })
