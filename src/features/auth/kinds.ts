/** How a try to sign in ended. */
export const LOGIN_OUTCOMES = [
  'signed_in',
  'second_factor_asked',
  'wrong_password',
  'wrong_code',
  'locked',
] as const
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number]

export const FACTOR_METHODS = ['totp', 'email', 'recovery_code'] as const
export type FactorMethod = (typeof FACTOR_METHODS)[number]
