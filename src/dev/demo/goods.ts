import type { ProductStatus } from '../../features/catalog/kinds.ts'

/** A size or colour, its price in minor units, how many are there, and below how many it is low. */
type Choice = {
  options?: Record<string, string>
  price: number
  before?: number
  grams: number
  there: number
  low?: number
}

/** What the studio sells. `seed` is that of its picture, `in` the slugs of its categories. */
export type Good = {
  slug: string
  name: string
  in: string[]
  seed: number
  attributes: Record<string, string | string[]>
  description: string
  choices: Choice[]
  status?: ProductStatus
}

export const DEMO_CATEGORIES = [
  {
    slug: 'bowls-and-cups',
    name: 'Bowls and cups',
    description: 'For tea, soup and the rest of the day.',
  },
  { slug: 'vases', name: 'Vases', description: 'From clay that we dug ourselves.' },
  { slug: 'tiles', name: 'Tiles', description: 'By the piece, for walls that want company.' },
  {
    slug: 'soap',
    name: 'Soap',
    description: 'Boiled in the yard, cut by hand, six weeks in the dark.',
  },
  { slug: 'gifts', name: 'Gifts', description: 'Wrapped in paper from the printer next door.' },
]

const SOAP = 500
const size = (Size: string) => ({ options: { Size } })
const glaze = (Glaze: string) => ({ options: { Glaze } })

/** Oldest first. */
export const DEMO_GOODS: Good[] = [
  {
    slug: 'oat-and-honey-soap',
    name: 'Oat and honey soap',
    in: ['soap', 'gifts'],
    seed: SOAP + 2,
    attributes: { Ingredients: ['Olive oil', 'Coconut oil', 'Oats', 'Honey'], Weight: '95 g' },
    description:
      'Rough on one side, smooth on the other. The oats come from the mill, the honey from the roof.',
    choices: [{ price: 650, grams: 95, there: 48, low: 10 }],
  },
  {
    slug: 'charcoal-soap',
    name: 'Charcoal soap',
    in: ['soap'],
    seed: SOAP + 4,
    attributes: {
      Ingredients: ['Olive oil', 'Shea butter', 'Charcoal from the kiln'],
      Weight: '95 g',
    },
    description:
      'Black as the chimney, and it washes off **white**. Made for hands that were in clay all day.',
    choices: [{ price: 700, grams: 95, there: 30, low: 10 }],
  },
  {
    slug: 'linden-blossom-soap',
    name: 'Linden blossom soap',
    in: ['soap', 'gifts'],
    seed: SOAP + 5,
    attributes: { Ingredients: ['Olive oil', 'Rapeseed oil', 'Linden blossom'], Weight: '95 g' },
    description: 'The tree that we are named after flowers for nine days. We pick on the third.',
    choices: [
      { ...size('one bar'), price: 750, grams: 95, there: 3, low: 8 },
      { ...size('three bars'), price: 1950, before: 2250, grams: 285, there: 6, low: 2 },
    ],
  },
  {
    slug: 'clay-soap',
    name: 'River clay soap',
    in: ['soap'],
    seed: SOAP + 7,
    attributes: { Ingredients: ['Olive oil', 'Coconut oil', 'River clay'], Weight: '95 g' },
    description: 'The clay that is too fine for pots. It goes where it is wanted.',
    choices: [{ price: 700, grams: 95, there: 22 }],
  },
  {
    slug: 'soap-dish',
    name: 'Soap dish with three feet',
    in: ['soap', 'gifts'],
    seed: 5,
    attributes: { Material: 'Stoneware', 'Dishwasher safe': 'yes' },
    description: 'Three feet never wobble, and the water finds its way out by itself.',
    choices: [
      { ...glaze('white'), price: 1800, grams: 260, there: 14 },
      { ...glaze('celadon'), price: 1800, grams: 260, there: 9 },
    ],
  },
  {
    slug: 'everyday-mug',
    name: 'Everyday mug',
    in: ['bowls-and-cups', 'gifts'],
    seed: 17,
    attributes: { Material: 'Stoneware', Holds: '280 ml', 'Dishwasher safe': 'yes' },
    description:
      'It holds a little less than you expect, and [there is a reason](/blog/why-our-mugs-hold-a-little-less).',
    choices: [
      { ...glaze('white'), price: 2800, grams: 410, there: 25, low: 6 },
      { ...glaze('ash green'), price: 2800, grams: 410, there: 18, low: 6 },
      { ...glaze('iron black'), price: 2800, grams: 410, there: 11, low: 6 },
    ],
  },
  {
    slug: 'tea-bowl',
    name: 'Tea bowl',
    in: ['bowls-and-cups'],
    seed: 65,
    attributes: { Material: 'Stoneware', Glaze: 'Apple ash', Holds: '350 ml' },
    description: 'Fired with wood, for **two hands**. No two are alike, so we choose one for you.',
    choices: [
      { ...size('small'), price: 3200, grams: 240, there: 7, low: 2 },
      { ...size('large'), price: 4400, grams: 390, there: 4, low: 2 },
    ],
  },
  {
    slug: 'soup-bowl',
    name: 'Soup bowl',
    in: ['bowls-and-cups'],
    seed: 34,
    attributes: { Material: 'Stoneware', Glaze: 'Celadon', 'Dishwasher safe': 'yes' },
    description: 'Deep enough for a ladle and a half. Stacks with its brothers.',
    choices: [
      { ...size('one'), price: 3600, grams: 620, there: 16 },
      { ...size('set of four'), price: 12900, before: 14400, grams: 2480, there: 4 },
    ],
  },
  {
    slug: 'espresso-cup',
    name: 'Espresso cup',
    in: ['bowls-and-cups', 'gifts'],
    seed: 46,
    attributes: { Material: 'Porcelain', Holds: '70 ml' },
    description:
      'Thin at the lip, thick at the foot: it stays warm for exactly as long as it lasts.',
    choices: [
      { options: { Glaze: 'white', Size: 'one' }, price: 2200, grams: 120, there: 20 },
      { options: { Glaze: 'white', Size: 'pair' }, price: 4000, grams: 240, there: 8 },
      { options: { Glaze: 'blue', Size: 'one' }, price: 2400, grams: 120, there: 12 },
    ],
  },
  {
    slug: 'milk-jug',
    name: 'Jug that does not drip',
    in: ['bowls-and-cups'],
    seed: 33,
    attributes: { Material: 'Stoneware', Holds: '400 ml' },
    description: 'The last two millimetres of the spout are cut with a scalpel.',
    choices: [{ price: 4800, grams: 480, there: 0, low: 3 }],
  },
  {
    slug: 'river-clay-vase',
    name: 'River clay vase',
    in: ['vases'],
    seed: 20,
    attributes: { Material: 'Wild clay', Firing: ['Wood', '28 hours'] },
    description:
      'Dug three hundred steps from the wheel. Every vase carries a number, and on its foot the date on which its clay was dug.',
    choices: [
      { ...size('18 cm'), price: 7800, grams: 900, there: 5, low: 2 },
      { ...size('26 cm'), price: 11800, grams: 1600, there: 3, low: 1 },
      { ...size('34 cm'), price: 16800, grams: 2700, there: 1 },
    ],
  },
  {
    slug: 'bottle-vase',
    name: 'Bottle vase',
    in: ['vases', 'gifts'],
    seed: 29,
    attributes: { Material: 'Stoneware', Glaze: 'Tenmoku' },
    description: 'For one branch. It does not want more.',
    choices: [{ price: 5400, grams: 640, there: 9 }],
  },
  {
    slug: 'round-jar',
    name: 'Round jar',
    in: ['vases'],
    seed: 22,
    attributes: { Material: 'Stoneware', Glaze: 'Ash' },
    description: 'Somewhere between a vase and a stone.',
    choices: [{ price: 8900, before: 9800, grams: 1300, there: 2 }],
  },
  {
    slug: 'quarter-circle-tile',
    name: 'Quarter circle tile',
    in: ['tiles'],
    seed: 31,
    attributes: { Size: '10 × 10 cm', Technique: 'Majolica' },
    description: 'Four of them make a circle, or a river, or nothing at all.',
    choices: [
      { ...glaze('blue'), price: 900, grams: 190, there: 240, low: 40 },
      { ...glaze('green'), price: 900, grams: 190, there: 180, low: 40 },
    ],
  },
  {
    slug: 'olive-branch-tile',
    name: 'Olive branch tile',
    in: ['tiles', 'gifts'],
    seed: 43,
    attributes: { Size: '14 × 14 cm', Technique: ['Majolica', 'Hand painting'] },
    description: 'Left over from a kitchen in Porto: the spares that nobody needed.',
    choices: [{ price: 2600, grams: 380, there: 12 }],
  },
  {
    slug: 'slate-blue-cup',
    name: 'Slate blue cup',
    in: ['bowls-and-cups'],
    seed: 36,
    attributes: { Material: 'Stoneware' },
    description: 'Waits for the right blue.',
    choices: [{ ...size('250 ml'), price: 3900, grams: 380, there: 0 }],
    status: 'draft',
  },
  {
    slug: 'majolica-bowl',
    name: 'Majolica bowl',
    in: ['bowls-and-cups'],
    seed: 85,
    attributes: { Material: 'Earthenware' },
    description: 'We made these until the kiln was rebuilt.',
    choices: [{ ...size('24 cm'), price: 4200, grams: 760, there: 1 }],
    status: 'archived',
  },
]
