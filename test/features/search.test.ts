import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { wantedOf } from '../../src/core/search-words.ts'
import { refill } from '../../src/features/search/refill.ts'
import { GENEROUS } from '../support/accounts.ts'
import { activeNodes } from '../support/active-nodes.ts'
import { breakEach } from '../support/break-each.ts'
import { POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import { rounds } from '../support/rounds.ts'
import { newProduct } from '../support/shop.ts'
import { newWorld, type World } from '../support/world.ts'

const SEARCH = '/api/v1/search'
type Hit = { type: string; id: number; slug: string; title: string; snippet: string; score: number }

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const ask = (q: string, more = '', by = world) =>
  by.as('anonymous').get(`${SEARCH}?q=${encodeURIComponent(q)}${more}`)

async function hits(q: string, more = ''): Promise<Hit[]> {
  const response = await ask(q, more)
  if (response.status !== 200) throw new Error(await response.text())
  return (await response.json<{ data: Hit[] }>()).data
}
const titles = async (q: string, more = '') => (await hits(q, more)).map(({ title }) => title)

describe('a search', () => {
  it('finds posts and projects by words of their title and text', async ({ expect }) => {
    const post = await write(world, { title: 'Tea bowls', content: 'Thrown in **stoneware**.' })
    await write(world, { title: 'A kiln', content: 'Stoneware comes out of it.' }, PROJECTS)
    expect(await hits('stoneware bowl')).toEqual([
      {
        type: 'post',
        id: post.id,
        slug: 'tea-bowls',
        title: 'Tea bowls',
        snippet: 'Thrown in <mark>stoneware</mark>. Thrown in <mark>stoneware</mark>.',
        score: expect.any(Number),
      },
    ])
    expect(await titles('stoneware')).toHaveLength(2)
    expect(await titles('stoneware', '&type=project')).toEqual(['A kiln'])
    expect(await titles('stoneware', '&limit=1')).toHaveLength(1)
    expect(await titles('stoneware nowhere')).toEqual([])
  })

  it('takes the start of the last word only, and no heed of case and accents', async ({
    expect,
  }) => {
    await write(world, {
      title: 'Müller’s Töpferei',
      content: 'Ein Café in Zürich. 陶芸教室です。',
    })
    for (const q of [
      'muller',
      'MÜLLER',
      'topf',
      'müller töp',
      'CAFE zur',
      '陶芸',
      '"cafe',
      'cafe*',
    ]) {
      expect(await titles(q), q).toHaveLength(1)
    }
    for (const q of ['mull topferei', 'opferei', 'z']) expect(await titles(q), q).toEqual([])
  })

  it('takes the start of a long word too, however many words begin with it', async ({ expect }) => {
    await write(world, { title: 'Чайник', content: 'Photographs of glazed stoneware.' })
    await write(world, { title: 'Чаинка', content: 'Glazes, photographed.' })
    await write(world, { title: 'Tea', content: 'A photo.' })
    expect(await titles('photograph')).toEqual(['Чаинка', 'Чайник'])
    expect(await titles('photographs')).toEqual(['Чайник'])
    expect(await titles('glazed PHOTÓGRAPH')).toEqual(['Чайник'])
    expect(await titles('чайн')).toEqual(['Чайник'])
    expect(await titles('ЧАИН')).toEqual(['Чаинка'])
    expect(await titles('photographing')).toEqual([])
    const words = Array.from(
      { length: 100 },
      (_, index) => `stone${String(index).padStart(2, '0')}`,
    )
    for (const count of [63, 64, 100]) {
      const title = `${count} words`
      await write(world, { title, content: words.slice(0, count).join(' ') })
      expect(await titles('stone'), title).toContain(title)
    }
    expect(await titles('stone6')).toEqual(['100 words', '64 words', '63 words'])
    expect(await titles('stone99')).toEqual(['100 words'])
  })

  it('looks the start of a word up as the index keeps it', async ({ expect }) => {
    const letters = Array.from({ length: 0x530 }, (_, code) => String.fromCodePoint(code)).filter(
      (letter) => /[\p{L}\p{N}]/u.test(letter) && letter === letter.normalize(),
    )
    const content = letters.map((letter) => `aaa${letter}`).join(' ')
    await write(world, { title: 'Letters', content })
    const terms = new Set(await knownTerms())
    const starts = new Set(letters.map((letter) => wantedOf([`aaa${letter}`]).start))
    const others = letters.filter((letter) => !terms.has(String(wantedOf([`aaa${letter}`]).start)))
    const kept = [...terms].filter((term) => term.startsWith('aaa') && !starts.has(term))
    // With these FTS5 finds the start itself.
    expect(others.join('')).toBe('µſςϐϑϕϖϰϱϵ')
    // These the index keeps as they are typed.
    expect(kept.map((term) => term.slice(3)).join('')).toBe('ͿԨԪԬԮ')
  })

  it('takes the start of a word that the index takes apart', async ({ expect }) => {
    const found: [title: string, start: string][] = [
      ['กรุงเทพมหานคร', 'กรุงเทพ'],
      ['समाचारपत्र', 'समाचार'],
      ['தமிழகம்', 'தமிழக'],
      ['كِتَابٌ', 'كِتَا'],
      ['m̈a̋x̌imum', 'm̈a̋x̌im'],
      ['ᏣᎳᎩᎯᏱ', 'ᏣᎳᎩᎯ'],
      ['ΔΡΌΜΟΣ', 'δρόμος'],
      ['Ǡberra', 'ǡberr'],
    ]
    for (const [title] of found) await write(world, { title })
    for (const [title, start] of found) expect(await titles(start), start).toEqual([title])
  })

  it('puts the title before the text, and what speaks of it more before the rest', async ({
    expect,
  }) => {
    const filler = 'Other things are told here at length. '
    await write(world, { title: 'In passing', content: `${filler.repeat(9)}Glaze.` })
    await write(world, { title: 'Glaze', content: filler })
    await write(world, { title: 'Often', content: `Glaze and glaze. ${filler.repeat(4)}` })
    await write(world, { title: 'Nothing', content: filler })
    world.pass(1000)
    const found = await hits('glaze')
    expect(found.map(({ title }) => title)).toEqual(['Glaze', 'Often', 'In passing'])
    const scores = found.map(({ score }) => score)
    expect(scores).toEqual(scores.toSorted((a, b) => b - a))
    expect(scores.every((score) => score > 0)).toBe(true)
  })

  it('ranks the newest 250 of those that match', async ({ expect }) => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 700)
       insert into posts (slug, title, excerpt, content, content_html, render_version, reading_minutes,
         status, published_at, search, created_at, updated_at)
       select 'n-' || i, iif(i in (150, 500), 'Sample', 'N'), '', 'sample and other words', 'x', 1, 1,
         'published', i * 1000, '', 1, 1 from n`,
    ).run()
    await write(world, { title: 'A kiln', content: 'sample', published_at: undefined }, PROJECTS)
    const found = await hits('sample', '&limit=100')
    expect(found).toHaveLength(100)
    expect(found[0]?.slug).toBe('n-500')
    expect(found.map(({ slug }) => slug)).not.toContain('n-150')
    expect(await titles('sample', '&type=project')).toEqual(['A kiln'])
    const cost = (await ask('sample')).headers.get('server-timing') ?? ''
    const [, calls, read] = /calls=(\d+) read=(\d+)/.exec(cost) ?? []
    expect([Number(calls), Number(read) < 2500], cost).toEqual([1, true])
  })

  it('lets a rare word rank, and of common ones that the title holds them', async ({ expect }) => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 600)
       insert into posts (slug, title, excerpt, content, content_html, render_version, reading_minutes,
         status, published_at, search, created_at, updated_at)
       select 'n-' || i, case i when 590 then 'Raku sample' when 400 then 'Sample words' else 'N' end, '',
         'sample words' || iif(i in (200, 300, 595), ' raku', '') || iif(i = 300, ' raku raku', ''),
         'x', 1, 1, 'published', i * 1000, '', 1, 1 from n`,
    ).run()
    const slugs = async (q: string) => (await hits(q)).map(({ slug }) => slug)
    expect((await slugs('raku sample')).slice(0, 4)).toEqual(['n-590', 'n-300', 'n-595', 'n-200'])
    expect((await slugs('words samp')).slice(0, 3)).toEqual(['n-400', 'n-600', 'n-599'])
    expect((await slugs('sample')).slice(0, 3)).toEqual(['n-590', 'n-400', 'n-600'])
    const [first, second] = await hits('words sample')
    expect([first?.score, second?.score]).toEqual([1, 0])
    const cost = (await ask('words sample')).headers.get('server-timing') ?? ''
    expect(Number(/read=(\d+)/.exec(cost)?.[1]), cost).toBeLessThan(2500)
  })

  it('ranks a start as one word, whatever words it stands for', async ({ expect }) => {
    for (let i = 0; i < 4; i++) await write(world, { title: `Bowl ${i}`, content: 'Thrown.' })
    await write(world, { title: 'Other', content: 'Two bowls among other things.' })
    for (let i = 0; i < 5; i++) await write(world, { title: `Kiln ${i}`, content: 'Fired.' })
    for (const q of ['bowl', 'bow']) {
      expect((await titles(q)).slice(-1), q).toEqual(['Other'])
    }
  })

  it('reads little of what common words beside a rare one hold', async ({ expect }) => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
       insert into posts (slug, title, excerpt, content, content_html, render_version, reading_minutes,
         status, published_at, search, created_at, updated_at)
       select 'n-' || i, 'A sample tea ' || i || iif(i in (1, 3000), ' scarce', ''), '', 'words', 'x', 1, 1,
         'published', i * 1000, '', 1, 1 from n`,
    ).run()
    const readBy = async (q: string) => {
      const cost = (await ask(q)).headers.get('server-timing') ?? ''
      return Number(/read=(\d+)/.exec(cost)?.[1])
    }
    expect(await titles('tea scarce')).toEqual([
      'A sample tea 3000 scarce',
      'A sample tea 1 scarce',
    ])
    for (const q of ['tea nowhere', 'nowhere tea', 'tea scarce', 'scarce sample', 'nowhere']) {
      expect(await readBy(q), q).toBeLessThan(600)
    }
  })

  it('shows pieces of text in which nothing acts', async ({ expect }) => {
    const strings = [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '<svg/onload=alert(1)>',
      '<math><mi xlink:href="data:x,y">',
      '</mark><b>',
      '&lt;script&gt;',
      '"><iframe src=javascript:alert(1)>',
      '[a](javascript:alert(1))',
      '<mark onclick=x>',
      '\ue000<b>\ue001',
      `${'<'.repeat(300)}`,
      '`<style>*{}</style>`',
    ]
    for (const [index, text] of strings.entries()) {
      await write(world, { title: `T ${index}`, content: `needle ${text} needle` })
    }
    const found = await hits('needle', '&limit=100')
    expect(found).toHaveLength(strings.length)
    for (const { snippet } of found) {
      expect(snippet).toContain('<mark>needle</mark>')
      expect(await activeNodes(snippet.replaceAll(/<mark>|<\/mark>/g, ''))).toEqual([])
      expect(snippet.split('<mark>').length).toBe(snippet.split('</mark>').length)
    }
  })

  it('is one round trip, 30 times a minute from one source', async ({ expect }) => {
    const strict = await newWorld()
    await write(strict, { title: 'Bowl' })
    const answers: Response[] = []
    for (let i = 0; i < 31; i++) answers.push(await ask('bowl', '', strict))
    expect(answers.map(({ status }) => status)).toEqual([...Array(30).fill(200), 429])
    const timings = answers.map(({ headers }) => headers.get('server-timing'))
    expect(timings.every((timing) => timing?.includes('calls=1 '))).toBe(true)
    expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"search";r=29;t=60$/)
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('60')
    expect(answers[0]?.headers.get('cache-control')).toBe('no-store')
    const other = await strict.as('anonymous').get(`${SEARCH}?q=bowl`, { from: '198.51.100.9' })
    expect(other.status).toBe(200)
    strict.pass(60_001)
    expect((await ask('bowl', '', strict)).status).toBe(200)
  })

  it('refuses what asks for no word, or for what is not known', async ({ expect }) => {
    const queries = [
      '',
      'q=',
      'q=%20',
      'q=%22%22',
      'q=*',
      'q=%F0%9F%98%80',
      `q=${'x'.repeat(101)}`,
      'q=a%00b',
      'q=a&q=b',
      'q=a&type=user',
      'q=a&type=',
      'q=a&limit=0',
      'q=a&limit=101',
      'q=a&limit=1.5',
      'q=a&cursor=x',
      'q=a&sort=score',
      'q=a&sort=(CASE%20WHEN%201=1%20THEN%201%20END)',
      'q=a&include=author',
      'q=a&status=draft',
      'q=a&entity_type=users',
    ]
    for (const query of queries) {
      expect((await world.as('anonymous').get(`${SEARCH}?${query}`)).status, query).toBe(422)
    }
  })
})

/** FTS5's own syntax, most of which is an error of SQLite when it is not quoted. */
const FTS = [
  '"',
  '""',
  '"a',
  'a"',
  'a"b',
  '"a" "',
  "'",
  "a'b",
  'a AND (',
  'a AND',
  'AND',
  'OR',
  'NOT',
  'NOT a',
  'a NOT b',
  'a OR b',
  'a AND b',
  'NEAR(',
  'NEAR(a b, 2)',
  'NEAR(a b',
  '-a',
  '-title:a',
  'title:a',
  'title : a',
  'body:',
  'nocolumn:a',
  '{title body}:a',
  '{title',
  '}',
  '*',
  'a*',
  'a**',
  '*a',
  '^a',
  '^',
  '(a',
  'a)',
  '((((((((((a))))))))))',
  'a + b',
  'a\u0000b',
  `a ${'b '.repeat(50_000)}`,
  'entity_type:"project" a',
]

describe('words that mean something to the index', () => {
  it('mean nothing here (42 inputs)', async ({ expect }) => {
    expect(FTS).toHaveLength(42)
    await write(world, { title: 'a b', content: 'near and or not title body' })
    for (const input of FTS) {
      const { status } = await ask(input)
      const long = input.length > 100 ? [400, 422] : [200, 422]
      expect(long, JSON.stringify(input.slice(0, 50))).toContain(status)
    }
    expect(await titles('a OR zebra')).toEqual([])
    expect(await titles('-a')).toEqual(['a b'])
    expect(await titles('entity_type:post a')).toEqual([])
    expect(await titles('{title} : a')).toEqual(['a b'])
    expect(await titles('NEAR(a b)')).toEqual(['a b'])
  })

  it('say nothing of what is hidden, nor of SQL', async ({ expect }) => {
    const admin = await world.admin()
    await write(world, { title: 'One', content: 'Seen' })
    await write(world, { title: 'Two', content: 'Hidden zebra', status: 'draft' })
    const [user] = await world.rows('users')
    const pairs: [string, string][] = [
      ['zebra', 'zebrb'],
      [String(user?.password_hash).slice(0, 40), 'z'.repeat(40)],
      [admin.email, 'nobody@nowhere.test'],
      ["One' OR '1'='1", "One' OR '1'='0"],
      ["one'); SELECT 1--", "one'); SELECT 0--"],
      ['one UNION SELECT 1', 'one UNION SELECT 0'],
      ['(CASE WHEN 1=1 THEN 1 END)', '(CASE WHEN 1=0 THEN 1 END)'],
    ]
    for (const [yes, no] of pairs) {
      const [one, other] = [await ask(yes), await ask(no)]
      expect([one.status, await one.text()], yes).toEqual([other.status, await other.text()])
    }
    expect(await titles('_one%')).toEqual(['One'])
  })
})

describe('what is not published', () => {
  for (const path of [POSTS, PROJECTS]) {
    it(`is not found among ${path}, at no time`, async ({ expect }) => {
      const made = await write<Post>(world, { title: 'Zebra', status: 'draft' }, path)
      const change = (body: object) => world.as('admin').patch(`${path}/${made.id}`, { body })
      expect(await titles('zebra')).toEqual([])
      await change({ status: 'published' })
      expect(await titles('zebra')).toEqual(['Zebra'])
      await change({ title: 'Okapi' })
      expect([await titles('zebra'), await titles('okapi')]).toEqual([[], ['Okapi']])
      await change({ status: 'draft' })
      expect(await titles('okapi')).toEqual([])
      await change({ status: 'published' })
      expect(await titles('okapi')).toEqual(['Okapi'])
      await world.as('admin').delete(`${path}/${made.id}`)
      expect(await titles('okapi')).toEqual([])
    })
  }

  it('is found from its time on, before the cron and after', async ({ expect }) => {
    const publish_at = new Date(Date.now() + 3_600_400).toISOString()
    await write(world, { title: 'Zebra', status: 'scheduled', publish_at })
    const far = new Date(253402300799000).toISOString()
    await write(world, { title: 'Zebra far', status: 'scheduled', publish_at: far })
    expect(await titles('zebra')).toEqual([])
    world.pass(3_600_000)
    expect(await titles('zebra')).toEqual([])
    world.pass(400)
    expect(await titles('zebra')).toEqual(['Zebra'])
    await world.runCron('* * * * *')
    expect(await titles('zebra')).toEqual(['Zebra'])
    expect(await titles('zebra', '&type=project')).toEqual([])
  })
})

const WORDS = ['clay', 'kiln', 'glaze', 'ash', 'bowl', 'raku', 'slip', 'wheel']

/** Every document, and which of them each word finds. */
async function stateOfIndex() {
  const documents = await env.DB.prepare(
    'select cast(rowid as text) as number, * from search_docs order by rowid',
  ).all()
  const found = await env.DB.batch<{ number: string }>(
    WORDS.map((word) =>
      env.DB.prepare(
        'select cast(rowid as text) as number from search_docs where search_docs match ? order by rowid',
      ).bind(word),
    ),
  )
  return { documents: documents.results, found: found.map(({ results }) => results) }
}

const termsOf = async (sql: string): Promise<string[]> =>
  (await env.DB.prepare(`${sql} order by term`).all<{ term: string }>()).results.map(
    ({ term }) => term,
  )

/** What a start is looked up in. */
const knownTerms = () => termsOf('select term from search_terms')

/** What the documents hold, as the index has taken them apart. */
const indexedTerms = () =>
  termsOf("select distinct term from search_words where col in ('title', 'body')")

async function run(sql: string) {
  const statements = sql.split(';').map((one) => env.DB.prepare(one))
  const answers = await env.DB.batch<Record<string, unknown>>(statements)
  return answers.at(-1)?.results ?? []
}

describe('the index', () => {
  it('is what a rebuild makes of the rows, after anything that happens to them', async ({
    expect,
  }) => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % below
    }
    const words = () => Array.from({ length: 5 }, () => WORDS[random(8)]).join(' ')
    const pick = (table: string) =>
      `(select id from ${table} order by id limit 1 offset ${random(6)})`
    const columns: Record<string, string> = {
      posts:
        'slug, title, excerpt, content, content_html, render_version, reading_minutes, status, published_at, search, created_at, updated_at',
      projects:
        'slug, title, summary, content, content_html, render_version, featured, status, published_at, search, created_at, updated_at',
    }
    for (let step = 0; step < rounds(1000); step++) {
      const [table = '', text = ''] = random(2) ? ['posts', 'excerpt'] : ['projects', 'summary']
      const status = ['draft', 'published', table === 'posts' ? 'scheduled' : 'published'][
        random(3)
      ]
      const at = status === 'draft' && random(2) ? 'null' : String(random(5) * 1000)
      const row = `'s-${step}', '${words()}', '', '${words()}', '', 1, 1, '${status}', ${at}, '', 1, 1`
      const id = pick(table)
      const sql = [
        `insert into ${table} (${columns[table]}) values (${row})`,
        `insert into ${table} (${columns[table]}) values (${row})`,
        `update ${table} set title = '${words()}', content = content where id = ${id}`,
        `update ${table} set ${text} = '${words()}', content = '${words()}' where id in (${id}, ${pick(table)})`,
        `update ${table} set status = '${status}', published_at = ${at === 'null' ? 0 : at} where id = ${id}`,
        `update ${table} set slug = 'r-${step}', comment_count = comment_count + 1 where id = ${id}`,
        `update ${table} set id = id + 1000 where id = ${id}`,
        `delete from ${table} where id = ${id}`,
        `insert into ${table} (id, ${columns[table]}) values (${id}, ${row}) on conflict (id) do update set title = excluded.title`,
        `update or ignore ${table} set slug = (select slug from ${table} limit 1), title = 'lost' where id = ${id}`,
      ][random(10)]
      await env.DB.prepare(sql ?? '')
        .run()
        .catch((error) => {
          // An address that is taken, or no row to name: nothing has happened then.
          if (!/UNIQUE|NOT NULL/.test(String(error))) throw error
        })
    }
    const before = await stateOfIndex()
    expect(before.documents.length).toBeGreaterThan(2)
    expect(before.found.some((found) => found.length > 0)).toBe(true)
    expect(await knownTerms()).toEqual(expect.arrayContaining(await indexedTerms()))
    expect(await refill(run)).toBe(before.documents.length)
    expect(await stateOfIndex()).toEqual(before)
    expect(await knownTerms()).toEqual(await indexedTerms())
  })

  it('knows the words of what is published, each once', async ({ expect }) => {
    const post = await write(world, { title: 'Clay', content: 'Clay, ash and Töne.', excerpt: 'A' })
    await write(world, { title: 'Draft', content: 'unsaid', status: 'draft' })
    expect(await knownTerms()).toEqual(['a', 'and', 'ash', 'clay', 'tone'])
    await write(world, { title: 'Ash', content: 'kiln', summary: 'Clay' }, PROJECTS)
    const body = { title: 'Glaze' }
    await world.as('admin').patch(`${POSTS}/${post.id}`, { body })
    await newProduct(world, { name: 'Oak', description: '', attributes: { Feel: 'smooth' } })
    const words = ['a', 'and', 'ash', 'clay', 'glaze', 'kiln', 'oak', 'smooth', 'tone']
    expect(await knownTerms()).toEqual(words)
    expect(await indexedTerms()).toEqual(words)
    await world.as('admin').delete(`${POSTS}/${post.id}`)
    expect(await titles('glaz')).toEqual([])
    await refill(run)
    expect(await knownTerms()).toEqual(['ash', 'clay', 'kiln', 'oak', 'smooth'])
    expect(await world.rows('search_reading_terms')).toEqual([])
  })

  it('takes in what an upsert changes', async ({ expect }) => {
    await write(world, { title: 'Clay', content: 'ash', excerpt: 'A' })
    for (const conflict of ['(slug)', '(id)']) {
      const title = conflict === '(id)' ? 'Clay kiln' : 'Clay bowl'
      await run(
        `insert into posts select * from posts where true on conflict ${conflict} do update set title = '${title}'`,
      )
      expect(await titles(title.slice(0, -1))).toEqual([title])
    }
    await run("update or abort posts set title = 'Clay raku'")
    expect(await titles('rak')).toEqual(['Clay raku'])
    expect(await world.rows('search_reading_terms')).toEqual([])
  })

  it('takes nothing in but with its words', async ({ expect }) => {
    const triggers = await run("select name, sql from sqlite_master where type = 'trigger'")
    const fill = triggers.filter(({ sql }) => /into\s+\W?search_docs\b/i.test(String(sql)))
    expect(fill.map(({ name }) => name)).toEqual(['search_new_docs_made'])
  })

  it('is told its words by the migration that brings the table of them', async ({ expect }) => {
    await write(world, { title: 'Clay', content: `${'stone '.repeat(50)}kiln`, excerpt: 'A' })
    await run('delete from search_terms')
    expect(await titles('ston')).toEqual([])
    const queries = env.TEST_MIGRATIONS.find(({ name }) => name.includes('terms'))?.queries ?? []
    await env.DB.prepare(queries.at(-1) ?? '').run()
    // And how the index calls the kind of thing, which is found nowhere.
    expect(await knownTerms()).toEqual(['a', 'clay', 'kiln', 'post', 'stone'])
    expect(await titles('ston')).toEqual(['Clay'])
    expect(await titles('post')).toEqual([])
  })

  it('is healed by a rebuild, and goes on', async ({ expect }) => {
    await write(world, { title: 'Old bowl', content: 'clay' })
    await write(world, { title: 'Kiln', content: 'ash' }, PROJECTS)
    const whole = await stateOfIndex()
    await run("delete from search_docs where title = 'Kiln'")
    await run("insert into search_docs (title, body, entity_id) values ('Ghost', 'clay', 9)")
    await run("update search_docs set title = 'Wrong' where title = 'Old bowl'")
    await refill(run)
    expect(await stateOfIndex()).toEqual(whole)
    await write(world, { title: 'New bowl', content: 'clay' })
    expect(await titles('bowl')).toHaveLength(2)
  })

  it('is made by a rebuild as by the migrations, even when it is gone', async ({ expect }) => {
    const written = env.TEST_MIGRATIONS.flatMap(({ queries }) => queries).filter((query) =>
      query.includes('CREATE VIRTUAL TABLE `search_docs`'),
    )
    await run('drop table search_docs')
    expect(await refill(run)).toBe(0)
    const [table] = await run("select sql from sqlite_master where name = 'search_docs'")
    const plain = (sql: unknown) => String(sql).replaceAll(/^--.*$|[`;\s]/gm, '')
    expect(plain(table?.sql)).toBe(plain(written.at(-1)))
  })

  it('takes the longest text that a post may have', async ({ expect }) => {
    const content = `first ${'𠀀𠀀𠀀 '.repeat(35_000)}last`
    const post = await write(world, { title: 'Long', content, excerpt: 'Short' })
    expect(await titles('first')).toEqual(['Long'])
    expect(await titles('last')).toEqual([])
    const [{ size }] = (
      await env.DB.prepare('select length(cast(body as blob)) as size from search_docs').all()
    ).results as [{ size: number }]
    expect(size).toBeLessThan(100_000)
    const patched = await world.as('admin').patch(`${POSTS}/${post.id}`, { body: { title: 'L' } })
    expect(patched.status).toBe(200)
    expect(await titles('first')).toEqual(['L'])
  })

  it('changes with the row or not at all', async ({ expect }) => {
    let id = 0
    await breakEach({
      settings: GENEROUS,
      before: async (one) => {
        id = (await write(one, { title: 'Clay', content: 'Kiln' })).id
      },
      run: (one) => one.as('admin').patch(`${POSTS}/${id}`, { body: { title: 'Glaze' } }),
      after: async (one, point) => {
        const [row] = await one.rows('posts')
        const [document, ...others] = await one.rows('search_docs')
        expect([document?.title, others], point).toEqual([row?.title, []])
      },
    })
  })
})
