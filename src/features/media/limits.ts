import type { LimitPolicy } from '../../core/limits.ts'

/** Whoever uploads: an admin too. */
export const UPLOADS: LimitPolicy = { name: 'uploads', quota: 20, windowSeconds: 3600 }
export const UPLOAD_BYTES: LimitPolicy = {
  name: 'upload-bytes',
  quota: 200 * 1024 * 1024,
  windowSeconds: 86_400,
}
