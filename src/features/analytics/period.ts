import { invalid } from '../../core/errors.ts'
import { DAY, iso } from '../../core/time.ts'
import {
  dayAt,
  edgesOf,
  type Interval,
  QUARTER,
  startOfDay,
  type WallClock,
  wallClockOf,
} from '../../core/zone.ts'
import { DEFAULT_DAYS, MOST_BUCKETS, MOST_DAYS } from './kinds.ts'
import type { SummaryQuery } from './schemas.ts'

/** A time from one instant to another, both at quarters of an hour, with the clock that cuts it. */
export type Period = { from: number; to: number; timeZone: string; clock: WallClock }

// Before that, some zones kept other time than by quarters of an hour.
const EARLIEST = Date.UTC(2000, 0, 1)
const LATEST = Date.UTC(2100, 0, 1)

/** Throws `validation` when it ends before it begins, or is too long. */
export function periodOf({ from, to, time_zone }: SummaryQuery, now: number): Period {
  const clock = wallClockOf(time_zone)
  const end =
    to === undefined ? startOfDay(clock, dayAt(clock, now) + 1) : instantOf(clock, 'to', to)
  const start =
    from === undefined
      ? startOfDay(clock, dayAt(clock, end - 1) + 1 - DEFAULT_DAYS)
      : instantOf(clock, 'from', from)
  if (start >= end) throw refused('from', 'Must be before `to`.')
  if (end - start > MOST_DAYS * DAY)
    throw refused('to', `At most ${MOST_DAYS} days after \`from\`.`)
  return { from: start, to: end, timeZone: time_zone, clock }
}

/** The edges of its days, weeks or months. Throws `validation` when there are too many. */
export function bucketEdges({ clock, from, to }: Period, interval: Interval): number[] {
  const edges = edgesOf(clock, from, to, interval)
  if (edges.length - 1 > MOST_BUCKETS) {
    throw refused('interval', `At most ${MOST_BUCKETS}: take longer ones, or a shorter time.`)
  }
  return edges
}

/** As answers show it. */
export const toTaken = ({ from, to, timeZone }: Period) => ({
  from: iso(from),
  to: iso(to),
  time_zone: timeZone,
})

/** The calendar's day that the clock shows. */
export const dateAt = (clock: WallClock, instant: number): string =>
  iso(clock(instant)).slice(0, 10)

function instantOf(clock: WallClock, path: 'from' | 'to', text: string): number {
  const given = Date.parse(text)
  if (!(given >= EARLIEST && given <= LATEST)) throw refused(path, 'Must be from 2000 to 2099.')
  if (!text.includes('T')) return startOfDay(clock, given / DAY)
  const round = path === 'from' ? Math.floor : Math.ceil
  return round(given / QUARTER) * QUARTER
}

const refused = (path: string, message: string) => invalid([{ path, code: 'custom', message }])
