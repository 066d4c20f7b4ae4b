import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { activeNodes } from '../support/active-nodes.ts'
import { POSTS, type Post, PROFILES, PROJECTS, write } from '../support/content.ts'
import { newWorld, type World } from '../support/world.ts'

/** Raw HTML, foreign schemes, tricks with entities and nesting. */
const XSS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<body onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<div style="background:url(javascript:alert(1))">x</div>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?php alert(1) ?><script>alert(1)</script>',
  '<form action="javascript:alert(1)"><button>x</button></form>',
  '<style>@import "javascript:alert(1)";</style>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java&Tab;script:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](\u0001javascript:alert(1))',
  '[x](<java\tscript:alert(1)>)',
  '[x](vbscript:msgbox(1))',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](file:///etc/passwd)',
  '[x][r]\n\n[r]: javascript:alert(1) "t"',
  '![x](javascript:alert(1))',
  '![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)',
  '![x" onerror="alert(1)](https://a.example/x.png "t\\" onload=\\"alert(1)")',
  '[x](https://a.example/"onmouseover="alert(1))',
  '<javascript:alert(1)>',
  '<https://a.example/"onclick="alert(1)>',
  '```html" onmouseover="alert(1)\n<script>alert(1)</script>\n```',
  '# <script>alert(1)</script> {onclick=alert(1)}',
  '| <script>alert(1)</script> |\n|---|\n| [x](javascript:alert(1)) |',
  '- > 1. <img src=x onerror=alert(1)>\n    - [x](javascript:alert(1))',
  '`</code><script>alert(1)</script>`',
  'https://a.example/<script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;',
]

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

describe('a text in Markdown', () => {
  it('of a studio or of a stranger holds nothing that acts', async ({ expect }) => {
    expect(XSS.length).toBeGreaterThanOrEqual(35)
    const ann = await world.person()
    const profile = `${PROFILES}/${ann.username}`
    for (const text of [...XSS, XSS.join('\n\n')]) {
      // A text may not hold the control character; one that is taken must be harmless.
      const body = { title: 'T', content: text, status: 'published' }
      const made = await world.as('admin').post(POSTS, { body })
      expect(made.status, text).toBeOneOf([201, 422])
      if (made.status === 422) continue
      const { content_html, content } = await made.json<Post>()
      expect(content).toBe(text)
      expect(await activeNodes(content_html), text).toEqual([])
      const { content_html: projects } = await write(world, { content: text }, PROJECTS)
      expect(await activeNodes(projects), text).toEqual([])
      if (text.length > 5000) continue
      const saved = await world.as(ann).put(profile, { body: { name: 'Ann', bio: text } })
      const { bio_html } = await saved.json<{ bio_html: string }>()
      expect(await activeNodes(bio_html), text).toEqual([])
    }
  })

  it('is judged by a parser that sees what acts', async ({ expect }) => {
    for (const html of [
      '<script>1</script>',
      '<p onclick="x">y</p>',
      '<a href="javascript:alert(1)">x</a>',
      '<a href=" java\nscript:alert(1)">x</a>',
      '<img src="data:image/svg+xml,x" alt="x">',
      '<p style="color:red">x</p>',
      '<svg></svg>',
      '<p>x</p><!-- x -->',
    ]) {
      expect((await activeNodes(html)).length, html).toBeGreaterThan(0)
    }
  })

  it('keeps what Markdown is for', async ({ expect }) => {
    const { content_html } = await write(world, {
      content: [
        '## A *kiln*',
        '1. **bold** and ~~gone~~',
        '> said',
        '| a |\n|:-:|\n| 1 |',
        '```ts\nconst a = 1 < 2\n```',
        '[ours](/posts/1) [here](#section-a-kiln) [mail](mailto:hello@linden.test)',
        '[site](http://localhost:5173/x) [theirs](https://other.example/?a=1&b=2 "T")',
        '![bowl](/media/0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10.webp) ![far](https://other.example/x.png)',
      ].join('\n\n'),
    })
    for (const part of [
      '<h2 id="section-a-kiln">A <em>kiln</em></h2>',
      '<li><strong>bold</strong> and <s>gone</s></li>',
      '<blockquote>\n<p>said</p>',
      '<th style="text-align:center">a</th>',
      '<code class="language-ts">const a = 1 &lt; 2\n</code>',
      '<a href="/posts/1">ours</a> <a href="#section-a-kiln">here</a> <a href="mailto:hello@linden.test">mail</a>',
      '<a href="http://localhost:5173/x">site</a>',
      '<a href="https://other.example/?a=1&amp;b=2" title="T" rel="noopener">theirs</a>',
      '<img src="http://localhost:8787/media/0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10.webp" alt="bowl" loading="lazy">',
      '<img src="https://other.example/x.png" alt="far" loading="lazy">',
    ]) {
      expect(content_html).toContain(part)
    }
    const ann = await world.person()
    const body = { name: 'Ann', bio: '[theirs](https://other.example)' }
    const saved = await world.as(ann).put(`${PROFILES}/${ann.username}`, { body })
    expect(await saved.json()).toMatchObject({
      bio_html: '<p><a href="https://other.example" rel="noopener nofollow ugc">theirs</a></p>\n',
    })
  })

  it('that was rendered by older rules is rendered anew', async ({ expect }) => {
    const { id } = await write(world, { content: '*new*' })
    await write(world, { content: '*new*' }, PROJECTS)
    const ann = await world.person()
    await world.as(ann).put(`${PROFILES}/${ann.username}`, { body: { name: 'Ann', bio: '*new*' } })
    for (const [table, column] of [
      ['posts', 'content_html'],
      ['projects', 'content_html'],
      ['profiles', 'bio_html'],
    ]) {
      await world.env.DB.prepare(
        `update ${table} set ${column} = '<script>', render_version = 0`,
      ).run()
    }
    await world.runCron('* * * * *')
    const html = '<p><em>new</em></p>\n'
    expect(await world.rows('posts')).toMatchObject([{ id, content_html: html, version: 1 }])
    expect(await world.rows('projects')).toMatchObject([{ content_html: html, version: 1 }])
    expect(await world.rows('profiles')).toMatchObject([{ bio_html: html, version: 1 }])
  })
})
