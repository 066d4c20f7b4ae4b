/** At most `quota` uses by one subject in a window that starts with the first of them. */
export type LimitPolicy = { name: string; quota: number; windowSeconds: number }
