import { fold } from './text.ts'

/** A word that people choose, with what is left of it without case and accents. */
export type Named = { name: string; key: string }

/** Each once, as it was written first. */
export function named(names: string[]): Named[] {
  const byKey = new Map<string, Named>()
  for (const name of names) {
    const key = fold(name)
    if (!byKey.has(key)) byKey.set(key, { name, key })
  }
  return [...byKey.values()]
}

export const haveSameNames = (some: string[], others: string[]): boolean =>
  JSON.stringify(named(some).map(({ key }) => key)) ===
  JSON.stringify(named(others).map(({ key }) => key))
