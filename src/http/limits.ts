import type { Quota } from '../context.ts'

/**
 * RateLimit and RateLimit-Policy as in draft-ietf-httpapi-ratelimit-headers: what is left of each
 * limit that this request counted against, and when it is full again.
 */
export function rateLimitHeaders(quotas: Quota[], now: number): Record<string, string> {
  if (quotas.length === 0) return {}
  return {
    'ratelimit-policy': quotas
      .map((quota) => `"${quota.policy}";q=${quota.limit};w=${quota.windowSeconds}`)
      .join(', '),
    ratelimit: quotas
      .map((quota) => {
        const seconds = Math.max(0, Math.ceil((quota.resetsAt - now) / 1000))
        return `"${quota.policy}";r=${Math.max(0, quota.limit - quota.used)};t=${seconds}`
      })
      .join(', '),
  }
}
