import type { Context } from '../../context.ts'
import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import type { Statement } from '../../db/client.ts'
import { stockMovements } from '../../db/schema.ts'
import { findPlenty, type Stock, tellStories } from './orders.ts'
import { type Buyer, EXPIRED, PAID, refunded, type Step, type Story, shipped } from './stories.ts'

const DAYS = 60
const FIRST_INDEX = 100
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ23456789'

const FIRST_NAMES = ['Ada', 'Ben', 'Chiara', 'Dwight', 'Elif', 'Femi', 'Greta', 'Hiro', 'Ines']
const LAST_NAMES = ['Lindqvist', 'Castell', 'Rossi', 'Monroe', 'Kaya', 'Adeyemi', 'Holm', 'Duarte']
const CITIES: [city: string, postalCode: string][] = [
  ['Austin', '78702'],
  ['Denver', '80205'],
  ['Minneapolis', '55408'],
  ['Oakland', '94609'],
  ['Richmond', '23220'],
]

const CANCELLED: Step = {
  after: HOUR,
  goods: 'released',
  facts: (_, at) => ({ cancelledAt: at }),
}

/** How orders end, each as often as it stands here, if there was time for it. */
const ENDINGS: ((parcel: string) => Step[])[] = [
  ...Array.from({ length: 14 }, () => (parcel: string) => [PAID, shipped(parcel, 2 * DAY)]),
  (parcel) => [PAID, shipped(parcel, DAY), refunded(1, 5 * DAY)],
  (parcel) => [PAID, shipped(parcel, DAY), refunded(0.3, 6 * DAY)],
  () => [EXPIRED],
  () => [EXPIRED],
  () => [CANCELLED],
]

/** Sixty days of a small shop, the same in every database: one to four orders a day. */
export async function loadSales(ctx: Context): Promise<void> {
  const stock = await findPlenty(ctx)
  if (stock.length === 0) return
  const stories = storiesOf(stock.length)
  await tellStories(ctx, stock, { first: FIRST_INDEX, stories }, goodsFor(ctx, stock, stories))
}

/** What was sold had been made: what is there now is what the catalogue says, and a little more. */
function goodsFor(ctx: Context, stock: Stock, stories: Story[]): Statement[] {
  const lines = stories.flatMap((story) => story.lines)
  return stock.flatMap(({ id }, place) => {
    const wanted = lines
      .filter(([variant]) => variant === place)
      .reduce((sum, [, quantity]) => sum + quantity, 0)
    if (wanted === 0) return []
    return ctx.db.insert(stockMovements).values({
      variantId: id,
      reason: 'received',
      onHandChange: wanted,
      reservedChange: 0,
      actor: 'demo',
      createdAt: Date.now() - (DAYS + 1) * DAY,
    })
  })
}

function storiesOf(variants: number): Story[] {
  const upTo = seeded(20_260)
  const pick = <T>(list: readonly T[], fallback: T): T => list[upTo(list.length)] ?? fallback
  const stories: Story[] = []
  for (let day = DAYS; day >= 1; day--) {
    const orders = 1 + upTo(day % 7 < 2 ? 4 : 3)
    for (let order = 0; order < orders; order++) {
      const age = day * DAY + upTo(14 * HOUR) - 7 * HOUR + upTo(60) * MINUTE
      const name = `${pick(FIRST_NAMES, 'Ada')} ${pick(LAST_NAMES, 'Holm')}`
      const [city, postal_code] = pick(CITIES, ['Austin', '78702'])
      const buyer: Buyer = {
        name,
        email: `${name.toLowerCase().replace(' ', '.')}@example.test`,
        line1: `${1 + upTo(180)} ${pick(['Mill', 'Station', 'Garden', 'River'], 'Mill')} Street`,
        postal_code,
        city,
      }
      // The lower the place, the oftener it is bought.
      const chosen = Array.from({ length: 1 + upTo(3) }, () =>
        Math.min(upTo(variants), upTo(variants)),
      )
      const lines = [...new Set(chosen)].map((place): [number, number] => [place, 1 + upTo(2)])
      const number = Array.from({ length: 10 }, () => LETTERS[upTo(LETTERS.length)]).join('')
      const parcel = `RR${100_000_000 + upTo(899_999_999)}US`
      const end = pick(ENDINGS, () => [PAID])
      const steps = end(parcel).filter(({ after }) => after < age)
      stories.push({ number, buyer, lines, age, steps })
    }
  }
  return stories
}

/** Whole numbers below a bound, the same row of them for one seed (mulberry32). */
function seeded(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * bound)
  }
}
