import { escapeHtml } from './escape.ts'

/** The page itself: its own script and style, letters in a frame of their own. */
export const CHROME_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'"

/** A letter: no script, no form, no origin; pictures may load, as in a mail program. */
export const LETTER_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; frame-ancestors 'self'"

export const mailboxPage = (studio: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailbox</title>
<link rel="stylesheet" href="/dev/mail.css">
<script src="/dev/mail.js" defer></script>
</head>
<body>
<header><h1>Mailbox</h1><p>${escapeHtml(studio)} · local mails go nowhere else</p>
<label>To <input id="to" type="search" placeholder="all addresses" autocomplete="off"></label></header>
<main>
<nav aria-label="Mails"><ol id="list"></ol><p id="empty">No mail yet. Send the contact form and it is here within two seconds.</p></nav>
<p id="hint">Choose a mail to read it.</p>
<article id="mail" hidden>
<h2 id="subject"></h2>
<div role="tablist" aria-label="View">
<button role="tab" data-view="html">HTML</button><button role="tab" data-view="text">Text</button><button role="tab" data-view="headers">Headers</button>
</div>
<iframe id="html" title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
<pre id="text" hidden></pre>
<dl id="headers" hidden></dl>
</article>
</main>
</body>
</html>`

export const MAILBOX_STYLE = `
:root { color-scheme: light dark; --line: #d8d8d2; --soft: #6a6a63; --mark: #1f4d3a; --back: #fafaf7; --face: #fff }
@media (prefers-color-scheme: dark) { :root { --line: #3a3a38; --soft: #a0a099; --mark: #8fc3a8; --back: #1b1b1a; --face: #242423 } }
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; background: var(--back); height: 100vh; display: flex; flex-direction: column }
header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; padding: 12px 20px; border-bottom: 1px solid var(--line) }
h1 { font-size: 18px; margin: 0; color: var(--mark) }
header p { margin: 0; color: var(--soft); flex: 1 }
input { font: inherit; padding: 4px 8px; border: 1px solid var(--line); border-radius: 6px; background: var(--face); color: inherit }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(240px, 340px) 1fr }
nav { overflow: auto; border-right: 1px solid var(--line) }
ol { list-style: none; margin: 0; padding: 0 }
#empty, #hint { padding: 20px; color: var(--soft) }
#list button { all: unset; display: block; width: 100%; box-sizing: border-box; padding: 10px 20px; border-bottom: 1px solid var(--line); cursor: pointer }
#list button:focus-visible { outline: 2px solid var(--mark); outline-offset: -2px }
#list button[aria-current=true] { background: var(--face); box-shadow: inset 3px 0 var(--mark) }
#list b, #list span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
#list span { color: var(--soft); font-size: 13px }
article { display: flex; flex-direction: column; min-width: 0; padding: 16px 20px; gap: 12px }
article[hidden], [hidden] { display: none !important }
h2 { font-size: 17px; margin: 0; overflow-wrap: anywhere }
[role=tab] { font: inherit; padding: 4px 12px; margin-right: 6px; border: 1px solid var(--line); border-radius: 6px; background: none; color: inherit; cursor: pointer }
[role=tab][aria-selected=true] { background: var(--mark); border-color: var(--mark); color: var(--back) }
iframe { flex: 1; width: 100%; border: 1px solid var(--line); border-radius: 6px; background: #fff }
pre { flex: 1; overflow: auto; margin: 0; padding: 16px; border: 1px solid var(--line); border-radius: 6px; background: var(--face); white-space: pre-wrap; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 16px; margin: 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
@media (max-width: 700px) { main { grid-template-columns: 1fr; grid-template-rows: 30% 1fr } nav { border-right: 0; border-bottom: 1px solid var(--line) } }
`

export const MAILBOX_SCRIPT = `
const $ = (id) => document.getElementById(id)
const views = ['html', 'text', 'headers']
let mails = [], open = null, view = 'html', shown = '', asked = 0

async function refresh() {
  const to = $('to').value.trim(), turn = ++asked
  try {
    const answer = await fetch('/dev/mail.json' + (to ? '?to=' + encodeURIComponent(to) : ''))
    const newest = answer.ok ? await answer.json() : mails
    if (turn !== asked) return
    mails = newest
  } catch {}
  draw()
}

function draw() {
  const state = JSON.stringify([open, mails.map((mail) => mail.id)])
  if (state !== shown) { shown = state; list() }
}

function list() {
  const focused = document.activeElement?.dataset.id
  $('empty').hidden = mails.length > 0
  if ($('to').value.trim()) $('empty').textContent = 'No mail to this address.'
  $('list').replaceChildren(...mails.map((mail) => {
    const item = document.createElement('li'), button = document.createElement('button')
    const subject = document.createElement('b'), to = document.createElement('span'), at = document.createElement('span')
    subject.textContent = mail.subject
    to.textContent = 'To ' + mail.to
    at.textContent = new Date(mail.created_at).toLocaleString()
    button.append(subject, to, at)
    button.setAttribute('aria-current', String(mail.id === open))
    button.dataset.id = mail.id
    button.onclick = () => { open = mail.id; draw(); show(mail) }
    item.append(button)
    return item
  }))
  if (focused) $('list').querySelector('[data-id="' + focused + '"]')?.focus()
}

async function show(mail) {
  $('mail').hidden = false
  $('hint').hidden = true
  $('subject').textContent = mail.subject
  $('html').src = '/dev/mail/' + mail.id + '/html'
  $('text').textContent = mail.text
  choose(view)
  const headers = await (await fetch('/dev/mail/' + mail.id + '/headers')).json()
  $('headers').replaceChildren(...Object.entries(headers).flatMap(([name, value]) => {
    const term = document.createElement('dt'), detail = document.createElement('dd')
    term.textContent = name
    detail.textContent = value
    return [term, detail]
  }))
}

function choose(name) {
  view = name
  for (const one of views) $(one).hidden = one !== name
  for (const tab of document.querySelectorAll('[role=tab]')) {
    tab.setAttribute('aria-selected', String(tab.dataset.view === name))
  }
}

for (const tab of document.querySelectorAll('[role=tab]')) tab.onclick = () => choose(tab.dataset.view)
$('to').oninput = refresh
refresh()
setInterval(refresh, 1000)
`
