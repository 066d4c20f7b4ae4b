import { furtherHeaders, type Mailer, parseAddress, post } from './mailer.ts'

/**
 * https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send. It has no idempotency key:
 * when a connection is cut after the mail was accepted, the retry sends it once more.
 */
export const sendgridMailer = (apiKey: string): Mailer => ({
  send: (mail) =>
    post(
      'https://api.sendgrid.com/v3/mail/send',
      { authorization: `Bearer ${apiKey}` },
      {
        from: parseAddress(mail.from),
        personalizations: [{ to: [parseAddress(mail.to)] }],
        ...(mail.replyTo && { reply_to: parseAddress(mail.replyTo) }),
        subject: mail.subject,
        ...furtherHeaders(mail),
        content: [
          { type: 'text/plain', value: mail.text },
          { type: 'text/html', value: mail.html },
        ],
        custom_args: { outbox_id: mail.id },
      },
    ),
})
