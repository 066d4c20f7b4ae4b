import type { Bindings, Settings } from '../../env.ts'
import { mailboxMailer } from './mailbox.ts'
import type { Mailer } from './mailer.ts'
import { resendMailer } from './resend.ts'
import { sendgridMailer } from './sendgrid.ts'

export type { Mailer, OutgoingMail } from './mailer.ts'
export { MailRefused, MailUnavailable } from './mailer.ts'

export function openMailer(settings: Settings, env: Bindings): Mailer {
  if (__DEV__ && settings.MAIL_PROVIDER === 'mailbox') return mailboxMailer(env.CACHE)
  const key = settings.MAIL_API_KEY ?? ''
  return settings.MAIL_PROVIDER === 'sendgrid' ? sendgridMailer(key) : resendMailer(key)
}
