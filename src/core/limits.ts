/**
 * At most `quota` uses by one subject in a window that starts with the first of them. One call uses
 * one, or the `amount` that is said beside.
 */
export type LimitPolicy = { name: string; quota: number; windowSeconds: number; amount?: number }
