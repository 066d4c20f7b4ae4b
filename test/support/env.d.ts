/// <reference types="@cloudflare/vitest-plugin/types" />

declare namespace Cloudflare {
  interface Env {
    DB: D1Database
    CACHE: KVNamespace
    FILES: R2Bucket
    JOBS: Queue
    ASSETS: Fetcher
    SHIELD: RateLimit
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
  }
}
