import type { Bindings } from '../env.ts'

/** One harmless call to each store; it rejects when the store does not answer. */
export type Probes = Record<'kv' | 'r2' | 'queue', () => Promise<unknown>>

export const openProbes = (env: Bindings): Probes => ({
  kv: () => env.CACHE.get('probe'),
  r2: () => env.FILES.head('probe'),
  queue: () => env.JOBS.metrics(),
})
