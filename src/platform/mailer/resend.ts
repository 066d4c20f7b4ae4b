import * as z from 'zod/mini'
import { lazily } from '../../core/lazily.ts'
import { furtherHeaders, type Mailer, post } from './mailer.ts'

/** https://resend.com/docs/api-reference/emails/send-email; keys are remembered for 24 hours. */
export const resendMailer = (apiKey: string): Mailer => ({
  send: (mail) =>
    post(
      'https://api.resend.com/emails',
      { authorization: `Bearer ${apiKey}`, 'idempotency-key': mail.id },
      {
        from: mail.from,
        to: [mail.to],
        ...(mail.replyTo && { reply_to: mail.replyTo }),
        subject: mail.subject,
        ...furtherHeaders(mail),
        html: mail.html,
        text: mail.text,
      },
      hasItAlready,
    ),
})

const Problem = lazily(() => z.object({ name: z.string() }))

/**
 * The key was accepted before with other content: an earlier attempt got through, and the template
 * or a setting has changed since (https://resend.com/docs/dashboard/emails/idempotency-keys).
 */
async function hasItAlready(response: Response): Promise<boolean> {
  if (response.status !== 409) return false
  const problem = Problem().safeParse(await response.json().catch(() => null))
  return problem.success && problem.data.name === 'invalid_idempotent_request'
}
