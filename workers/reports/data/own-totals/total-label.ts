/** What a file calls a row of totals, or of subtotals, in the languages that reports have words of. */
const WORDS = [
  ...['total', 'totals', 'grand total', 'net total', 'subtotal', 'sub total', 'sub-total', 'subtotals', 'sum', 'sums'],
  ...['totalt', 'totalsum', 'hovedtotal', 'delsum', 'mellomsum', 'i alt', 'ialt', 'samlet', 'summa', 'totalsumma'],
  ...['delsumma', 'samtals', 'millisumma', 'yhteensä', 'kaikki yhteensä', 'välisumma', 'kokku', 'vahesumma', 'kopā'],
  ...['starpsumma', 'iš viso', 'tarpinė suma', 'summe', 'gesamt', 'gesamtsumme', 'gesamtbetrag', 'gesamtergebnis'],
  ...['insgesamt', 'zwischensumme', 'teilsumme', 'endsumme', 'ergebnis', 'teilergebnis', 'totaal', 'eindtotaal'],
  ...['subtotaal', 'totale', 'totale complessivo', 'subtotale', 'totale parziale', 'total général', 'sous-total'],
  ...['sous total', 'somme', 'total general', 'suma', 'suma total', 'total geral', 'soma', 'total parcial'],
  ...['suma końcowa', 'suma częściowa', 'podsuma', 'razem', 'łącznie', 'celkem', 'mezisoučet', 'součet', 'spolu'],
  ...[
    'medzisúčet',
    'súčet',
    'összesen',
    'mindösszesen',
    'végösszeg',
    'részösszeg',
    'toplam',
    'genel toplam',
    'ara toplam',
  ],
  ...['ukupno', 'sveukupno', 'međuzbroj', 'zbroj', 'skupaj', 'vmesni seštevek', 'seštevek', 'total general', 'tổng'],
  ...['tổng cộng', 'tổng phụ', 'jumlah', 'итого', 'итог', 'всего', 'общий итог', 'подытог', 'промежуточный итог'],
  ...['разом', 'усього', 'підсумок', 'загальний підсумок', 'проміжний підсумок', 'общо', 'всичко', 'междинна сума'],
  ...['σύνολο', 'γενικό σύνολο', 'μερικό σύνολο', 'υποσύνολο', 'סה"כ', 'סה״כ', 'סך הכל', 'סכום ביניים', 'المجموع'],
  ...['المجموع الكلي', 'المجموع الفرعي', 'الإجمالي', 'اجمالي', 'إجمالي', 'جمع', 'جمع کل', 'مجموع', 'कुल', 'योग', '合計'],
  ...[
    '総計',
    '総合計',
    '小計',
    '集計',
    '合计',
    '总计',
    '小计',
    '汇总',
    '總計',
    '總和',
    '합계',
    '총합계',
    '소계',
    '요약',
  ],
  ...['รวม', 'รวมทั้งหมด', 'ผลรวม', 'ผลรวมย่อย'],
];
/** Words that stand behind the name of a group as well, as spreadsheets call its subtotal: `Oslo Total`. */
const LAST_WORDS = new Set(WORDS.flatMap((word) => word.split(' ').slice(-1)));

const longestFirst = WORDS.toSorted((one, other) => other.length - one.length).join('|');
const BEGINS = new RegExp(String.raw`^(?:${longestFirst})(?!\p{L}|\p{M})`, 'iu');
const ENDS = new RegExp(String.raw`[\s:–-](?:${longestFirst})$`, 'iu');
/** Behind the word, of a row that is called that and no more: a year, a currency in capitals, signs. */
const BARE_END = /^(?:[^\p{L}]|(?<!\p{L})\p{Lu}{3}(?!\p{L}))*$/u;
/** What stands around the name of a group. */
const AROUND = /^[\s:.,()–-]+|[\s:.,()–-]+$/gu;

/** Behind the word, of what is numbered: `SUM-001`. */
const NUMBERED = /^[-_#./]?\d/u;

/** So many rows of a million are no totals: every other one is. */
export const MOST_CALLED = 500_000;
/** Longer texts are no names of rows. */
const MOST_CHARACTERS = 120;
/** The first of so many cells that is called so is the name of its row. */
const MOST_CELLS = 3;

/** A row's name that is that of a total: the word alone, or one with others beside it, as names have too. */
export interface TotalLabel {
  kind: 'word' | 'name';
  /** What stands beside the word, in small letters: the group that it may be the total of. */
  group: string;
}

/** Tells what sort of a total a text calls its row; undefined for any other text. */
export function readTotalLabel(text: string): TotalLabel | undefined {
  const label = text.trim().replace(/[:\s]+$/, '');
  const [begins] = BEGINS.exec(label) ?? [];
  const [word = ''] = begins === undefined ? (ENDS.exec(label) ?? []) : [begins];
  if (word === '') return undefined;
  const rest = begins === undefined ? label.slice(0, -word.length) : label.slice(word.length);
  const isBare = begins !== undefined && BARE_END.test(rest) && !NUMBERED.test(rest);
  return { kind: isBare ? 'word' : 'name', group: rest.replaceAll(AROUND, '').toLowerCase() };
}

const FIRST_ASCII = 128;
const SMALL = 32;
const pairOf = (first: number, second: number): number => first * FIRST_ASCII + second;
/** Two letters of ASCII that one of the words begins with; others are looked at whatever their letters. */
const BEGINNINGS = new Set(WORDS.map((word) => pairOf(word.charCodeAt(0) | SMALL, word.charCodeAt(1) | SMALL)));

/** Whether a text may begin with one of the words: of a million rows few get further than here. */
function mayBegin(text: string): boolean {
  const [first, second] = [text.charCodeAt(0), text.charCodeAt(1)];
  if (first >= FIRST_ASCII || second >= FIRST_ASCII) return true;
  return BEGINNINGS.has(pairOf(first | SMALL, second | SMALL));
}

const LAST_LETTERS = new Set([...LAST_WORDS].map((word) => word.charCodeAt(word.length - 1) | SMALL));

function mayEnd(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  if (last < FIRST_ASCII && !LAST_LETTERS.has(last | SMALL)) return false;
  const space = text.lastIndexOf(' ');
  return space > 0 && LAST_WORDS.has(text.slice(space + 1).toLowerCase());
}

/** Finds the name of a row among its cells that calls it a total; undefined for any other row. */
export function findTotalLabel(cells: readonly unknown[]): string | undefined {
  const most = Math.min(cells.length, MOST_CELLS);
  for (let index = 0; index < most; index += 1) {
    const text = cells[index];
    if (typeof text !== 'string' || text.length < 2 || text.length > MOST_CHARACTERS) continue;
    if ((mayBegin(text) || mayEnd(text)) && readTotalLabel(text)) return text.trim();
  }
  return undefined;
}
