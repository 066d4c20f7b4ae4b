/** Red, green, blue, 0..1 each. */
export type Colour = [number, number, number]

/** What a picture shows at a point; x and y run from 0 to 1 over its width and height. */
export type Scene = { alt: string; colourAt: (x: number, y: number, ratio: number) => Colour }

type Palette = { name: string; wall: Colour; table: Colour; body: Colour; band: Colour }

const colour = (hex: string): Colour => {
  const value = Number.parseInt(hex, 16)
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255]
}

const PALETTES: Palette[] = [
  ['green', 'e9e2d3', 'b58a5c', '3f6b57', 'e3c98f'],
  ['blue', 'f1ece2', '8f6a48', 'f4f0e6', '2f5d86'],
  ['clay', 'dfe5e2', '6d5a4a', 'b9683f', 'f0dcc0'],
  ['white', 'c9b8a4', '4f4036', 'efe9dd', '9a4a35'],
  ['black', 'e7d9c6', 'a57a4f', '2d3033', 'c79a4a'],
].map(([name = '', ...colours]) => {
  const [wall, table, body, band] = colours.map(colour) as [Colour, Colour, Colour, Colour]
  return { name, wall, table, body, band }
})

/** From 0 to 1 between two heights, without a corner. */
function rise(from: number, to: number, t: number): number {
  const share = Math.min(1, Math.max(0, (t - from) / (to - from)))
  return share * share * (3 - 2 * share)
}

/** Half the width of a turned vessel at each height, from its foot (0) to its rim (1). */
const VESSELS: { name: string; height: number; radius: (t: number) => number }[] = [
  {
    name: 'tall vase',
    height: 0.62,
    radius: (t) => 0.075 + 0.085 * Math.sin(Math.PI * (0.12 + 0.78 * t)) ** 2 + 0.03 * t ** 8,
  },
  {
    name: 'round jar',
    height: 0.46,
    radius: (t) => 0.06 + 0.16 * Math.sin(Math.PI * Math.min(0.94, 0.1 + 0.85 * t)),
  },
  { name: 'bowl', height: 0.24, radius: (t) => 0.07 + 0.19 * Math.sqrt(t) },
  { name: 'cup', height: 0.3, radius: (t) => 0.1 + 0.035 * Math.sqrt(t) },
  {
    name: 'bottle',
    height: 0.66,
    radius: (t) => 0.1 + 0.03 * Math.sin(Math.PI * t) - 0.09 * rise(0.45, 0.72, t),
  },
]

export const mix = (a: Colour, b: Colour, share: number): Colour => {
  const part = Math.min(1, Math.max(0, share))
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part]
}
const WHITE: Colour = [1, 1, 1]
const DARK: Colour = [0.1, 0.08, 0.07]

const pick = <T>(list: T[], seed: number): T => {
  const one = list[seed % list.length]
  if (one === undefined) throw new Error('Nothing to pick from')
  return one
}

/** From here on a seed stands for a bar of soap. */
const SOAPS = 500

/** The same scene for the same seed: a vessel on a table, a wall of tiles, or a bar of soap. */
export function sceneOf(seed: number): Scene {
  const palette = pick(PALETTES, seed)
  if (seed >= SOAPS) return soap(palette, seed)
  if (seed % 4 === 3) return tiles(palette, seed)
  return vessel(palette, pick(VESSELS, Math.floor(seed / 2)), seed)
}

function vessel(palette: Palette, shape: (typeof VESSELS)[number], seed: number): Scene {
  const middle = 0.42 + (0.16 * ((seed * 37) % 100)) / 100
  const foot = 0.82
  const banded = seed % 3
  return {
    alt: `A ${palette.name} ${shape.name} on a wooden table`,
    colourAt(x, y, ratio) {
      const side = (x - middle) * ratio
      const t = (foot - y) / shape.height
      const radius = shape.radius(t)
      if (t >= 0 && t <= 1 && Math.abs(side) <= radius) {
        const isBand =
          banded === 0
            ? t > 0.6 && t < 0.72
            : banded === 1
              ? Math.sin(t * 40) > 0.4 && t > 0.2 && t < 0.8
              : t > 0.5 + 0.06 * Math.sin((side / radius) * 9)
        const turned = side / radius
        const shade = mix(
          isBand ? palette.band : palette.body,
          DARK,
          0.55 * (0.5 + 0.5 * turned) ** 2,
        )
        const light = Math.max(0, 1 - Math.abs(turned + 0.45) * 4)
        return mix(shade, WHITE, 0.28 * light * light)
      }
      const shadow = ((side - 0.09) / 0.3) ** 2 + ((y - foot) / 0.035) ** 2
      const ground =
        y > 0.72
          ? mix(palette.table, DARK, 0.1 + 0.25 * (y - 0.72) + 0.04 * Math.sin(y * 260))
          : mix(palette.wall, WHITE, 0.35 * (1 - y))
      return y > 0.72 && shadow < 1 ? mix(ground, DARK, 0.45 * (1 - shadow)) : ground
    },
  }
}

/** Quarter circles, each tile turned its own way (after Sébastien Truchet). */
function tiles(palette: Palette, seed: number): Scene {
  const perSide = 5 + (seed % 3)
  return {
    alt: `A wall of ${palette.name} tiles with quarter circles`,
    colourAt(x, y, ratio) {
      const u = x * ratio * perSide
      const v = y * perSide
      const [column, row] = [Math.floor(u), Math.floor(v)]
      const [a, b] = [u - column, v - row]
      const joint = Math.min(a, b, 1 - a, 1 - b)
      if (joint < 0.02) return mix(palette.wall, DARK, 0.25)
      const isTurned = (column * 7 + row * 13 + column * row * seed) % 2 === 0
      const across = isTurned ? 1 - a : a
      const near = Math.min(Math.hypot(across, b), Math.hypot(1 - across, 1 - b))
      const isLine = Math.abs(near - 0.5) < 0.13
      const glaze = mix(isLine ? palette.band : palette.body, WHITE, joint < 0.06 ? 0.25 : 0)
      return mix(glaze, DARK, 0.12 * y)
    },
  }
}

/** Seen a little from above: a front with round corners, a top, and a ring pressed into it. */
function soap(palette: Palette, seed: number): Scene {
  const [width, height, depth, ground] = [0.3, 0.21, 0.2, 0.78]
  return {
    alt: `A bar of ${palette.name} soap on a wooden board`,
    colourAt(x, y, ratio) {
      const side = (x - 0.5) * ratio
      const low = ground - height
      const front = box(side / width, (y - ground + height / 2) / (height / 2), 0.25)
      // The top leans back, so that it is narrower behind.
      const back = (low + 0.05 - y) / depth
      const top = box(side / (width * (1 - 0.18 * back)), 2 * back - 1, 0.3)
      const speck = (Math.floor(x * 160) * 31 + Math.floor(y * 105) * 17 + seed) % 43 === 0
      const body = speck ? mix(palette.body, palette.band, 0.6) : palette.body
      if (front <= 1) return mix(body, DARK, 0.12 + 0.3 * ((y - low) / height) ** 2)
      if (top <= 1) {
        const ring = Math.hypot(side / width, 2 * back - 1.25)
        const pressed = Math.abs(ring - 0.5) < 0.04
        return pressed ? mix(body, DARK, 0.22) : mix(body, WHITE, 0.22 + 0.2 * back)
      }
      const shadow = ((side - 0.06) / 0.38) ** 2 + ((y - ground) / 0.04) ** 2
      const board = mix(palette.table, DARK, 0.08 + 0.05 * Math.sin(y * 180 + Math.sin(x * 7)))
      const behind = y > 0.55 ? board : mix(palette.wall, WHITE, 0.35 * (1 - y))
      return y > 0.55 && shadow < 1 ? mix(behind, DARK, 0.4 * (1 - shadow)) : behind
    },
  }
}

/** At most 1 inside a box from -1 to 1 whose corners are round by that share. */
function box(x: number, y: number, round: number): number {
  const [across, down] = [Math.abs(x), Math.abs(y)]
  const inner = 1 - round
  if (across <= inner || down <= inner) return Math.max(across, down)
  return inner + Math.hypot(across - inner, down - inner)
}
