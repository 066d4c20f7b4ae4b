import { fold } from '../../core/text.ts'

type Parts = Record<'name' | 'email' | 'subject' | 'company' | 'message', string | null | undefined>

/** What `q` looks through. */
export const searchTextOf = ({ name, email, subject, company, message }: Parts): string =>
  fold([name, email, subject, company, message].filter(Boolean).join('\n'))

/** How a mail names the message that it is about. */
export const aboutMessage = (uid: string): string => `message:${uid}`
