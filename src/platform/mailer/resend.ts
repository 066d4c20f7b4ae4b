import { type Mailer, post } from './mailer.ts'

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
        html: mail.html,
        text: mail.text,
      },
    ),
})
