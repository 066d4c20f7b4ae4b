import { describe } from '../../http/describe.ts'
import { allow, limit } from '../../http/guards.ts'
import { orForm } from '../../http/or-form.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { CONFIRMATIONS, SUBSCRIPTIONS } from './limits.ts'
import * as s from './schemas.ts'
import * as subscribers from './service.ts'

const tag = 'subscribers'

export const subscriberRoutes = createRoutes()

subscriberRoutes.post(
  '/',
  describe({
    id: 'subscribe',
    tag,
    summary: 'Ask for the newsletter',
    description: 'A link to confirm is mailed. The answer is always the same.',
    returns: { 202: s.Accepted },
  }),
  allow('anyone'),
  limit(SUBSCRIPTIONS),
  validate('json', s.Subscribe),
  async (c) => c.json(await subscribers.subscribe(c.get('ctx'), c.req.valid('json')), 202),
)

subscriberRoutes.post(
  '/confirm',
  describe({
    id: 'confirmSubscription',
    tag,
    summary: 'Confirm with the mailed link',
    returns: { 204: null },
  }),
  allow('anyone'),
  limit(...CONFIRMATIONS),
  validate('json', s.SecretOnly),
  async (c) => {
    await subscribers.confirm(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  },
)

// No limit: a mail provider posts for all its customers from a few addresses, and a wrong token costs
// one digest.
subscriberRoutes.post(
  '/unsubscribe',
  describe({
    id: 'unsubscribe',
    tag,
    summary: 'Leave the newsletter',
    description:
      'With the token of the link in a newsletter; or as mail programs do it, by a form to the address in the List-Unsubscribe header, where the token is in the query (RFC 8058).',
    returns: { 204: null },
  }),
  allow('anyone'),
  validate('query', s.OneClickQuery),
  orForm(s.OneClick, async (c) => {
    await subscribers.unsubscribe(c.get('ctx'), { token: c.req.query('token') ?? '' })
    return c.body(null, 204)
  }),
  validate('json', s.Unsubscribe),
  async (c) => {
    await subscribers.unsubscribe(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  },
)

subscriberRoutes.get(
  '/unsubscribe',
  describe({
    id: 'openUnsubscribe',
    tag,
    summary: 'The way to the page where one leaves the newsletter',
    description: 'For mail programs without a button of their own. It unsubscribes nobody.',
    returns: { 200: 'text/html' },
    anyQuery: true,
  }),
  allow('anyone'),
  (c) => c.html(subscribers.wayToLeave(c.get('ctx'), c.req.query('token') ?? '')),
)

subscriberRoutes.get(
  '/',
  describe({
    id: 'listSubscribers',
    tag,
    summary: 'Subscribers, newest first',
    returns: { 200: s.SubscriberPage },
  }),
  allow('admin'),
  validate('query', s.ListSubscribers),
  async (c) => c.json(await subscribers.listAll(c.get('ctx'), c.req.valid('query')), 200),
)

subscriberRoutes.get(
  '/stats',
  describe({
    id: 'countSubscribers',
    tag,
    summary: 'How many subscribers there are',
    returns: { 200: s.SubscriberStats },
  }),
  allow('admin'),
  async (c) => c.json(await subscribers.countAll(c.get('ctx')), 200),
)

subscriberRoutes.get(
  '/suppressions',
  describe({
    id: 'listSuppressions',
    tag,
    summary: 'Addresses that newsletters leave alone, by their letters',
    returns: { 200: s.SuppressionPage },
  }),
  allow('admin'),
  validate('query', s.ListSuppressions),
  async (c) =>
    c.json(await subscribers.listAllSuppressions(c.get('ctx'), c.req.valid('query')), 200),
)

subscriberRoutes.delete(
  '/suppressions/:email',
  describe({
    id: 'liftSuppression',
    tag,
    summary: 'Let newsletters go to an address again',
    description:
      'For a mailbox that works again, or whose owner asks for it. Your mail provider may keep a list of its own.',
    returns: { 204: null },
  }),
  allow('admin'),
  validate('param', s.SuppressedAddress),
  async (c) => {
    await subscribers.liftSuppression(c.get('ctx'), c.req.valid('param').email)
    return c.body(null, 204)
  },
)

subscriberRoutes.delete(
  '/:id',
  describe({
    id: 'deleteSubscriber',
    tag,
    summary: 'Delete a subscriber and the record of mails that went there',
    returns: { 204: null },
  }),
  allow('admin'),
  validate('param', s.SubscriberId),
  async (c) => {
    await subscribers.removeSubscriber(c.get('ctx'), c.req.valid('param').id)
    return c.body(null, 204)
  },
)

/** Beside the others: its path is their name with an ending. */
export const subscriberFileRoutes = createRoutes()

subscriberFileRoutes.get(
  '/subscribers.csv',
  describe({
    id: 'exportSubscribers',
    tag,
    summary: 'Subscribers as a table, oldest first',
    description: 'What a spreadsheet would take for a formula has an apostrophe in front.',
    returns: { 200: 'text/csv' },
  }),
  allow('admin'),
  validate('query', s.ExportSubscribers),
  async (c) =>
    c.body(await subscribers.exportSubscribers(c.get('ctx'), c.req.valid('query')), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="subscribers.csv"',
    }),
)
