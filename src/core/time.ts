export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Milliseconds since the epoch as the wire shows them: ISO 8601, UTC, `Z`. */
export const iso = (ms: number): string => new Date(ms).toISOString()

/** For people, in mails: `2026-05-04 09:30 UTC`. */
export const stamp = (ms: number): string => `${iso(ms).slice(0, 16).replace('T', ' ')} UTC`

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
