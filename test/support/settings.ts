/** Valid settings for the test environment; a test overrides what it is about. */
export const TEST_SETTINGS = {
  ENVIRONMENT: 'test',
  STUDIO_NAME: 'Studio Linden',
  API_ORIGIN: 'http://localhost:8787',
  SITE_ORIGIN: 'http://localhost:5173',
  SECRET_KEY: 'k8Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6',
  PASSWORD_COST: 'cheap',
  OWNER_EMAIL: 'owner@linden.test',
  MAIL_FROM: 'Studio Linden <hello@linden.test>',
  MAIL_PROVIDER: 'resend',
  MAIL_API_KEY: 're_test_0123456789',
  RATE_LIMIT_SCALE: '1',
  VIEWS_WINDOW_MS: '5',
} as const

export type TestSettings = { [Name in keyof typeof TEST_SETTINGS]?: string } & Record<
  string,
  string
>
