import { readFileSync } from 'node:fs';

/** A data file as somebody's program writes it, and what it says. */
export interface CorpusFile {
  name: string;
  content: Uint8Array;
  /** The report's locale: often not the file's. */
  locale: string;
  /** Each row's day, name, code and amount. */
  rows: (readonly [day: string, name: string, code: string, amount: string])[];
  header: readonly string[];
  /** The codes of warnings that are due. */
  warnings: string[];
}

type Row = CorpusFile['rows'][number];

/** How spreadsheets write in a country. */
interface Country {
  locale: string;
  delimiter: string;
  encoding: string;
  decimal: '.' | ',';
  group: string;
  date: (year: string, month: string, day: string) => string;
  money: (amount: string) => string;
  header: readonly [string, string, string, string];
  names: readonly [string, string, string];
}

const dotted = (year: string, month: string, day: string) => `${day}.${month}.${year}`;
const slashed = (year: string, month: string, day: string) => `${day}/${month}/${year}`;

const COUNTRIES: readonly Country[] = [
  {
    locale: 'en-US',
    delimiter: ',',
    encoding: 'windows-1252',
    decimal: '.',
    group: ',',
    date: (y, m, d) => `${Number(m)}/${Number(d)}/${y}`,
    money: (a) => `$${a}`,
    header: ['Date', 'Name', 'Code', 'Amount'],
    names: ['Café', 'Bob, jr.', 'Ann'],
  },
  {
    locale: 'en-GB',
    delimiter: ',',
    encoding: 'windows-1252',
    decimal: '.',
    group: ',',
    date: slashed,
    money: (a) => `£${a}`,
    header: ['Date', 'Name', 'Code', 'Amount'],
    names: ['Zoë', 'Tea', 'Milk'],
  },
  {
    locale: 'nb-NO',
    delimiter: ';',
    encoding: 'windows-1252',
    decimal: ',',
    group: '\u00a0',
    date: dotted,
    money: (a) => `kr ${a}`,
    header: ['Dato', 'Navn', 'Varenr', 'Beløp'],
    names: ['Blåbær', 'Grød', 'Te'],
  },
  {
    locale: 'de-DE',
    delimiter: ';',
    encoding: 'windows-1252',
    decimal: ',',
    group: '.',
    date: dotted,
    money: (a) => `${a} €`,
    header: ['Datum', 'Größe', 'Nr.', 'Betrag'],
    names: ['Grün', 'Straße', 'Öl'],
  },
  {
    locale: 'fr-FR',
    delimiter: ';',
    encoding: 'windows-1252',
    decimal: ',',
    group: '\u00a0',
    date: slashed,
    money: (a) => `${a} €`,
    header: ['Date', 'Prénom', 'Code', 'Montant'],
    names: ['Élodie', 'François', 'Noël'],
  },
  {
    locale: 'pl-PL',
    delimiter: ';',
    encoding: 'windows-1250',
    decimal: ',',
    group: '\u00a0',
    date: dotted,
    money: (a) => `${a} zł`,
    header: ['Data', 'Imię', 'Kod', 'Kwota'],
    names: ['Żółć', 'Łódź', 'Kraków'],
  },
  {
    locale: 'cs-CZ',
    delimiter: ';',
    encoding: 'windows-1250',
    decimal: ',',
    group: '\u00a0',
    date: dotted,
    money: (a) => `${a} Kč`,
    header: ['Datum', 'Příjmení', 'Kód', 'Částka'],
    names: ['Žluťoučký', 'Kůň', 'Říp'],
  },
  {
    locale: 'ru-RU',
    delimiter: ';',
    encoding: 'windows-1251',
    decimal: ',',
    group: '\u00a0',
    date: dotted,
    money: (a) => `${a} руб.`,
    header: ['Дата', 'Имя', 'Код', 'Сумма'],
    names: ['Москва', 'Чай', 'Молоко'],
  },
  {
    locale: 'tr-TR',
    delimiter: ';',
    encoding: 'windows-1254',
    decimal: ',',
    group: '.',
    date: dotted,
    money: (a) => `${a} TL`,
    header: ['Tarih', 'İsim', 'Kod', 'Tutar'],
    names: ['Çağrı', 'Şişli', 'Işık'],
  },
  {
    locale: 'ja-JP',
    delimiter: ',',
    encoding: 'shift_jis',
    decimal: '.',
    group: ',',
    date: (y, m, d) => `${y}/${m}/${d}`,
    money: (a) => `${a}円`,
    header: ['日付', '名前', '番号', '金額'],
    names: ['東京', '大阪', 'たなか'],
  },
];

const DAYS = ['2026-10-31', '2026-11-01', '2026-12-24'] as const;
const CODES = ['00123', '00045', '04567'] as const;
const AMOUNTS = ['1234.50', '-99.90', '1234567.89'] as const;

const characters = new Map<string, Map<string, number[]>>();

/** The bytes of each character of an encoding, found out by decoding all of them. */
function bytesOf(encoding: string): Map<string, number[]> {
  const known = characters.get(encoding);
  if (known) return known;
  const decoder = new TextDecoder(encoding);
  const found = new Map<string, number[]>();
  const see = (bytes: number[]) => {
    const text = decoder.decode(Uint8Array.from(bytes));
    if ([...text].length === 1 && text !== '\ufffd' && !found.has(text)) found.set(text, bytes);
  };
  for (let one = 0; one < 256; one += 1) see([one]);
  if (/jis|euc|gb|big5/.test(encoding)) {
    for (let one = 0x81; one < 0xff; one += 1) for (let other = 0x40; other < 0xff; other += 1) see([one, other]);
  }
  characters.set(encoding, found);
  return found;
}

/** A text in one of the encodings that a decoder knows. */
export function encodeIn(encoding: string, text: string): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(text);
  const bytes = bytesOf(encoding);
  return Uint8Array.from([...text].flatMap((character) => bytes.get(character) ?? [0x3f]));
}

function group(amount: string, { group: mark, decimal }: Country, isGrouped: boolean): string {
  const [whole = '', decimals = ''] = amount.replace('-', '').split('.');
  const groups = isGrouped ? whole.replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, mark) : whole;
  return `${groups}${decimal}${decimals}`;
}

const quote = (cell: string, delimiter: string): string =>
  cell.includes(delimiter) || cell.includes('"') ? `"${cell.replaceAll('"', '""')}"` : cell;

/** What a file is like beside its country. */
type Variant = (country: Country) => Partial<CorpusFile> & { lines?: string[]; write?: (amount: string) => string };

const signed = (amount: string, text: string): string => (amount.startsWith('-') ? `-${text}` : text);

const VARIANTS: Record<string, Variant> = {
  'as Excel writes it': () => ({}),
  grouped: (country) => ({ write: (amount) => signed(amount, group(amount, country, true)) }),
  money: (country) => ({ write: (amount) => signed(amount, country.money(group(amount, country, true))) }),
  'accounting, after a preamble': (country) => ({
    lines: [quote('Report 2026', country.delimiter), ''],
    warnings: ['preamble_skipped'],
    write: (amount) => {
      const text = group(amount, country, true);
      return amount.startsWith('-') ? `(${text})` : text;
    },
  }),
  'signs behind, sep=': (country) => ({
    lines: [`sep=${country.delimiter}`],
    write: (amount) => `${group(amount, country, false)}${amount.startsWith('-') ? '-' : ''}`,
  }),
};

function createFile(country: Country, variant: string): CorpusFile {
  const {
    lines = [],
    warnings = [],
    write = (amount: string) => signed(amount, group(amount, country, false)),
  } = VARIANTS[variant]?.(country) ?? {};
  const { delimiter, encoding, locale, header, names } = country;
  const rows = DAYS.map((day, index): Row => [day, names[index] ?? '', CODES[index] ?? '', AMOUNTS[index] ?? '']);
  const written = rows.map(([day, name, code, amount]) => {
    const [year = '', month = '', date = ''] = day.split('-');
    return [country.date(year, month, date), name, code, write(amount)];
  });
  const text = [
    ...lines,
    ...[header, ...written].map((cells) => cells.map((cell) => quote(cell, delimiter)).join(delimiter)),
  ];
  const content = encodeIn(encoding, `${text.join('\r\n')}\r\n`);
  const isAscii = content.every((byte) => byte < 0x80);
  return {
    name: `${locale}, ${variant}`,
    content,
    locale: 'en-GB',
    rows,
    header,
    warnings: [...warnings, ...(isAscii ? [] : ['encoding_guessed'])],
  };
}

const LO_ROWS: CorpusFile['rows'] = [
  ['2026-10-31', 'Blåbær & ägg', '00123', '1234.50'],
  ['2026-11-01', 'Grød, „fin“', '00045', '-99.90'],
  ['2026-12-24', 'Żółć ő', '04567', '1234567.89'],
];
const LO_HEADER = ['Dato', 'Navn', 'Varenr', 'Beløp', 'Andel'];

function libreOffice(name: string, rows = LO_ROWS, warnings: string[] = []): CorpusFile {
  const content = readFileSync(new URL(`./corpus/libreoffice-${name}.csv`, import.meta.url));
  return { name: `LibreOffice, ${name}`, content, locale: 'en-GB', rows, header: LO_HEADER, warnings };
}

const HEADER = ['day', 'name', 'code', 'amount'];
const ROWS: CorpusFile['rows'] = [
  ['2026-10-31', 'x', '007', '9007199254740993'],
  ['2026-11-01', 'y', '008', '0.10'],
];
const plain = (name: string, text: string | Uint8Array, warnings: string[] = []): CorpusFile => ({
  name,
  content: typeof text === 'string' ? Buffer.from(text) : text,
  locale: 'en-GB',
  rows: ROWS,
  header: HEADER,
  warnings,
});
const CSV = 'day,name,code,amount\n2026-10-31,x,007,9007199254740993\n2026-11-01,y,008,0.10\n';
const OBJECTS = [
  '{"day":"2026-10-31","name":"x","code":"007","amount":9007199254740993}',
  '{"day":"2026-11-01","name":"y","code":"008","amount":0.10}',
];

/** Files as programs of ten countries write them, LibreOffice's own, and odd ones by hand. */
export function createCorpus(): CorpusFile[] {
  const countries = COUNTRIES.flatMap((country) =>
    Object.keys(VARIANTS).map((variant) => createFile(country, variant)),
  );
  return [
    ...countries,
    libreOffice(
      'de-windows-1252',
      [...LO_ROWS.slice(0, 2), ['2026-12-24', '?ó?? ?', '04567', '1234567.89']],
      ['encoding_guessed'],
    ),
    libreOffice('nb-utf-16'),
    libreOffice('en-quoted'),
    libreOffice('pl'),
    plain('RFC 4180', CSV),
    plain('tabs', CSV.replaceAll(',', '\t')),
    plain('bars', CSV.replaceAll(',', '|')),
    plain('UTF-16 without a mark', Buffer.from(CSV, 'utf16le')),
    plain('UTF-8 with a mark, line ends of a Mac', `\ufeff${CSV.replaceAll('\n', '\r')}`),
    plain('all quoted', CSV.replaceAll(/[^,\n]+/g, '"$&"')),
    plain('NDJSON', `${OBJECTS.join('\n')}\n`),
    plain('a JSON list', `[${OBJECTS.join(',')}]`),
    plain('JSON over several lines', `[\n  ${OBJECTS.join(',\n  ').replaceAll(',"', ',\n    "')}\n]\n`),
    plain('a row too long', CSV.replace('007,', '007,').replace('0.10\n', '0.10,more\n'), ['extra_cells']),
  ];
}
