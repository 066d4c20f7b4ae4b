import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Apart from the other projects: it takes minutes, and `npm run bench:growth` runs it alone.
export default defineConfig({
  define: { __DEV__: 'false' },
  test: {
    name: 'bench',
    root: join(import.meta.dirname, '../..'),
    include: ['test/bench/*.test.ts'],
    globalSetup: ['test/e2e/bundles.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    disableConsoleIntercept: true,
    env: {
      WRANGLER_LOG: 'error',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
    },
  },
})
