/** Elements that Markdown makes, and what each may carry. */
const ALLOWED: Record<string, Record<string, RegExp>> = {
  a: { href: /./, title: /./s, rel: /^noopener( nofollow ugc)?$/ },
  img: { src: /./, alt: /^/, title: /./s, loading: /^lazy$/ },
  code: { class: /^language-/ },
  ol: { start: /^\d+$/ },
  th: { style: /^text-align:(left|right|center)$/ },
  td: { style: /^text-align:(left|right|center)$/ },
  ...Object.fromEntries(
    ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => [name, { id: /^section-[\p{L}\p{N}-]+$/u }]),
  ),
  ...Object.fromEntries(
    ['p', 'em', 'strong', 's', 'ul', 'li', 'pre', 'blockquote', 'br', 'hr']
      .concat('table', 'thead', 'tbody', 'tr')
      .map((name) => [name, {}]),
  ),
}
const SCHEMES: Record<string, string[]> = {
  href: ['http:', 'https:', 'mailto:'],
  src: ['http:', 'https:'],
}

/** Everything in the HTML that Markdown does not make or that could act, one sentence each. */
export async function activeNodes(html: string): Promise<string[]> {
  const found: string[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element({ tagName, attributes }) {
      const allowed = ALLOWED[tagName]
      if (!allowed) found.push(`element ${tagName}`)
      for (const [name = '', value = ''] of attributes) {
        if (!allowed?.[name]?.test(value)) found.push(`${tagName} ${name}="${value}"`)
        const schemes = SCHEMES[name]
        if (schemes && !schemes.includes(protocolOf(value))) found.push(`${name} to ${value}`)
      }
    },
    comments({ text }) {
      found.push(`comment ${text}`)
    },
  })
  rewriter.onDocument({
    comments({ text }) {
      found.push(`comment ${text}`)
    },
  })
  await rewriter.transform(new Response(html)).text()
  return found
}

/** As a browser reads the attribute: entities first, then the address. */
function protocolOf(value: string): string {
  const decoded = value
    .replace(/&#x([0-9a-f]+);?/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);?/g, (_, number) => String.fromCodePoint(Number(number)))
    .replace(/&(Tab|NewLine);/g, '\t')
    .replace(/&colon;/g, ':')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
  return URL.canParse(decoded, 'https://here.invalid')
    ? new URL(decoded, 'https://here.invalid').protocol
    : 'none'
}
