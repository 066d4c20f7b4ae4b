/** The newest file in migrations/; a test keeps it so. Readiness asks D1 for it. */
export const LATEST_MIGRATION = '0014_search_words.sql'
