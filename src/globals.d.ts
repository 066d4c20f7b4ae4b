/** True in local development and in tests; false in the production bundle (wrangler.toml). */
declare const __DEV__: boolean
