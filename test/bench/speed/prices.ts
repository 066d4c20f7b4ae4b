import type { Cost } from './rivals.ts'

/**
 * US dollars for a million beyond what Workers Paid includes, as published in November 2026:
 * developers.cloudflare.com/workers/platform/pricing, /kv/platform/pricing, /d1/platform/pricing,
 * /r2/pricing, /queues/platform/pricing.
 */
export const PRICES = {
  read: '2026-11-21',
  requests: 0.3,
  cpuMs: 0.02,
  kvReads: 0.5,
  kvWrites: 5,
  rowsRead: 0.001,
  rowsWritten: 1,
  /** Class B and class A operations. */
  r2Reads: 0.36,
  r2Writes: 4.5,
  /** A message is written, read and deleted. */
  messages: 3 * 0.4,
} as const

/** What a million such requests cost, from the cost of one. */
export function dollarsPerMillion(cost: Cost, cpuMs: number): number {
  return (
    PRICES.requests +
    cpuMs * PRICES.cpuMs +
    cost.kvReads * PRICES.kvReads +
    cost.kvWrites * PRICES.kvWrites +
    cost.rowsRead * PRICES.rowsRead +
    cost.rowsWritten * PRICES.rowsWritten +
    cost.r2Reads * PRICES.r2Reads +
    cost.r2Writes * PRICES.r2Writes +
    cost.messages * PRICES.messages
  )
}
