/** What an input would change of a view: the fields that differ, before and after. Null for nothing. */
export function changesOf<View extends object>(view: View, input: object) {
  const known = new Map<string, unknown>(Object.entries(view))
  const differing = Object.entries(input).filter(
    ([name, value]) => value !== undefined && !isSame(known.get(name), value),
  )
  if (differing.length === 0) return null
  return {
    before: Object.fromEntries(differing.map(([name]) => [name, known.get(name)])),
    after: Object.fromEntries(differing),
  }
}

const isSame = (one: unknown, other: unknown): boolean =>
  one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))
