import { afterAll, describe, expect, it } from '@jest/globals';
import { judgeEncoding } from '../../../workers/reports/data/read/encoding/evidence.ts';
import { sumDecimals, toNumeric } from '../../../workers/reports/text/decimal.ts';
import { createFormatter } from '../../../workers/reports/text/formats.ts';
import { createCorpus, encodeIn } from '../../support/reports/corpus.ts';
import { LAYOUTS } from '../../support/reports/layouts.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { readTable } from '../../unit/reports/data/data-bench.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const AUTO = { columns: [{ key: '*', format: 'auto' }], sums: true };
const corpus = createCorpus();

/** An amount without its currency. */
const digitsOf = (text = ''): string => text.replaceAll(/[^\d.,−-]/g, '');

describe(`${corpus.length} files as programs write them`, () => {
  it.each(corpus.map((file) => [file.name, file] as const))(
    '%s: every cell, and the sum by decimal arithmetic; nothing is dropped unsaid',
    async (name, { content, locale, rows, header, warnings }) => {
      const table = await readTable(AUTO, content, dir.path, { locale });
      const sum = sumDecimals(rows.map(([, , , amount]) => amount));
      const [write, date] = [createFormatter('number:2', locale), createFormatter('date', locale)];
      expect(table.keys).toEqual(header);
      const [format = ''] = table.formats.slice(3);
      expect(table.formats.slice(0, 3)).toEqual(['date', undefined, undefined]);
      expect(format).toMatch(name.endsWith('money') ? /^(?:currency|sign|written)/ : /^number:2$/);
      expect(table.rows.map((cells) => cells.slice(0, 3))).toEqual(
        rows.map(([day, person, code]) => [date(day).text, person, code]),
      );
      if (format !== 'written') {
        expect(table.rows.map(([, , , amount]) => digitsOf(amount))).toEqual(
          rows.map(([, , , amount]) => digitsOf(write(amount).text)),
        );
      }
      expect(digitsOf(table.totals[0]?.[3])).toBe(digitsOf(write(toNumeric(sum)).text));
      expect(table.notes).toEqual([]);
      expect(table.warnings.map(({ code }) => code)).toEqual(warnings);
    },
  );
});

describe(`${LAYOUTS.length} files that are laid out oddly`, () => {
  it.each(LAYOUTS)('%s: its table is found, and every row of it', async (_what, content, names, rows) => {
    const table = await readTable({}, content, dir.path);
    expect([table.keys.join('|'), table.rows.length]).toEqual([names, rows]);
  });
});

describe('encodings', () => {
  it.each([
    ['windows-1252', 'Dato;Varenr;Beløp\n01.10.2026;00123;1 234,50\n02.10.2026;00045;99,90\n'],
    ['windows-1252', 'name,price\nCafé,2.5\nMüller,3\n'],
    ['windows-1250', 'Název;Částka\nPříjmení;5\nŽluťoučký;6\n'],
    ['windows-1250', 'Nazwa;Kwota\nŻółć;5\nŁódź;3\n'],
    ['windows-1251', 'Дата;Сумма\n01.10.2026;5\nМосква;3\n'],
    ['windows-1254', 'Ad;Tutar\nİstanbul;5\nÇağrı;3\n'],
    ['windows-1253', 'Ημερομηνία;Ποσό\nΑθήνα;5\n'],
    ['macintosh', 'Dato;Beløp\nBlåbær;5\nRødgrød;4\n'],
    ['shift_jis', '日付,金額\n東京,1000\n大阪,500\n'],
    ['euc-jp', '日付,金額\n東京,1000\n大阪,500\n'],
    ['gb18030', '日期,金额\n北京,1000\n上海,500\n'],
    ['big5', '日期,金額\n台北,1000\n'],
    ['euc-kr', '날짜,금액\n서울,1000\n'],
    ['koi8-r', 'Дата;Сумма\nМосква;3\n'],
    ['windows-1257', 'Pavadinimas;Suma\nŠiauliai;5\nKėdainiai;3\n'],
    ['windows-1255', 'תאריך,סכום\nירושלים,5\n'],
    ['windows-1256', 'التاريخ,المبلغ\nالقاهرة,5\n'],
    ['windows-1252', 'Artikel;Preis\nGrün;5 €\n'],
    ['windows-1252', 'a;b\nx;5 €\n'],
    ['iso-8859-2', 'Příjmení;Částka\nŽluťoučký kůň;5\n'],
    ['ibm866', 'Дата;Сумма\nМосква;3\n'],
    ['windows-1250', 'Megnevezés;Összeg\nőrült;5\n'],
    ['macintosh', 'Prénom;Âge\nJosé;5\nÉlodie;3\n'],
    ['windows-1252', 'João;São Paulo\nAção;5\n'],
    ['windows-1250', 'Ime;Znesek\nČrt Žagar;5\n'],
    ['windows-1252', 'Größe;Maß\nStraße;5\n'],
    ['windows-1258', 'Tên;Sô tiên\nđ\n'],
    ['shift_jis', '氏名,価格\nｶﾀｶﾅ,100\nたなか,5\n'],
    ['windows-1252', '“smart” quotes – dash\n'],
    ['macintosh', 'Größe;Preis\nGrün;5\n'],
    ['koi8-u', 'Назва;Ціна\nКиїв;5\n'],
  ])('%s: is told by its letters, whatever the locale (%#)', (encoding, text) => {
    for (const locale of ['en-US', 'nb-NO', 'pl-PL', 'ru-RU']) {
      const bytes = encodeIn(encoding, text);
      expect(new TextDecoder(judgeEncoding(bytes, locale)).decode(bytes)).toBe(text);
    }
  });
});
