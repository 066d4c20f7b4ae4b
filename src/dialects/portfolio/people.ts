import type { Self } from '../../features/account/self.ts'
import type { Challenge } from '../../features/auth/schemas.ts'
import type { NumberedUser } from '../../features/users/service.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { toProfile } from './profile-shapes.ts'

export const toUser = (user: NumberedUser) => ({
  email: user.email ?? '',
  username: user.username ?? user.full_name ?? '',
  full_name: user.full_name,
  id: user.number,
  is_active: user.is_active,
  is_superuser: user.role === 'admin',
  email_2fa_enabled: user.email_2fa_enabled,
  totp_enabled: user.totp_enabled,
  created_at: toPythonTime(user.created_at),
  last_login: user.last_login_at && toPythonTime(user.last_login_at),
})

export const toSelf = ({ user, profile }: Self) => ({
  ...toUser(user),
  profile: profile && toProfile(profile),
})

export const toToken = (access_token: string, self: Self) => ({
  access_token,
  token_type: 'bearer',
  requires_2fa: false,
  temp_token: null,
  user: toSelf(self),
})

const METHODS = { totp: 'totp', email: 'email', recovery_code: 'backup' } as const

export const toChallenge = ({ challenge_token, methods }: Challenge) => ({
  access_token: '',
  token_type: 'bearer',
  requires_2fa: true,
  temp_token: challenge_token,
  user: null,
  available_2fa_methods: methods.map((method) => METHODS[method]),
})
