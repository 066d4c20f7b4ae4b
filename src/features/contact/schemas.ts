import * as z from 'zod'
import {
  email,
  instant,
  line,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  searchTerm,
  uid,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'

export const MESSAGE_STATUSES = ['unread', 'read', 'archived', 'spam'] as const
export type MessageStatus = (typeof MESSAGE_STATUSES)[number]

export const SendMessage = lazily(() =>
  z
    .strictObject({
      name: line(1, 100),
      email: email(),
      message: paragraphs(1, 5000),
      subject: line(0, 200).optional(),
      company: line(0, 100).optional(),
      website: z
        .string()
        .max(65_536)
        .optional()
        .meta({ description: 'A trap for robots: show it to nobody and leave it empty.' }),
      turnstile_token: z.string().max(2048).optional().meta({
        description: 'Required where the studio has switched Turnstile on; action `contact`.',
      }),
    })
    .meta({
      id: 'SendMessage',
      example: { name: 'Ann', email: 'ann@example.org', message: 'Are you free in May?' },
    }),
)
export type SendMessage = Made<typeof SendMessage>

export const ReceivedView = lazily(() =>
  z.object({ id: uid(), status: z.literal('received') }).meta({ id: 'MessageReceived' }),
)
export type ReceivedView = Made<typeof ReceivedView>

export const ReplyView = lazily(() =>
  z
    .object({ id: uid(), body: z.string().max(10_000), created_at: instant() })
    .meta({ id: 'MessageReply' }),
)
export type ReplyView = Made<typeof ReplyView>

export const MessageView = lazily(() =>
  z
    .object({
      id: uid(),
      name: z.string().max(100),
      email: z.string().max(254),
      subject: z.string().max(200).nullable(),
      company: z.string().max(100).nullable(),
      message: z.string().max(5000),
      status: z.enum(MESSAGE_STATUSES),
      created_at: instant(),
      replies: z.array(ReplyView()).meta({ description: 'Oldest first.' }),
    })
    .meta({ id: 'Message' }),
)
export type MessageView = Made<typeof MessageView>

export const MessagePage = lazily(() => pageOf(MessageView()).meta({ id: 'MessagePage' }))

export const MessageStats = lazily(() =>
  z
    .object({ total: z.int().min(0), unread: z.int().min(0) })
    .meta({ id: 'MessageStats', description: 'Spam is not counted.' }),
)
export type MessageStats = Made<typeof MessageStats>

export const MessageId = lazily(() => z.object({ id: uid() }))

export const ListMessages = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.enum(MESSAGE_STATUSES).optional(),
    q: searchTerm()
      .optional()
      .meta({ description: 'Looks through name, address, subject, company and message.' }),
    count: queryFlag().optional(),
  }),
)
export type ListMessages = Made<typeof ListMessages>

export const FileMessage = lazily(() =>
  z
    .strictObject({ status: z.enum(MESSAGE_STATUSES) })
    .meta({ id: 'FileMessage', example: { status: 'read' } }),
)
export type FileMessage = Made<typeof FileMessage>

export const ReplyToMessage = lazily(() =>
  z
    .strictObject({ body: paragraphs(1, 10_000) })
    .meta({ id: 'ReplyToMessage', example: { body: 'Yes, from the 9th on.' } }),
)
export type ReplyToMessage = Made<typeof ReplyToMessage>
