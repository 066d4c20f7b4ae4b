/** True in local development and in tests; false in the production bundle (wrangler.toml). */
declare const __DEV__: boolean

/** What `npm run build` writes. */
declare module '#statements' {
  export const statements: Record<string, import('./db/written.ts').Written>
}
