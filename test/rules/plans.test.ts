import { describe, it } from 'vitest'
import { planFaults } from './plan-rules.ts'

const INDEXED = {
  tables: [
    'search_docs',
    'posts',
    'items',
    'images',
    'audit_log',
    'profiles',
    'post_tags',
    'outbox',
  ],
  partial: { posts_place: "status = 'published'" },
}

/** Lines of a plan; two more spaces stand for one level deeper. */
function faults(sql: string, ...details: string[]): string[] {
  const parents: number[] = [0]
  const plan = details.map((line, index) => {
    const depth = (line.length - line.trimStart().length) / 2
    parents[depth + 1] = index + 1
    return { id: index + 1, parent: parents[depth] ?? 0, detail: line.trim() }
  })
  return planFaults(sql, plan, INDEXED)
}

describe('a statement that grows dear', () => {
  const found: [what: string, sql: string, ...plan: string[]][] = [
    ['reads a table', 'select * from posts where title = ?', 'SCAN posts'],
    ['reads a whole index', 'select id from posts', 'SCAN posts USING COVERING INDEX posts_slug'],
    ['reads a table by another name', 'select * from "posts" "p"', 'SCAN p'],
    ['reads a table that nobody knows', 'select * from elsewhere', 'SCAN elsewhere'],
    [
      'joins without an index',
      'select * from posts join items i on i.key = posts.slug where posts.id = ?',
      'SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)',
      'SCAN i',
    ],
    [
      'makes an index each time',
      'select * from posts join items on items.key = posts.slug',
      'SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH items USING AUTOMATIC COVERING INDEX (key=?)',
    ],
    [
      'walks without an end',
      'select * from posts order by id desc',
      'SCAN posts USING INDEX posts_newest',
    ],
    [
      'walks past what a filter refuses',
      'select * from posts where instr(search, ?) > 0 order by id desc limit ?',
      'SCAN posts',
    ],
    [
      'walks past more than its index leaves out',
      `select * from posts where ("posts"."status" = 'published' and "featured" = 1) order by position limit ?`,
      'SCAN posts USING INDEX posts_place',
    ],
    [
      'takes some of what it passes over',
      'select id from posts where title = ? limit ?',
      'SCAN posts',
    ],
    [
      'ends with the LIMIT of another select only',
      'select (select id from items order by id limit 1) from posts where title = ? order by id',
      'SCAN posts',
    ],
    [
      'walks in another select',
      'select (select max(id) from items where title = ?) from posts where id = ? order by id limit ?',
      'SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)',
      'SCALAR SUBQUERY 1',
      '  SCAN items',
    ],
    [
      'counts in another select',
      'select (select count(*) from items i order by id) from posts where id = ?',
      'SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)',
      'SCALAR SUBQUERY 1',
      '  SCAN i USING COVERING INDEX items_owner',
    ],
    [
      'sorts all that it finds',
      'select * from posts where status = ? order by title limit ?',
      'SEARCH posts USING INDEX posts_status (status=?)',
      'USE TEMP B-TREE FOR ORDER BY',
    ],
    [
      'sorts by its last term',
      'select * from posts where status = ? order by status, title limit ?',
      'SEARCH posts USING INDEX posts_status (status=?)',
      'USE TEMP B-TREE FOR LAST TERM OF ORDER BY',
    ],
    [
      'scans before it sorts',
      'select * from posts order by title limit ?',
      'SCAN posts',
      'USE TEMP B-TREE FOR ORDER BY',
    ],
    [
      'looks for no word',
      'select * from search_docs where rowid < ?',
      'SCAN search_docs VIRTUAL TABLE INDEX 0:<',
    ],
    ['changes by a scan', 'update posts set title = ? where title = ?', 'SCAN posts'],
    [
      'scans for a foreign key',
      'delete from users where id = ?',
      'SEARCH users USING INTEGER PRIMARY KEY (rowid=?)',
      'SCAN posts',
    ],
  ]
  it.for(found)('%s', ([, sql, ...plan], { expect }) => {
    expect(faults(sql, ...plan)).not.toEqual([])
  })
})

describe('a statement that stays cheap', () => {
  const fine: [what: string, sql: string, ...plan: string[]][] = [
    ['writes a row', 'insert into posts select ? where changes() > 0', 'SCAN CONSTANT ROW'],
    ['reads by key', 'select * from posts where id = ?', 'SEARCH posts USING INTEGER PRIMARY KEY'],
    ['reads a small table', 'select * from profiles', 'SCAN profiles'],
    ['takes a page', 'select * from posts order by "posts"."id" desc limit ?', 'SCAN posts'],
    [
      'takes a page of what its index holds',
      `select *, (select 1 from items where id = ?) from "posts" where "posts"."status" = 'published' order by position limit ?`,
      'SCAN posts USING INDEX posts_place',
    ],
    [
      'takes a page and more of each row',
      'select * from posts join items on items.id = posts.id order by posts.id desc limit ?',
      'SCAN posts',
      'SEARCH items USING INTEGER PRIMARY KEY (rowid=?)',
    ],
    [
      'reads a list of ids',
      'select * from posts where id in (select value from json_each(?))',
      'SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)',
      'LIST SUBQUERY 1',
      '  SCAN json_each VIRTUAL TABLE INDEX 1:',
    ],
    [
      'reads a list by another name',
      'select t.value from json_each(?) t',
      'SCAN t VIRTUAL TABLE INDEX 1:',
    ],
    [
      'reads what it has just made',
      'select * from (select id from posts where slug = ? limit 5) oldest',
      'CO-ROUTINE oldest',
      '  SEARCH posts USING INDEX posts_slug (slug=?)',
      'SCAN oldest',
    ],
    [
      'takes the first of another table',
      `select * from posts where id > (select i.id from items i order by i.id limit 1 offset 9)`,
      'SEARCH posts USING INTEGER PRIMARY KEY (rowid>?)',
      'SCALAR SUBQUERY 1',
      '  SCAN i USING COVERING INDEX items_owner',
    ],
    [
      'sorts the few of each row',
      'select (select json_group_array(tag_id) from post_tags where post_id = posts.id order by position) from posts where id = ?',
      'SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)',
      'CORRELATED SCALAR SUBQUERY 1',
      '  SEARCH post_tags USING PRIMARY KEY (post_id=?)',
      '  USE TEMP B-TREE FOR ORDER BY',
    ],
    ['takes some', 'select "id" from "posts" limit ?', 'SCAN posts USING COVERING INDEX x'],
    [
      'looks for words',
      'select * from search_docs where search_docs match ? and rowid < ?',
      'SCAN search_docs VIRTUAL TABLE INDEX 0:M6<',
    ],
    ['counts for the admin', 'select count(*) from posts', 'SCAN posts USING COVERING INDEX x'],
    [
      'filters for the admin',
      'select * from audit_log where created_at < ? order by id desc limit ?',
      'SCAN audit_log',
    ],
    [
      'sorts what a list holds',
      'select value from json_each(?) order by value',
      'SCAN json_each VIRTUAL TABLE INDEX 1:',
      'USE TEMP B-TREE FOR ORDER BY',
    ],
  ]
  it.for(fine)('%s', ([, sql, ...plan], { expect }) => {
    expect(faults(sql, ...plan)).toEqual([])
  })
})
