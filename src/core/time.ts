export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** `2026-05-04T` by day: a list shows three times a row, and days are few. */
const days = new Map<number, string>()
const MOST_DAYS = 1000

/**
 * Milliseconds since the epoch as the wire shows them: ISO 8601, UTC, `Z`. What toISOString() says, at
 * a fifth of its time.
 */
export function iso(ms: number): string {
  if (!Number.isSafeInteger(ms)) return new Date(ms).toISOString()
  const day = Math.floor(ms / DAY)
  const rest = ms - day * DAY
  const hours = Math.floor(rest / HOUR)
  const minutes = Math.floor((rest % HOUR) / MINUTE)
  const seconds = Math.floor((rest % MINUTE) / SECOND)
  const thousandths = 1000 + (rest % SECOND)
  return `${dateOf(day)}${two(hours)}:${two(minutes)}:${two(seconds)}.${String(thousandths).slice(1)}Z`
}

function dateOf(day: number): string {
  let date = days.get(day)
  if (date === undefined) {
    date = new Date(day * DAY).toISOString().slice(0, -'00:00:00.000Z'.length)
    if (days.size >= MOST_DAYS) days.clear()
    days.set(day, date)
  }
  return date
}

const two = (number: number): string => (number < 10 ? `0${number}` : String(number))

/** For people, in mails: `2026-05-04 09:30 UTC`. */
export const stamp = (ms: number): string => `${iso(ms).slice(0, 16).replace('T', ' ')} UTC`

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
