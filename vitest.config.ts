import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './test/support/summary-reporter.ts'

// Costly figures run at a tenth, and in full with `npm run test:full` or ROUNDS=1.
const roundsOf = (mode: string) => process.env.ROUNDS ?? (mode === 'full' ? '1' : '0.1')

export default defineConfig(({ mode }) => {
  const define = { __DEV__: 'true', __ROUNDS__: roundsOf(mode) }
  return {
    test: {
      reporters: ['default', new SummaryReporter()],
      // By default one core is left idle, which on two cores is half of them.
      maxWorkers: '100%',
      coverage: {
        // v8 cannot look into workerd.
        provider: 'istanbul',
        include: ['src/**/*.ts'],
        exclude: ['src/cli/**', 'src/**/*.d.ts'],
        reporter: ['text-summary', 'html'],
        thresholds: { lines: 90 },
      },
      projects: [
        {
          define,
          test: {
            name: 'node',
            include: ['test/unit/**/*.test.ts', 'test/rules/**/*.test.ts'],
            testTimeout: 60_000,
          },
        },
        {
          define,
          plugins: [
            cloudflareTest(async () => ({
              wrangler: { configPath: './wrangler.toml' },
              miniflare: {
                bindings: { TEST_MIGRATIONS: await readD1Migrations('./migrations') },
              },
            })),
          ],
          test: {
            name: 'workerd',
            include: ['test/features/**/*.test.ts'],
            setupFiles: ['test/support/setup.ts'],
            globalSetup: ['test/support/stripe-setup.ts'],
            // Figures at full size take their time.
            testTimeout: 120_000,
            hookTimeout: 120_000,
            deps: {
              optimizer: {
                ssr: { enabled: true, include: ['zod', 'drizzle-orm', 'mustache', 'stripe'] },
              },
            },
          },
        },
        {
          test: {
            name: 'e2e',
            include: ['test/e2e/**/*.test.ts'],
            globalSetup: ['test/e2e/bundles.ts'],
            // Some of these measure time, so nothing runs beside them.
            fileParallelism: false,
            sequence: { groupOrder: 1 },
            testTimeout: 60_000,
            hookTimeout: 120_000,
            env: {
              WRANGLER_LOG: 'error',
              CLOUDFLARE_CF_FETCH_ENABLED: 'false',
              WRANGLER_SEND_METRICS: 'false',
            },
          },
        },
      ],
    },
  }
})
