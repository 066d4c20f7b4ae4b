import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** A page of ours that calls a dialect as its front end does, on an origin of its own. */
export type FrontEnd = { origin: string; close(): Promise<void> }

/** Serves `front-ends/<name>.html` at every path, as a single-page application is served. */
export async function serveFrontEnd(name: string): Promise<FrontEnd> {
  const page = await readFile(join(import.meta.dirname, `front-ends/${name}.html`))
  const server = createServer((request, response) => {
    const isIcon = request.url === '/favicon.ico'
    response.writeHead(isIcon ? 204 : 200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(isIcon ? undefined : page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
