import type { Context } from '../context.ts'
import { addressIn, type FullOrder, figuresOf, linesIn } from '../features/orders/service.ts'
import { escapeHtml } from './escape.ts'

type Settings = Context['settings']

/** No script at all; forms go to this server alone. */
export const PAY_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export type Stage = 'open' | 'waits' | 'paid' | 'over'

type Page = {
  stage: Stage
  /** What went wrong with the last try. */
  notice: string | null
  /** Where the front end's own page is, for this stage. */
  back: string
  /** How the order is read by hand. */
  curl: string
}

export const payPage = (
  settings: Settings,
  order: FullOrder,
  page: Page,
): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${HEADINGS[page.stage]} · ${escapeHtml(settings.STUDIO_NAME)}</title>
<link rel="stylesheet" href="/dev/pay/style.css">
</head>
<body>
<p class="note">Test payment page · no money moves · in production this is Stripe’s</p>
<main>
<section aria-label="Your order">
<h1>${escapeHtml(settings.STUDIO_NAME)}</h1>
<p class="amount">${escapeHtml(figuresOf(order, order.total))}</p>
<p class="soft">Order ${escapeHtml(order.number)}</p>
<table>${linesIn(order)
  .map(
    ({ title, quantity, total }) =>
      `<tr><td>${escapeHtml(title)}<br><span class="soft">${quantity} ×</span></td>${sum(order, total)}</tr>`,
  )
  .join('')}
${order.discount > 0 ? row(order, 'Discount', -order.discount) : ''}
${row(order, order.shippingLabel ?? 'Shipping', order.shipping)}
${order.tax > 0 ? row(order, 'Tax', order.tax) : ''}
<tr class="total"><th scope="row">Total</th>${sum(order, order.total)}</tr></table>
</section>
<section aria-label="Payment">
<h2>${HEADINGS[page.stage]}</h2>
${page.notice === null ? '' : `<p class="notice" role="alert">${escapeHtml(page.notice)}</p>`}
${BODIES[page.stage](settings, order, page)}
</section>
</main>
</body>
</html>`

const sum = (order: FullOrder, amount: number): string =>
  `<td class="sum">${escapeHtml(figuresOf(order, amount))}</td>`
const row = (order: FullOrder, label: string, amount: number): string =>
  `<tr><th scope="row">${escapeHtml(label)}</th>${sum(order, amount)}</tr>`

const HEADINGS: Record<Stage, string> = {
  open: 'Pay',
  waits: 'Your payment is on its way',
  paid: 'Paid. Thank you!',
  over: 'This payment has ended',
}

const button = (action: string, label: string, kind = 'plain'): string =>
  `<button name="action" value="${action}" class="${kind}"${action === 'pay' || action === 'later' ? '' : ' formnovalidate'}>${label}</button>`

const way = ({ back, curl }: Page): string =>
  `<p><a class="button" href="${escapeHtml(back)}">Back to the shop</a></p>
<p class="soft">No front end at that address yet? The order by hand:</p>
<pre>${escapeHtml(curl)}</pre>
<p class="soft">Mails are in the <a href="/dev/mail">mailbox</a>.</p>`

const BODIES: Record<Stage, (settings: Settings, order: FullOrder, page: Page) => string> = {
  open: formOf,
  waits: () => `<p>As with a bank transfer, the money takes its time. Decide what becomes of it:</p>
<form method="post">${button('arrive', 'The money arrives', 'main')}${button('bounce', 'It does not arrive')}</form>`,
  paid: (_, order, page) => {
    const { email } = order
    return `${email === null ? '' : `<p>A receipt goes to ${escapeHtml(email)}.</p>`}${way(page)}`
  },
  over: (_, __, page) =>
    `<p>Nothing was paid, and nothing can be paid here any more.</p>${way(page)}`,
}

const PREFILLED = {
  email: 'ann@example.org',
  name: 'Ann Miller',
  line1: '12 Mill Lane',
  postal_code: '97201',
  city: 'Portland',
}

function formOf(settings: Settings, order: FullOrder): string {
  const known = addressIn(order)
  const field = (name: keyof typeof PREFILLED, label: string, more: string) => {
    const value = (name === 'email' ? order.email : known?.[name]) ?? PREFILLED[name]
    return `<label>${label}<input name="${name}" value="${escapeHtml(value)}" required maxlength="200" ${more}></label>`
  }
  const names = new Intl.DisplayNames('en', { type: 'region' })
  const countries = order.country === null ? settings.SHIPPING_COUNTRIES : [order.country]
  const options = countries.map(
    (code) => `<option value="${escapeHtml(code)}">${escapeHtml(names.of(code) ?? code)}</option>`,
  )
  return `<form method="post">
${field('email', 'E-mail', 'type="email" autocomplete="email"')}
${field('name', 'Name', 'autocomplete="name"')}
${field('line1', 'Address', 'autocomplete="address-line1"')}
<div class="pair">${field('postal_code', 'Postal code', 'autocomplete="postal-code"')}
${field('city', 'City', 'autocomplete="address-level2"')}</div>
<label>Country<select name="country">${options.join('')}</select></label>
${button('pay', `Pay ${escapeHtml(figuresOf(order, order.total))}`, 'main')}
<div class="others">${button('later', 'Pay later, as by bank transfer')}${button('fail', 'Let the card be declined')}${button('cancel', 'Cancel')}</div>
</form>`
}

export const PAY_STYLE = `
:root { color-scheme: light dark; --line: #dedbd3; --soft: #625e57; --mark: #1f4d3a; --on-mark: #fff; --back: #f3f1ec; --face: #fff; --ink: #1d1b18; --alarm: #9b2c1f }
@media (prefers-color-scheme: dark) { :root { --line: #37342f; --soft: #aea89e; --mark: #8fc3a8; --on-mark: #131211; --back: #131211; --face: #1f1d1b; --ink: #f2efe9; --alarm: #f0a294 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; background: var(--back); color: var(--ink); font: 16px/1.6 system-ui, sans-serif }
.note { margin: 0; padding: 8px 16px; background: var(--mark); color: var(--on-mark); font-size: 14px; text-align: center }
main { max-width: 960px; margin: 0 auto; padding: 48px 24px; display: grid; grid-template-columns: 1fr 1fr; gap: 56px; align-items: start }
section:last-child { background: var(--face); border: 1px solid var(--line); border-radius: 10px; padding: 28px }
h1 { margin: 0; font-size: 18px; color: var(--mark) }
h2 { margin: 0 0 16px; font-size: 20px; line-height: 1.3 }
p { margin: 0 0 14px }
.amount { margin: 4px 0 0; font-size: 36px; font-weight: 700; letter-spacing: -.01em; line-height: 1.2 }
.soft { color: var(--soft); font-size: 14px }
table { width: 100%; margin-top: 20px; border-collapse: collapse }
th, td { padding: 10px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere }
.sum { padding-left: 16px; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.total th, .total td { border-top: 2px solid var(--ink); font-weight: 700 }
form { display: grid; gap: 14px }
label { display: grid; gap: 4px; font-size: 14px; color: var(--soft) }
.pair { display: grid; grid-template-columns: 2fr 3fr; gap: 14px }
input, select { width: 100%; min-width: 0; padding: 10px 12px; font: inherit; font-size: 16px; color: var(--ink); background: var(--back); border: 1px solid var(--line); border-radius: 8px }
button, .button { display: inline-block; padding: 12px 18px; font: inherit; color: var(--ink); background: none; border: 1px solid var(--line); border-radius: 8px; cursor: pointer; text-decoration: none; text-align: center }
.main, .button { background: var(--mark); border-color: var(--mark); color: var(--on-mark); font-weight: 600 }
.others { display: grid; gap: 8px; padding-top: 14px; border-top: 1px solid var(--line) }
.others button { padding: 8px 14px; font-size: 14px }
:is(input, select, button, a):focus-visible { outline: 2px solid var(--mark); outline-offset: 2px }
a { color: var(--mark) }
.notice { padding: 10px 14px; border-left: 3px solid var(--alarm); color: var(--alarm) }
pre { margin: 0 0 14px; padding: 14px; overflow: auto; background: var(--back); border: 1px solid var(--line); border-radius: 8px; font-size: 13px; white-space: pre-wrap; overflow-wrap: anywhere }
@media (max-width: 760px) { main { grid-template-columns: 1fr; gap: 32px; padding: 32px 20px } }
`
