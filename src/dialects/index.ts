import type { Dialect as Name } from '../core/dialects.ts'
import { createRouter } from '../http/router.ts'
import { type Dialect, onDemand } from './mount.ts'

/** Every existing front end that is served unchanged: one line each. */
const LOADERS: Partial<Record<Name, () => Promise<Dialect>>> = {
  'fastapi-template': async () => (await import('./fastapi-template/index.ts')).fastapiTemplate,
  eterno: async () => (await import('./eterno/index.ts')).eterno,
  portfolio: async () => (await import('./portfolio/index.ts')).portfolio,
  'rest-angular': async () => (await import('./rest-angular/index.ts')).restAngular,
  onedna: async () => (await import('./onedna.ts')).onedna,
}

export const loadDialects = (): Promise<Dialect[]> =>
  Promise.all(Object.values(LOADERS).map((load) => load()))

export const dialectRoutes = createRouter()
for (const [name, load] of Object.entries(LOADERS)) {
  dialectRoutes.all(`/${name}/*`, onDemand(name as Name, load))
}
