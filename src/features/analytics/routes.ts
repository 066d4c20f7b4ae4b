import type { Context } from 'hono'
import { describe } from '../../http/describe.ts'
import { allow } from '../../http/guards.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import * as s from './schemas.ts'
import * as analytics from './service.ts'

const tag = 'analytics'

export const analyticsRoutes = createRoutes()

analyticsRoutes.get(
  '/summary',
  describe({
    id: 'readSalesSummary',
    tag,
    summary: 'Sales of a period, all in all',
    description: 'In the currency of the shop, as are all reports.',
    returns: { 200: s.SummaryView },
  }),
  allow('admin'),
  validate('query', s.SummaryQuery),
  async (c) => c.json(await analytics.readSummary(c.get('ctx'), c.req.valid('query')), 200),
)

analyticsRoutes.get(
  '/sales',
  describe({
    id: 'readSales',
    tag,
    summary: 'Sales of a period by days, weeks or months',
    description: 'These begin as the time zone says; the first and the last end with the period.',
    returns: { 200: s.SalesView },
  }),
  allow('admin'),
  validate('query', s.SalesQuery),
  async (c) => c.json(await analytics.readSales(c.get('ctx'), c.req.valid('query')), 200),
)

analyticsRoutes.get(
  '/products',
  describe({
    id: 'readTopProducts',
    tag,
    summary: 'The products and variants that sold best',
    description: 'By orders that were paid in the period; refunds are not taken off.',
    returns: { 200: s.ProductsView },
  }),
  allow('admin'),
  validate('query', s.ProductsQuery),
  async (c) => c.json(await analytics.readProducts(c.get('ctx'), c.req.valid('query')), 200),
)

analyticsRoutes.get(
  '/inventory',
  describe({
    id: 'readStockCover',
    tag,
    summary: 'How many days the stock lasts',
    returns: { 200: s.InventoryView },
  }),
  allow('admin'),
  validate('query', s.InventoryQuery),
  async (c) => c.json(await analytics.readInventory(c.get('ctx'), c.req.valid('query')), 200),
)

analyticsRoutes.get(
  '/content',
  describe({
    id: 'readContentReport',
    tag,
    summary: 'What is read, liked and commented',
    returns: { 200: s.ContentView },
  }),
  allow('admin'),
  validate('query', s.ContentQuery),
  async (c) => c.json(await analytics.readContent(c.get('ctx'), c.req.valid('query')), 200),
)

const file = (id: string, summary: string) =>
  describe({
    id,
    tag,
    summary: `${summary}, as a table`,
    description:
      'Amounts are decimal numbers. What a spreadsheet would take for a formula has an apostrophe in front.',
    returns: { 200: 'text/csv' },
  })

const sendFile = (c: Context<AppEnv>, name: string, csv: string) =>
  c.body(csv, 200, {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.csv"`,
  })

analyticsRoutes.get(
  '/summary.csv',
  file('exportSalesSummary', 'Sales of a period, all in all'),
  allow('admin'),
  validate('query', s.SummaryQuery),
  async (c) =>
    sendFile(c, 'summary', await analytics.exportSummary(c.get('ctx'), c.req.valid('query'))),
)

analyticsRoutes.get(
  '/sales.csv',
  file('exportSales', 'Sales of a period by days, weeks or months'),
  allow('admin'),
  validate('query', s.SalesQuery),
  async (c) =>
    sendFile(c, 'sales', await analytics.exportSales(c.get('ctx'), c.req.valid('query'))),
)

analyticsRoutes.get(
  '/products.csv',
  file('exportTopProducts', 'The products and variants that sold best'),
  allow('admin'),
  validate('query', s.ProductsQuery),
  async (c) =>
    sendFile(c, 'products', await analytics.exportProducts(c.get('ctx'), c.req.valid('query'))),
)

analyticsRoutes.get(
  '/inventory.csv',
  file('exportStockCover', 'How many days the stock lasts'),
  allow('admin'),
  validate('query', s.InventoryQuery),
  async (c) =>
    sendFile(c, 'inventory', await analytics.exportInventory(c.get('ctx'), c.req.valid('query'))),
)

analyticsRoutes.get(
  '/content.csv',
  file('exportContentReport', 'What is read, liked and commented'),
  allow('admin'),
  validate('query', s.ContentQuery),
  async (c) =>
    sendFile(c, 'content', await analytics.exportContent(c.get('ctx'), c.req.valid('query'))),
)
