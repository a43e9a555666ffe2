import { describe, expect, it } from '@jest/globals';
import { htmlToText } from '../../../../workers/emails/content/text/html-to-text.ts';

describe('the text of HTML', () => {
  it.each([
    ['words', 'a <b>b</b>c\n  d&nbsp;&lt;e&gt; &#x1F600;', 'a bc d\u00a0<e> 😀'],
    ['paragraphs', '<p>a<p>b<div>c</div>d<br>e<br><br>f', 'a\n\nb\n\nc\nd\ne\n\nf'],
    ['headings and rules', 'a<h1>b</h1>c<h4>d</h4>e<hr>f', `a\n\n\nb\n\nc\n\nd\n\ne\n\n${'-'.repeat(40)}\n\nf`],
    [
      'lists',
      '<ul><li>a<ol start="9"><li>b<li>c<br>d</ol></li><li>e</ul>f',
      ' * a\n    9. b\n    10. c\n        d\n * e\n\nf',
    ],
    ['quotations', 'a<blockquote>b<p>c</p><blockquote>d</blockquote></blockquote>e', 'a\n\n> b\n\n> c\n\n> > d\n\ne'],
    ['text as it is', '<pre>a\n  b\n\n c</pre>d', 'a\n  b\n\n c\n\nd'],
    [
      'links',
      '<a href=" https://a.no/?b&amp;c ">d</a> <a href="#e">f</a> <a href=mailto:g@h.no>g@h.no</a>',
      'd <https://a.no/?b&c> f g@h.no',
    ],
    ['a link around nothing', '<a href="https://a.no"><img src="b"></a>', 'https://a.no'],
    [
      'pictures by their words',
      '<img alt="Logo">a<img src=x alt="">b<a href="https://a.no"><img alt=" Facebook "></a>.',
      'Logo ab Facebook <https://a.no>.',
    ],
    [
      'what styles hide, with all in it',
      '<div style="color:red; display : none !important">a<div>b</div></div><span hidden>c</span><img alt=d hidden>' +
        '<p style="max-height:0;overflow:hidden">e</p><p style="opacity:0.9;max-height:05px">f</p>' +
        '<td style="visibility:hidden">g</td>h',
      'f\n\nh',
    ],
    [
      'cells of a table that lays out',
      '<table><tr><td>Vare</td><td>Pris</td></tr><tr><td>Kaffe</td><td>49</td></tr></table>',
      'Vare Pris\nKaffe 49',
    ],
    ['a table that lays out', '<table><tr><td>a<td>b<tr><td><table><tr><td>c</table></table>', 'a b\n\nc'],
    [
      'what nobody sees',
      '<head><title>a</title><style>b</style></head><script>c</script><p class="x preheader">d</p>f',
      'f',
    ],
    ['a body behind a head that is not closed', '<head><meta charset="utf-8"><body>a', 'a'],
    ['a head that text ends', '<head><meta charset="utf-8"><style>a</style><p>b', 'b'],
    ['a hidden paragraph that the next one ends', '<p hidden>a<b>b<p>c', 'c'],
    ['words that are hidden in a paragraph', '<p>a <span hidden>b</p>c<p>d <span hidden>e<p>f', 'a\n\nc\n\nd\n\nf'],
    ['a hidden item', '<ul><li hidden>a<ul><li>b<li>c</ul>d<li>e<li hidden>f</ul>g', ' * e\n\ng'],
    [
      'hidden cells',
      '<table><tr><td hidden>a<table><tr><td>b</table>c<td>d<tr hidden><td>e<tr><td>f</table>g',
      'd\nf\n\ng',
    ],
    ['a hidden cell that its table ends', '<table><tr><td>a<td hidden>b<p>c</table>d', 'a\n\nd'],
    ['a hidden block in a cell', '<table><tr><td><div hidden>a<td>b</table>', 'b'],
    ['terms and choices', '<dl><dt hidden>a<dd>b</dl><select><option hidden>c<option>d</select>', 'b\nd'],
    [
      'a hidden block, whatever ends in it',
      '<div hidden><p>a<div>b</p>c</div>d<b>e<div>f</b>g</div>h</li></td></section>i<table><td>j</div>k</table>l</div>m',
      'm',
    ],
    ['a template with what would end it', '<p>a<template>b<p>c<li>d</template>e', 'ae'],
    ['closing tags of nothing', '</li></ul></blockquote></table></a></pre>a</b>', 'a'],
    ['elements with names of our own language', '<constructor>a</constructor>b', 'ab'],
    ['nothing', '<p> </p>', ''],
  ])('%s', (_what, html, text) => {
    expect(htmlToText(html).trimEnd()).toBe(text.trimEnd());
  });
});

describe('a table of data', () => {
  const table = (rows: string) => htmlToText(`a<table class="data wide">${rows}</table>b`);

  it('its columns stand below each other, and cells over several of them count for none', () => {
    const rows =
      '<tr><th>Item<th>Price<tr><td>Coffee, <b>1 kg</b><td>249<tr><td colspan=2>a note that is longer than both';
    expect(table(rows)).toBe('a\n\nItem           Price\nCoffee, 1 kg   249\na note that is longer than both\n\nb\n');
  });

  it('a cell over several rows: the cells beside it stay in their columns', () => {
    expect(table('<tr><td rowspan=2>x<td>1<tr><td>2<tr><td>y<td>3')).toBe('a\n\nx   1\n    2\ny   3\n\nb\n');
  });

  it('cells over a million rows and columns: are as many as were written', () => {
    const cells = '<td colspan=1000 rowspan=1000>x'.repeat(1000);
    expect(table(`<tr>${cells}<tr>${cells}`).length).toBeLessThan(5000);
  });

  it('a table in a cell: its words stand in the cell', () => {
    expect(table('<tr><td><table><tr><td>x<td>y</table><td>z')).toBe('a\n\nx y   z\n\nb\n');
  });
});

it('a text that would be longer than a mail may be: ends in an ellipsis', () => {
  const deep = htmlToText('<ul><li>a'.repeat(110_000));
  expect([deep.length <= 1_000_001, deep.endsWith('…\n')]).toEqual([true, true]);
});
