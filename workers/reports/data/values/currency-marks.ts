/** The currencies that people write by these words, in whatever case. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  kr: ['NOK', 'SEK', 'DKK', 'ISK'],
  kč: ['CZK'],
  zł: ['PLN'],
  lei: ['RON', 'MDL'],
  лв: ['BGN'],
  руб: ['RUB', 'BYN'],
  'р.': ['RUB', 'BYN'],
  грн: ['UAH'],
  ден: ['MKD'],
  дин: ['RSD'],
  'fr.': ['CHF'],
  sfr: ['CHF'],
  円: ['JPY'],
  元: ['CNY', 'TWD'],
  圆: ['CNY'],
  원: ['KRW'],
  đ: ['VND'],
  'ر.س': ['SAR'],
  'د.إ': ['AED'],
  'ج.م': ['EGP'],
  'د.ك': ['KWD'],
  'ر.ق': ['QAR'],
  'د.ب': ['BHD'],
  'ر.ع': ['OMR'],
  'د.أ': ['JOD'],
  'د.ع': ['IQD'],
  'ر.ي': ['YER'],
  'ل.ل': ['LBP'],
  'ل.س': ['SYP'],
  'د.ل': ['LYD'],
  'د.ت': ['TND'],
  'د.ج': ['DZD'],
  'د.م': ['MAD'],
  'ج.س': ['SDG'],
};
/** Words that are others too, and in another case nothing else: kilometres, feet, rows. */
const UNSURE: Readonly<Record<string, readonly string[]>> = {
  R: ['ZAR'],
  KM: ['BAM'],
  RM: ['MYR'],
  TL: ['TRY'],
  Ft: ['HUF'],
  Rs: ['INR', 'PKR', 'LKR', 'NPR', 'MUR'],
  Rp: ['IDR'],
  Kn: ['HRK'],
  kn: ['HRK'],
  din: ['RSD'],
};
/** Codes that are written in small letters too, and are no words then. */
const SMALL = new Set('nok sek dkk isk eur usd gbp chf pln czk huf ron bgn jpy cny inr cad aud nzd'.split(' '));
/** The currencies of a sign, and of a sign behind letters. */
const SIGNS: Readonly<Record<string, readonly string[]>> = {
  $: ['USD', 'CAD', 'AUD', 'NZD', 'SGD', 'HKD', 'TWD', 'MXN', 'BRL', 'ARS', 'CLP', 'COP'],
  '€': ['EUR'],
  '£': ['GBP', 'EGP', 'SYP'],
  '¥': ['JPY', 'CNY'],
  '￥': ['JPY', 'CNY'],
  '₹': ['INR'],
  '₽': ['RUB'],
  '₩': ['KRW'],
  '₺': ['TRY'],
  '₴': ['UAH'],
  '₪': ['ILS'],
  '฿': ['THB'],
  '₫': ['VND'],
  '₦': ['NGN'],
  '₱': ['PHP'],
  '₡': ['CRC'],
  '₲': ['PYG'],
  '₵': ['GHS'],
  '₸': ['KZT'],
  '₮': ['MNT'],
  '₼': ['AZN'],
  '₾': ['GEL'],
  us$: ['USD'],
  c$: ['CAD'],
  ca$: ['CAD'],
  can$: ['CAD'],
  a$: ['AUD'],
  au$: ['AUD'],
  nz$: ['NZD'],
  s$: ['SGD'],
  hk$: ['HKD'],
  nt$: ['TWD'],
  mx$: ['MXN'],
  r$: ['BRL'],
  'cn¥': ['CNY'],
  'jp¥': ['JPY'],
};
const CODES = new Set(Intl.supportedValuesOf('currency'));
const SIGN = /^\p{L}{0,3}\.?\p{Sc}$/u;
/** A sign before the letters of its country, as French has it: `$US`, `$ CA`. */
const TURNED = /^(\p{Sc}) ?(\p{L}{2,3})$/u;
const MOST_KNOWN = 1000;
const known = new Map<string, readonly string[]>();

const own = (words: Readonly<Record<string, readonly string[]>>, word: string): readonly string[] | undefined =>
  Object.hasOwn(words, word) ? words[word] : undefined;

/** They stand beside Arabic marks, which would turn round what follows. */
const DIRECTION_MARKS = /[\u061c\u200e\u200f]/g;

function find(written: string): readonly string[] {
  const mark = written.replace(DIRECTION_MARKS, '');
  if (CODES.has(mark) || SMALL.has(mark.toLowerCase())) return [mark.toUpperCase()];
  const bare = mark.replace(/\.$/, '');
  const small = mark.toLowerCase();
  const word = own(UNSURE, bare) ?? own(WORDS, small) ?? own(WORDS, bare.toLowerCase());
  if (word) return word;
  const [, sign = '', country = ''] = TURNED.exec(mark) ?? [];
  if (country) return (own(SIGNS, sign) ?? []).filter((code) => code.startsWith(country.toUpperCase()));
  if (!SIGN.test(mark)) return [];
  return own(SIGNS, small.replace('.', '')) ?? own(SIGNS, mark.at(-1) ?? '') ?? [mark];
}

/**
 * The currencies that a word beside a number can mean, by their codes: `$`, `US$`, `kr`, `EUR`. None for a word that
 * names no currency; a sign of one without a code stands for itself.
 */
export function currenciesOf(mark: string): readonly string[] {
  const before = known.get(mark);
  if (before) return before;
  const found = find(mark);
  if (known.size < MOST_KNOWN) known.set(mark, found);
  return found;
}

/** The currencies that all of these marks can mean: none where they are of different ones. */
export function commonCurrencies(marks: Iterable<string>): string[] {
  const [first = [], ...others] = [...marks].map(currenciesOf);
  return first.filter((code) => others.every((codes) => codes.includes(code)));
}

/** Whether a mark is a word that may have meant something else. */
const isUnsure = (mark: string): boolean => Object.hasOwn(UNSURE, mark.replace(/\.$/, ''));

const narrow = (currency: string): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
    .formatToParts(0)
    .find(({ type }) => type === 'currency')?.value ?? '';

/**
 * How amounts with these marks are written in another locale without another meaning: by a currency's code, or by the
 * sign alone where that is of several currencies. Undefined where they are of different ones, or can't be written so.
 */
export function currencyToWrite(marks: readonly string[]): { currency: string; isSign: boolean } | undefined {
  const [currency, ...others] = commonCurrencies(marks);
  if (currency === undefined || !CODES.has(currency) || marks.some(isUnsure)) return undefined;
  if (others.length === 0) return { currency, isSign: false };
  const sign = narrow(currency);
  return marks.every((mark) => mark.replace(/\.$/, '').toLowerCase() === sign) ? { currency, isSign: true } : undefined;
}
