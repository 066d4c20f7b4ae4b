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

export const MESSAGE_STATUSES = ['unread', 'read', 'archived', 'spam'] as const
export type MessageStatus = (typeof MESSAGE_STATUSES)[number]

export const SendMessage = z
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
  })
export type SendMessage = z.output<typeof SendMessage>

export const ReceivedView = z
  .object({ id: uid(), status: z.literal('received') })
  .meta({ id: 'MessageReceived' })
export type ReceivedView = z.infer<typeof ReceivedView>

export const ReplyView = z
  .object({ id: uid(), body: z.string().max(10_000), created_at: instant() })
  .meta({ id: 'MessageReply' })
export type ReplyView = z.infer<typeof ReplyView>

export const MessageView = z
  .object({
    id: uid(),
    name: z.string().max(100),
    email: z.string().max(254),
    subject: z.string().max(200).nullable(),
    company: z.string().max(100).nullable(),
    message: z.string().max(5000),
    status: z.enum(MESSAGE_STATUSES),
    created_at: instant(),
    replies: z.array(ReplyView).meta({ description: 'Oldest first.' }),
  })
  .meta({ id: 'Message' })
export type MessageView = z.infer<typeof MessageView>

export const MessagePage = pageOf(MessageView).meta({ id: 'MessagePage' })

export const MessageStats = z
  .object({ total: z.int().min(0), unread: z.int().min(0) })
  .meta({ id: 'MessageStats', description: 'Spam is not counted.' })
export type MessageStats = z.infer<typeof MessageStats>

export const MessageId = z.object({ id: uid() })

export const ListMessages = z.strictObject({
  ...pageQuery,
  status: z.enum(MESSAGE_STATUSES).optional(),
  q: searchTerm()
    .optional()
    .meta({ description: 'Looks through name, address, subject, company and message.' }),
  count: queryFlag().optional(),
})
export type ListMessages = z.output<typeof ListMessages>

export const FileMessage = z
  .strictObject({ status: z.enum(MESSAGE_STATUSES) })
  .meta({ id: 'FileMessage', example: { status: 'read' } })
export type FileMessage = z.output<typeof FileMessage>

export const ReplyToMessage = z
  .strictObject({ body: paragraphs(1, 10_000) })
  .meta({ id: 'ReplyToMessage', example: { body: 'Yes, from the 9th on.' } })
export type ReplyToMessage = z.output<typeof ReplyToMessage>
