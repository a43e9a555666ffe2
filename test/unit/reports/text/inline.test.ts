import { describe, expect, it } from '@jest/globals';
import { escapeMarks, parseInline, type Run } from '../../../../workers/reports/text/inline.ts';

const textOf = (runs: Run[]) => runs.map(({ text }) => text).join('');

describe('inline marks', () => {
  it('bold, italic and both: become runs of their own', () => {
    expect(parseInline('a **b** *c* ***d*** e')).toEqual([
      { text: 'a ' },
      { text: 'b', bold: true },
      { text: ' ' },
      { text: 'c', italic: true },
      { text: ' ' },
      { text: 'd', bold: true, italic: true },
      { text: ' e' },
    ]);
  });

  it('italic inside bold: has both styles', () => {
    expect(parseInline('**a *b* c**')).toEqual([
      { text: 'a ', bold: true },
      { text: 'b', bold: true, italic: true },
      { text: ' c', bold: true },
    ]);
  });

  it('a link: keeps its label, and its address is in ASCII', () => {
    expect(parseInline('[Blåbær](https://bær.example/å)')).toEqual([
      { text: 'Blåbær', link: 'https://xn--br-1ia.example/%C3%A5' },
    ]);
  });

  it.each(['[x](javascript:alert(1))', '[x](file:///etc/passwd)', '[x](/relative)', '[x]()', '[x](https://)'])(
    '%s: leads nowhere and is printed as it was written',
    (source) => expect(parseInline(source)).toEqual([{ text: source }]),
  );

  it.each(['2 * 3 * 4', 'an * alone', '**open', 'a*', '****', '** a **', 'snake_case_name', '[label] (no)'])(
    '"%s": has no marks',
    (source) => expect(parseInline(source)).toEqual([{ text: source }]),
  );

  it('letters below and above the line, and code: runs of their own, with the styles around them', () => {
    expect(parseInline('H~2~O, **x^2^**, `a *b* ~c~`, *`d`*')).toEqual([
      { text: 'H' },
      { text: '2', shift: 'sub' },
      { text: 'O, ' },
      { text: 'x', bold: true },
      { text: '2', bold: true, shift: 'sup' },
      { text: ', ' },
      { text: 'a *b* ~c~', code: true },
      { text: ', ' },
      { text: 'd', italic: true, code: true },
    ]);
  });

  it.each(['~5 to ~10', '2^3 and 4^5', '~~struck~~', '^ ^', '~/a and ~/b', 'it`s', '``', ':^)', 'a`b\nc`d'])(
    '"%s": has no marks either',
    (source) => expect(parseInline(source)).toEqual([{ text: source }]),
  );

  it('what is escaped has no marks, whatever stands in it', () => {
    const text = 'a*b*~c~^d^ `e` \\ [f](https://g.example)';
    expect(parseInline(escapeMarks(text))).toEqual([{ text }]);
  });

  it('a backslash: takes marks literally', () => {
    expect(parseInline(String.raw`\*a\* \[b](https://c.example) \\ \n`)).toEqual([
      { text: String.raw`*a* [b](https://c.example) \ \n` },
    ]);
  });

  it.each(['[', '[a](', '[a](b', '](', '[(', '\\[', '`\n', '~', '^ '])(
    '20,000 characters of nothing but %s: are read',
    (part) => {
      const source = part.repeat(20_000 / part.length);
      const printed = textOf(parseInline(source));
      expect(printed.length).toBe(source.replaceAll('\\', '').length);
    },
  );

  it('20,000 characters with a star at every third: all else is kept, and no run is lost', () => {
    const runs = parseInline('[*('.repeat(6666));
    expect(runs.length).toBe(6667);
    expect(textOf(runs).length).toBe(2 * 6666);
  });

  it('marks around nothing: are printed, and take no partner from what that follow', () => {
    expect(parseInline('a **** b **c**')).toEqual([{ text: 'a **** b ' }, { text: 'c', bold: true }]);
  });
});
