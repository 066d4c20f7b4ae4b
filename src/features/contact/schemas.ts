import * as z from 'zod/mini'
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
  upTo,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'

export const MESSAGE_STATUSES = ['unread', 'read', 'archived', 'spam'] as const
export type MessageStatus = (typeof MESSAGE_STATUSES)[number]

export const SendMessage = lazily(() =>
  z
    .strictObject({
      name: line(1, 100),
      email: email(),
      message: paragraphs(1, 5000),
      subject: z.optional(line(0, 200)),
      company: z.optional(line(0, 100)),
      website: z
        .optional(upTo(65_536))
        .apply(meta, { description: 'A trap for robots: show it to nobody and leave it empty.' }),
      turnstile_token: z.optional(upTo(2048)).apply(meta, {
        description: 'Required where the studio has switched Turnstile on; action `contact`.',
      }),
    })
    .apply(meta, {
      id: 'SendMessage',
      example: { name: 'Ann', email: 'ann@example.org', message: 'Are you free in May?' },
    }),
)
export type SendMessage = Made<typeof SendMessage>

export const ReceivedView = lazily(() =>
  z.object({ id: uid(), status: z.literal('received') }).apply(meta, { id: 'MessageReceived' }),
)
export type ReceivedView = Made<typeof ReceivedView>

export const ReplyView = lazily(() =>
  z
    .object({ id: uid(), body: upTo(10_000), created_at: instant() })
    .apply(meta, { id: 'MessageReply' }),
)
export type ReplyView = Made<typeof ReplyView>

export const MessageView = lazily(() =>
  z
    .object({
      id: uid(),
      name: upTo(100),
      email: upTo(254),
      subject: z.nullable(upTo(200)),
      company: z.nullable(upTo(100)),
      message: upTo(5000),
      status: z.enum(MESSAGE_STATUSES),
      created_at: instant(),
      replies: z.array(ReplyView()).apply(meta, { description: 'Oldest first.' }),
    })
    .apply(meta, { id: 'Message' }),
)
export type MessageView = Made<typeof MessageView>

export const MessagePage = lazily(() => pageOf(MessageView()).apply(meta, { id: 'MessagePage' }))

export const MessageStats = lazily(() =>
  z
    .object({ total: z.int().check(z.gte(0)), unread: z.int().check(z.gte(0)) })
    .apply(meta, { id: 'MessageStats', description: 'Spam is not counted.' }),
)
export type MessageStats = Made<typeof MessageStats>

export const MessageId = lazily(() => z.object({ id: uid() }))

export const ListMessages = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.optional(z.enum(MESSAGE_STATUSES)),
    q: z
      .optional(searchTerm())
      .apply(meta, { description: 'Looks through name, address, subject, company and message.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListMessages = Made<typeof ListMessages>

export const FileMessage = lazily(() =>
  z
    .strictObject({ status: z.enum(MESSAGE_STATUSES) })
    .apply(meta, { id: 'FileMessage', example: { status: 'read' } }),
)
export type FileMessage = Made<typeof FileMessage>

export const ReplyToMessage = lazily(() =>
  z
    .strictObject({ body: paragraphs(1, 10_000) })
    .apply(meta, { id: 'ReplyToMessage', example: { body: 'Yes, from the 9th on.' } }),
)
export type ReplyToMessage = Made<typeof ReplyToMessage>
