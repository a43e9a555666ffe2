import { describe, expect, it } from '@jest/globals';
import { cleanText } from '../../../../workers/reports/text/clean-text.ts';
import type { Run } from '../../../../workers/reports/text/inline.ts';
import { breakLines, type Line } from '../../../../workers/reports/text/lines.ts';
import { longestWord } from '../../../../workers/reports/text/words.ts';

/** A typewriter: each character is one point wide, bold ones two. */
const measure = (text: string, run: Omit<Run, 'text'>) => text.length * (run.bold ? 2 : 1);
const textOf = (line: Line) => line.pieces.map(({ text }) => text).join('');
const breakPlain = (text: string, width: number) => breakLines([{ text }], width, measure).map(textOf);

describe('line breaking', () => {
  it('words: fill each line up to its width', () => {
    expect(breakPlain('one two three four', 9)).toEqual(['one two', 'three', 'four']);
  });

  it('a word wider than the line: is cut, and what follows goes on behind it', () => {
    expect(breakPlain('ab abcdefghijkl m', 5)).toEqual(['ab', 'abcde', 'fghij', 'kl m']);
  });

  it('10,000 characters without a space: all of them are there, none outside the line', () => {
    const lines = breakLines([{ text: 'x'.repeat(10_000) }], 33, measure);
    expect(lines.map(textOf).join('')).toBe('x'.repeat(10_000));
    expect(Math.max(...lines.map(({ width }) => width))).toBe(33);
  });

  it('a line narrower than one character: has one character a line', () => {
    expect(breakPlain('abc', 0.5)).toEqual(['a', 'b', 'c']);
  });

  it('a letter with combining marks: is never cut', () => {
    expect(breakPlain('e\u0323\u0302e\u0323\u0302', 1)).toEqual(['e\u0323\u0302', 'e\u0323\u0302']);
  });

  it('a no-break space: does not break, so a grouped number stays whole', () => {
    expect(breakPlain('sum 1\u00a0234,50', 9)).toEqual(['sum', '1\u00a0234,50']);
  });

  it('a hyphen or slash between letters: may end a line; a minus may not', () => {
    expect(breakPlain('north-east', 7)).toEqual(['north-', 'east']);
    expect(breakPlain('and/or', 4)).toEqual(['and/', 'or']);
    expect(breakPlain('xx -50', 4)).toEqual(['xx', '-50']);
  });

  it('a run that begins with a no-break space: keeps all of it', () => {
    const lines = breakLines([{ text: '5', bold: true }, { text: '\u00a0kr' }], 99, measure);
    expect(lines.map(textOf)).toEqual(['5\u00a0kr']);
  });

  it('newlines: begin lines, empty ones too', () => {
    expect(breakPlain('a\n\nb', 10)).toEqual(['a', '', 'b']);
  });

  it('no text: is one empty line', () => {
    expect(breakLines([], 10, measure)).toEqual([{ pieces: [], width: 0 }]);
    expect(breakPlain('', 10)).toEqual(['']);
  });

  it('a line that ends where a space was: says so; one within a word or before none does not', () => {
    const ends = (text: string, width: number) =>
      breakLines([{ text }], width, measure).map((line) => line.endsInSpace);
    expect(ends('one two', 4)).toEqual([true, undefined]);
    expect(ends('one\ntwo', 4)).toEqual([true, undefined]);
    expect(ends('onetwo', 3)).toEqual([undefined, undefined]);
    expect(ends('漢字漢字', 2)).toEqual([undefined, undefined]);
  });

  it('runs in different styles without a space between: are one word', () => {
    const runs: Run[] = [{ text: 'so ' }, { text: 'bold', bold: true }, { text: 'ness' }];
    expect(breakLines(runs, 12, measure)).toEqual([
      { pieces: [{ text: 'so', x: 0 }], width: 2, endsInSpace: true },
      {
        pieces: [
          { text: 'bold', bold: true, x: 0 },
          { text: 'ness', x: 8 },
        ],
        width: 12,
      },
    ]);
  });

  it('words of one style on a line: are one piece', () => {
    const [line] = breakLines([{ text: 'one two' }, { text: ' three', bold: true }], 50, measure);
    expect(line?.pieces).toEqual([
      { text: 'one two', x: 0 },
      { text: ' three', x: 7, bold: true },
    ]);
  });

  it('the longest word: counts in its style', () => {
    expect(longestWord([{ text: 'one three ' }, { text: 'four', bold: true }], measure)).toBe(8);
  });
});

describe('clean text', () => {
  it('control and zero-width characters, and overrides of direction: are dropped', () => {
    expect(cleanText('a\u0000\u0007\u200b\u202a\u202e\u00ad\ufeffb\ud800')).toBe('ab');
  });

  it('joiners: stay where letters or pictures join, and are dropped elsewhere', () => {
    expect(cleanText('می\u200cخواهم क्\u200dष \u{1f468}\u200d\u{1f467} ❤\ufe0f\u200d🔥')).toBe(
      'می\u200cخواهم क्\u200dष \u{1f468}\u200d\u{1f467} ❤\u200d🔥',
    );
    expect(cleanText('a\u200cb\u200dc \u200d1')).toBe('abc 1');
  });

  it('marks and isolates of direction: stay, since Intl puts them into numbers', () => {
    const amount = new Intl.NumberFormat('he-IL', { style: 'currency', currency: 'ILS' }).format(-5);
    expect(cleanText(amount)).toBe(amount);
    expect(cleanText('\u2068a\u2069')).toBe('\u2068a\u2069');
  });

  it('tabs, line ends and loose accents: become spaces, newlines and letters', () => {
    expect(cleanText('a\tb\r\nc\rd A\u030a')).toBe('a b\nc\nd Å');
  });
});
