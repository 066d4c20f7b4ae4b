import { DAY, HOUR, MINUTE } from './time.ts'

/** What all zones differ from UTC by, times a whole number. */
export const QUARTER = 15 * MINUTE

/** What the clock on a wall shows at an instant, both in milliseconds since 1970 began there. */
export type WallClock = (instant: number) => number

/** Throws a RangeError when there is no such zone. */
export function wallClockOf(timeZone: string): WallClock {
  const number = 'numeric'
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
  })
  return (instant) => {
    const shown: Partial<Record<string, number>> = {}
    for (const { type, value } of format.formatToParts(instant)) shown[type] = Number(value)
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = shown
    return Date.UTC(year, month - 1, day, hour, minute) + (instant % MINUTE)
  }
}

/** Whether a name such as Europe/Berlin is known. An offset is none: it need not fit quarters. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[a-z]/i.test(name) && wallClockOf(name) !== undefined
  } catch {
    return false
  }
}

/** Days since 1970 on that wall. */
export const dayAt = (clock: WallClock, instant: number): number => Math.floor(clock(instant) / DAY)

/**
 * The instant at which a day begins: when the clock shows it or a later one for the first time. Where
 * clocks are put forward at midnight that is one o'clock; a day that a zone left out has no length.
 * Always at a quarter of an hour of UTC.
 */
export function startOfDay(clock: WallClock, day: number): number {
  const midnight = day * DAY
  const guess = midnight - (clock(midnight) - midnight)
  const isPlain = clock(guess) === midnight && clock(guess - QUARTER) === midnight - QUARTER
  if (isPlain && guess % QUARTER === 0) return guess
  let before = midnight - 16 * HOUR
  let from = midnight + 16 * HOUR
  while (from - before > QUARTER) {
    const middle = before + Math.floor((from - before) / QUARTER / 2) * QUARTER
    if (clock(middle) >= midnight) from = middle
    else before = middle
  }
  return from
}

export const INTERVALS = ['day', 'week', 'month'] as const
export type Interval = (typeof INTERVALS)[number]

/** The first day behind the day, the week (from Monday) or the month that `day` is in. */
function nextDay(day: number, interval: Interval): number {
  if (interval === 'day') return day + 1
  // The first of January 1970 was a Thursday.
  if (interval === 'week') return day + 7 - ((day + 3) % 7)
  const date = new Date(day * DAY)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) / DAY
}

/** Where a new day, week or month begins between two instants, and those two around it. */
export function edgesOf(clock: WallClock, from: number, to: number, interval: Interval): number[] {
  const edges = [from]
  for (let day = dayAt(clock, from); ; ) {
    day = nextDay(day, interval)
    const start = startOfDay(clock, day)
    if (start >= to) return [...edges, to]
    if (start > from && start !== edges.at(-1)) edges.push(start)
  }
}
