import type { Context } from 'hono'
import type { AppEnv } from '../../http/router.ts'

// Both readers put style elements into the page and draw with data: images; ReDoc searches in a worker.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What only a deploy changes. */
export const UNTIL_DEPLOYED = 'public, max-age=300, stale-while-revalidate=86400'

type Page = { title: string; head?: string; body: string }

/** Files come from dist/assets, which `npm run build` fills. */
const PAGES = {
  docs: {
    title: 'API',
    head: '<link rel="stylesheet" href="/docs/swagger-ui.css">',
    body: '<div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/swagger-start.js"></script>',
  },
  redoc: {
    title: 'API reference',
    body: '<div id="redoc"></div><script src="/docs/redoc.standalone.js"></script><script src="/docs/redoc-start.js"></script>',
  },
} satisfies Record<string, Page>

export function sendPage(c: Context<AppEnv>, name: keyof typeof PAGES): Response {
  const page: Page = PAGES[name]
  return c.body(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${page.title}</title><link rel="icon" href="/docs/mark.svg">${page.head ?? ''}</head><body style="margin:0">${page.body}</body></html>`,
    200,
    {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cache-control': UNTIL_DEPLOYED,
    },
  )
}

/** A file of the readers, with the headers that every answer has. */
export async function sendAsset(c: Context<AppEnv>): Promise<Response> {
  const file = await c.env.ASSETS.fetch(c.req.raw)
  if (!file.ok && file.status !== 304) return c.notFound()
  return new Response(file.body, file)
}
