import { describe, it } from 'vitest'
import { arrange, placeOf } from '../../../src/cli/arrange.ts'

/** A script, and the places of the functions that are marked in it: `«() => {}»`. */
function read(marked: string): { script: string; used: Set<string> } {
  const open: number[] = []
  const used = new Set<string>()
  let script = ''
  for (const sign of marked) {
    if (sign === '«') open.push(script.length)
    else if (sign === '»') used.add(placeOf(open.pop() ?? 0, script.length))
    else script += sign
  }
  return { script, used }
}

function arranged(marked: string): string {
  const { script, used } = read(marked)
  return arrange(script, used).toString()
}

/** What a module gives to others. */
const run = async (script: string): Promise<Record<string, unknown>> => ({
  ...(await import(`data:text/javascript,${encodeURIComponent(script)}`)),
})

describe('an arrow function that stands in no other function becomes one that is skimmed', () => {
  it.for([
    ['const a=x=>x+1', 'const a=function(x){return x+1}'],
    ['const a=(x,y)=>{return x+y}', 'const a=function(x,y){return x+y}'],
    ['const a=()=>({b:1})', 'const a=function(){return ({b:1})}'],
    ['const a=async x=>await x', 'const a=async function(x){return await x}'],
    ['const a=async(x)=>{await x}', 'const a=async function(x){await x}'],
    ['const a=async () => {}', 'const a=async function() {}'],
    ['const a=x=>y=>x+y', 'const a=function(x){return y=>x+y}'],
    ['const a=x=>\n  x', 'const a=function(x){return x}'],
    ['const a=(b="=>",c=d=>d)=>c(b)', 'const a=function(b="=>",c=d=>d){return c(b)}'],
    ['const a=([b,{c=1}],...d)=>d', 'const a=function([b,{c=1}],...d){return d}'],
    ['export default()=>1', 'export default function(){return 1}'],
    ['f(x=>x,async()=>{})', 'f(function(x){return x},async function(){})'],
    ['const a={b:x=>x}', 'const a={b:function(x){return x}}'],
    ['for(const a of[x=>x])a(1)', 'for(const a of[function(x){return x}])a(1)'],
    ['const a=b?x=>x:y=>y', 'const a=b?function(x){return x}:function(y){return y}'],
    ['class A extends f(x=>x){}', 'class A extends f(function(x){return x}){}'],
    ['const a=()=>function(){return this}', 'const a=function(){return function(){return this}}'],
  ] as const)('%s', ([script, expected], { expect }) => {
    expect(arranged(script)).toBe(expected)
  })

  it.for([
    'function a(){return x=>x}',
    'const a={b(){return x=>x}}',
    'class A{b=x=>this.c+x}',
    'class A{static{f(x=>x)}}',
    'const a=()=>this',
    'const a=()=>()=>this',
    'const a=()=>b(arguments)',
  ])('but not in %s', (script, { expect }) => {
    expect(arranged(script)).toBe(script)
  })
})

describe('a function that is used at once', () => {
  it.for([
    ['const a=«x=>{return x}»', 'const a=(x=>{return x})'],
    ['const a=«x=>«y=>{return «z=>{}»}»»', 'const a=(x=>(y=>{return (z=>{})}))'],
    ['f(«function(x){return x}»)', 'f((function(x){return x}))'],
    ['const a={b:«function(){}»}', 'const a={b:(function(){})}'],
    ['function a(){return«()=>{b()}»}', 'function a(){return(()=>{b()})}'],
    ['class A{b=«x=>this.c+x»}', 'class A{b=(x=>this.c+x)}'],
    ['«function a(){}»', 'var a=(function (){});'],
    ['let b=1;«function a(x){return x}»', 'var a=(function (x){return x});let b=1;'],
    ['let b=1;«async function*a(){}»', 'var a=(async function*(){});let b=1;'],
  ] as const)('stands in parentheses: %s', ([marked, expected], { expect }) => {
    expect(arranged(marked)).toBe(expected)
  })

  it.for([
    'class A{b«(){return 1}»}',
    'const a={b«(){return 1}»}',
    'const a={get b«(){return 1}»}',
    'function a(){«function b(){}»}',
    '{«function b(){}»}',
    'export «function a(){}»',
  ])('stays where it may not: %s', (marked, { expect }) => {
    expect(arranged(marked)).toBe(read(marked).script)
  })
})

describe('the arranged module', () => {
  const MARKED = `
    export const early = later(2)
    «function later(x) { return twice(x) + one() }»
    function one() { return 1 }
    const again = (x, step = «(y) => y * 2») => step(step(x))
    «function twice(x) { return x * 2 }»
    const table = { first: (x) => x, second: «async (x) => [x, await again(x)]» }
    export const second = await table.second(3)
    export const names = [later.name, twice.name, again.name, table.first.name, table.second.name]
    export class Counter {
      #count = 0
      add = «(by) => { this.#count += by; return this }»
      get count() { return [0].map((start) => start + this.#count)[0] }
    }
    export const count = new Counter().add(4).add(5).count`

  it('does what it did', async ({ expect }) => {
    const [before, after] = await Promise.all([run(read(MARKED).script), run(arranged(MARKED))])
    expect(before).toMatchObject({ early: 5, second: [3, 12], count: 9 })
    expect({ ...after, Counter: undefined }).toEqual({ ...before, Counter: undefined })
  })

  it('is refused where it is none', ({ expect }) => {
    expect(() => arranged('const a = =>')).toThrow(SyntaxError)
  })
})
