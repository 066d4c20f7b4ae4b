import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const define = { __DEV__: 'true' }

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        define,
        test: { name: 'node', include: ['test/unit/**/*.test.ts', 'test/rules/**/*.test.ts'] },
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
          deps: {
            optimizer: {
              ssr: { enabled: true, include: ['hono', 'zod', 'drizzle-orm', 'mustache'] },
            },
          },
        },
      },
    ],
  },
})
