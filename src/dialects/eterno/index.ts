import type { Dialect } from '../mount.ts'
import { adminRoutes } from './admins.ts'
import { categoryRoutes } from './categories.ts'
import { productRoutes } from './products.ts'
import { uploadRoutes } from './uploads.ts'
import { variantRoutes } from './variants.ts'
import { visitorRoutes } from './visitors.ts'

/** Eterno Soaps, a small shop whose front end is written in React. */
export const eterno: Dialect = {
  name: 'eterno',
  parts: {
    '/': [adminRoutes, productRoutes, categoryRoutes, variantRoutes, visitorRoutes, uploadRoutes],
  },
  crossOrigin: { credentials: true },
}
