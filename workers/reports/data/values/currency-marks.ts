/** How people write currencies beside their signs and codes. */
const LOCAL = [
  'kr',
  'kr.',
  'kč',
  'zł',
  'ft',
  'lei',
  'лв',
  'лв.',
  'руб',
  'руб.',
  'р.',
  'грн',
  'грн.',
  'ден',
  'дин',
  'din',
  'din.',
  'rs',
  'rs.',
  'rp',
  'rm',
  'fr.',
  'sfr',
  'sfr.',
  'tl',
  'km',
  'r',
  'kn',
  '円',
  '元',
  '圆',
  '원',
  'đ',
];
const KNOWN = new Set([...LOCAL, ...Intl.supportedValuesOf('currency').map((code) => code.toLowerCase())]);
const SIGN = /^\p{L}{0,3}\.?\p{Sc}$/u;

/** Whether a word beside a number names a currency: `$`, `US$`, `kr`, `EUR`. */
export const isCurrencyMark = (word: string): boolean => SIGN.test(word) || KNOWN.has(word.toLowerCase());
