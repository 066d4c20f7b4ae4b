import { describe, it } from 'vitest'
import { DAY, HOUR } from '../../../src/core/time.ts'
import {
  dayAt,
  edgesOf,
  isTimeZone,
  QUARTER,
  startOfDay,
  wallClockOf,
} from '../../../src/core/zone.ts'

const dayOf = (date: string) => Date.parse(date) / DAY
const startIn = (zone: string, date: string) =>
  new Date(startOfDay(wallClockOf(zone), dayOf(date))).toISOString()

describe('a wall clock', () => {
  it('shows what people there see', ({ expect }) => {
    const at = Date.parse('2026-05-04T18:20:30.500Z')
    const shown = (zone: string) => new Date(wallClockOf(zone)(at)).toISOString()
    expect(shown('UTC')).toBe('2026-05-04T18:20:30.500Z')
    expect(shown('Asia/Kathmandu')).toBe('2026-05-05T00:05:30.500Z')
    expect(shown('America/New_York')).toBe('2026-05-04T14:20:30.500Z')
    expect(shown('pacific/chatham')).toBe('2026-05-05T07:05:30.500Z')
  })

  it('is of a zone that has a name', ({ expect }) => {
    expect(['UTC', 'Europe/Berlin', 'Etc/GMT+5', 'US/Pacific'].map(isTimeZone)).not.toContain(false)
    const none = ['', '+05:45', '-0500', 'Mars/Base', 'Europe/', ' UTC', 'constructor', 'UTC\u0000']
    expect(none.map(isTimeZone)).not.toContain(true)
  })
})

describe('a day', () => {
  it.for([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['America/New_York', '2025-11-02', '2025-11-02T04:00:00.000Z'],
    ['America/New_York', '2025-11-03', '2025-11-03T05:00:00.000Z'],
    ['Asia/Kathmandu', '2026-05-04', '2026-05-03T18:15:00.000Z'],
    // Midnight comes twice, and the first one counts.
    ['America/Havana', '2025-11-02', '2025-11-02T04:00:00.000Z'],
    // There is no midnight: the day begins at one.
    ['America/Havana', '2026-03-08', '2026-03-08T05:00:00.000Z'],
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z'],
    // The last hour of the day before comes twice.
    ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00.000Z'],
    // This day was left out.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
  ] as const)('in %s, %s begins at %s', ([zone, date, start], { expect }) => {
    expect(startIn(zone, date)).toBe(start)
  })

  it('begins at a quarter of an hour in every zone, where the one before ends', ({ expect }) => {
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      const clock = wallClockOf(zone)
      const odd = Array.from({ length: 60 }, (_, index) => dayOf('2025-09-01') + 6 * index).filter(
        (day) => {
          const start = startOfDay(clock, day)
          return (
            start % QUARTER !== 0 ||
            dayAt(clock, start) !== day ||
            dayAt(clock, start - 1) !== day - 1
          )
        },
      )
      expect(odd, zone).toEqual([])
    }
  })
})

describe('edges', () => {
  const edges = (zone: string, from: string, to: string, interval: 'day' | 'week' | 'month') =>
    edgesOf(wallClockOf(zone), Date.parse(from), Date.parse(to), interval)
  const hours = (all: number[]) => all.slice(1).map((at, index) => (at - (all[index] ?? 0)) / HOUR)

  it('are those of the period and the days in it', ({ expect }) => {
    const [from, to] = ['2026-03-28T10:00:00Z', '2026-03-31T01:15:00Z']
    expect(hours(edges('Europe/Berlin', from, to, 'day'))).toEqual([13, 23, 24, 3.25])
    expect(hours(edges('Europe/Berlin', from, to, 'week'))).toEqual([36, 27.25])
    expect(edges('Europe/Berlin', from, to, 'month')).toEqual([from, to].map(Date.parse))
  })

  it('of weeks are Mondays, of months first days', ({ expect }) => {
    const date = (at: number) => new Date(at).toISOString().slice(0, 10)
    const all = (interval: 'week' | 'month') =>
      edges('UTC', '2025-12-30', '2026-03-02', interval).map(date)
    expect(all('month')).toEqual([
      '2025-12-30',
      '2026-01-01',
      '2026-02-01',
      '2026-03-01',
      '2026-03-02',
    ])
    const mondays = all('week').slice(1, -1)
    expect(mondays).toHaveLength(8)
    expect([mondays[0], mondays.at(-1)]).toEqual(['2026-01-05', '2026-02-23'])
    expect(mondays.map((monday) => new Date(monday).getUTCDay())).toEqual(Array(8).fill(1))
  })

  it('leave out a day that there was not', ({ expect }) => {
    const [from, to] = ['2011-12-29T10:00:00Z', '2011-12-31T10:00:00Z']
    expect(hours(edges('Pacific/Apia', from, to, 'day'))).toEqual([24, 24])
  })
})
