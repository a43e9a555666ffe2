import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { detectEncoding } from '../../../../workers/reports/data/read/encoding/encoding.ts';
import { findHeadIssue } from '../../../../workers/reports/data/read/file-head.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { readTable } from './data-bench.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A text in an encoding of single bytes. */
function encode(text: string, encoding: string): Buffer {
  const decoder = new TextDecoder(encoding);
  const bytes = new Map(Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte]));
  return Buffer.from([...text].map((character) => bytes.get(character) ?? 0x3f));
}

function detect(content: Uint8Array, locale: string): string {
  const path = join(dir.path, 'data');
  writeFileSync(path, content);
  return detectEncoding(path, locale).encoding;
}

describe('the encoding of a file', () => {
  it.each<[string, Uint8Array, string, string]>([
    ['micrograms', latin1('Test;Value\nCRP;5 \xb5g\nTemp;37 \xb11\n'), 'en-GB', 'windows-1252'],
    ['micrograms alone', latin1('Test;Value\nCRP;5 \xb5g\n'), 'en-GB', 'windows-1252'],
    ['halves', latin1('Item;Size\nA;\xbd\nB;\xbe\n'), 'en-GB', 'windows-1252'],
    ['degrees and squares', latin1('Item;Size\nA;20\xb0C\nB;m\xb2\n'), 'en-GB', 'windows-1252'],
    ['pounds', latin1('Item;v\nA;\xa35\n'), 'en-GB', 'windows-1252'],
    ['euros', latin1('Item;v\nM\xfcller;\xa45\nStra\xdfe;\xa46\n'), 'de-DE', 'iso-8859-15'],
    ['euros alone', latin1('Item;v\na;\xa45\n'), 'de-DE', 'iso-8859-15'],
    ['Greek', encode('Όνομα;ποσό\nΓιώργος;5\n', 'windows-1253'), 'el-GR', 'windows-1253'],
    ['Russian', encode('имя;сумма\nИван;5\n', 'windows-1251'), 'ru-RU', 'windows-1251'],
    ['Norwegian', latin1('navn;bel\xf8p\nK\xe5re;5\n'), 'nb-NO', 'windows-1252'],
    ['a Mac', encode('navn;beløp\nKåre;5\nÅse;6\n', 'macintosh'), 'nb-NO', 'macintosh'],
    ['kana', encode('ｶｲｼｬ,ｷﾝｶﾞｸ\nﾄﾖﾀ,5\n', 'shift_jis'), 'ja-JP', 'shift_jis'],
    [
      'UTF-16 of Chinese',
      Buffer.from('名称,金额\n北京市海淀区中关村大街二十七号院,五百\n', 'utf16le'),
      'zh-CN',
      'utf-16le',
    ],
  ])('%s: is found', (_name, content, locale, encoding) => {
    expect(detect(content, locale)).toBe(encoding);
  });

  it('UTF-8 with a byte that is none: is UTF-8, and a warning says so', async () => {
    const text = Buffer.from('navn;beløp\nKåre Ås;5\nBjørn;6\nSlutt ?;7\n');
    text[text.lastIndexOf(0x3f)] = 0xc3;
    const { keys, rows, warnings } = await readTable({}, text, dir.path, { locale: 'nb-NO' });
    expect({ keys, rows: rows.slice(1) }).toEqual({
      keys: ['navn', 'beløp'],
      rows: [
        ['Bjørn', '6'],
        ['Slutt \ufffd', '7'],
      ],
    });
    expect(warnings.map(({ message }) => message)).toEqual([
      'The file "sales" is UTF-8 with bytes that are none, in whose place "\ufffd" stands: set "encoding" if it is another.',
    ]);
  });

  it('UTF-16 of East Asia without a mark: is text, whether the request names it or not', async () => {
    const content = Buffer.from('名称,金額\n東京都新宿区西新宿二丁目八番一号都庁第一本庁舎,5\n', 'utf16le');
    expect(findHeadIssue(content)).toBeNull();
    const rows = { file: 'sales', encoding: 'utf-16le' };
    expect((await readTable({ rows }, content, dir.path)).keys).toEqual(['名称', '金額']);
  });
});
