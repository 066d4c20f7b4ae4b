/** The newest file in migrations/; a test keeps it so. Readiness asks D1 for it. */
export const LATEST_MIGRATION = '0015_search_terms.sql'
