import type { TestProject } from 'vitest/node'
import { startStripe } from './stripe-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the stand-in for Stripe is reached. */
    stripe: string
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, close } = await startStripe()
  project.provide('stripe', url)
  return close
}
