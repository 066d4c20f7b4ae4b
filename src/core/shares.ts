/** What a part of something shared weighs, and what decides between parts with equal claims. */
export type Weighed = { weight: number; name: number }

/**
 * Shares a whole number out by weight, so that the parts add up to it: each gets its share rounded
 * down, and what is left goes one by one to those with the largest remainders; among equal ones to
 * the lowest name, then the heaviest. No part exceeds its weight while the amount does not exceed
 * their sum.
 */
export function share(amount: number, parts: Weighed[]): number[] {
  const sum = parts.reduce((total, { weight }) => total + weight, 0)
  if (sum === 0) return parts.map(() => 0)
  // Beyond 2^53 in between: two amounts are multiplied.
  const claims = parts.map(({ weight, name }, index) => {
    const product = BigInt(amount) * BigInt(weight)
    const part = Number(product / BigInt(sum))
    return { index, weight, name, part, remainder: product % BigInt(sum) }
  })
  const shared = claims.reduce((total, { part }) => total + part, 0)
  const shares = claims.map(({ part }) => part)
  for (const { index, part } of claims.toSorted(byClaim).slice(0, amount - shared)) {
    shares[index] = part + 1
  }
  return shares
}

type Claim = Weighed & { remainder: bigint }

const byClaim = (a: Claim, b: Claim): number =>
  a.remainder === b.remainder
    ? a.name - b.name || b.weight - a.weight
    : a.remainder > b.remainder
      ? -1
      : 1
