// What a code may say, by its symbology: light, so that a request is checked where it is taken.

/** The codes that can be drawn: those that people scan in shops, stores and banks. */
export const SYMBOLOGIES = [
  'qr',
  'datamatrix',
  'aztec',
  'pdf417',
  'code128',
  'gs1-128',
  'code39',
  'ean13',
  'ean8',
  'upca',
  'itf14',
] as const;
export type Symbology = (typeof SYMBOLOGIES)[number];

/** Finds what is wrong with a text, as a sentence that begins with "must"; undefined where it can be a code. */
type FindFault = (text: string) => string | undefined;

const write = (count: number): string => count.toLocaleString('en');

/** Any text, in UTF-8. */
const bytesUpTo =
  (most: number): FindFault =>
  (text) => {
    if (!text.isWellFormed()) return 'must be a text of whole characters: one of it is half a pair (a lone surrogate)';
    const bytes = Buffer.byteLength(text);
    if (bytes > 0 && bytes <= most) return undefined;
    return `must be a text of 1 to ${write(most)} bytes, not ${write(bytes)}`;
  };

const shaped =
  (shape: RegExp, message: string): FindFault =>
  (text) =>
    shape.test(text) ? undefined : message;

/** The check digit behind some digits: weights of 3 and 1, from the last one on. */
export function checkDigit(digits: string): string {
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

function findCheckFault(digits: string): string | undefined {
  const [expected, given] = [checkDigit(digits.slice(0, -1)), digits.slice(-1)];
  return expected === given ? undefined : `must end with the check digit ${expected}, not ${given}`;
}

/** So many digits, the last of them the check digit, which may be left out. */
const checkedDigits =
  (length: number): FindFault =>
  (text) => {
    if (!/^\d+$/.test(text) || text.length < length - 1 || text.length > length) {
      return `must be ${length} digits, or the ${length - 1} before the check digit`;
    }
    return text.length === length ? findCheckFault(text) : undefined;
  };

/** Most characters of all elements, without their brackets. */
const MAX_GS1 = 48;
/** How long the values of application identifiers are that end with a check digit. */
const CHECKED_GS1: Readonly<Record<string, number>> = { '00': 18, '01': 14, '02': 14 };

/** Dates: YYMMDD, behind it the hour and minute of those with one; the day may be 00, for the month's last. */
const DATED_GS1: Readonly<Record<string, 6 | 10>> = {
  11: 6,
  12: 6,
  13: 6,
  15: 6,
  16: 6,
  17: 6,
  4324: 10,
  4325: 10,
  4326: 6,
  7003: 10,
};

function findDateFault(value: string, identifier: string, length: 6 | 10): string | undefined {
  const shape = length === 6 ? 'YYMMDD' : 'YYMMDDhhmm';
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = (value.match(/\d\d/g) ?? []).map(Number);
  // Which century is meant does not matter but for 29 February of 2000, which there was.
  const isDay = month >= 1 && month <= 12 && day <= new Date(Date.UTC(2000 + year, month, 0)).getUTCDate();
  // 99 stands for no time where a delivery has a day alone.
  const isTime = (hour < 24 && minute < 60) || (hour === 99 && minute === 99 && identifier.startsWith('43'));
  if (new RegExp(`^\\d{${length}}$`).test(value) && isDay && isTime) return undefined;
  return `must have a date behind (${identifier}), as ${shape}`;
}

const findGs1Fault: FindFault = (text) => {
  if (!/^(?:\(\d{2,4}\)[!-'*-z]{1,90})+$/.test(text)) {
    return 'must be elements such as (01)09521234543213(10)ABC: each an identifier in brackets, then its value';
  }
  const elements = Array.from(text.matchAll(/\((\d+)\)([^(]+)/g), ([, identifier = '', value = '']) => ({
    identifier,
    value,
  }));
  if (text.replace(/[()]/g, '').length > MAX_GS1) return `must have at most ${MAX_GS1} characters, brackets apart`;
  for (const { identifier, value } of elements) {
    const dated = DATED_GS1[identifier];
    const wrong = dated && findDateFault(value, identifier, dated);
    if (wrong) return wrong;
    const length = CHECKED_GS1[identifier];
    if (length === undefined) continue;
    if (value.length !== length || !/^\d+$/.test(value)) return `must have ${length} digits behind (${identifier})`;
    const fault = findCheckFault(value);
    if (fault) return `${fault}, behind (${identifier})`;
  }
  return undefined;
};

const RULES: Record<Symbology, FindFault> = {
  // With level M 2,331 bytes are the largest QR code. The others have no more than this, whatever the text is made of.
  qr: bytesUpTo(2331),
  datamatrix: bytesUpTo(1500),
  aztec: bytesUpTo(1000),
  pdf417: bytesUpTo(800),
  code128: shaped(/^[ -~]{1,80}$/, 'must be 1 to 80 characters of ASCII, without line breaks'),
  'gs1-128': findGs1Fault,
  code39: shaped(/^[A-Z0-9 $%+\-./]{1,40}$/, 'must be 1 to 40 of A to Z, 0 to 9, space and - . $ / + %'),
  ean13: checkedDigits(13),
  ean8: checkedDigits(8),
  upca: checkedDigits(12),
  itf14: checkedDigits(14),
};

/** Says why a text can't be a code of this symbology; undefined where it can. */
export const findCodeFault = (symbology: Symbology, text: string): string | undefined => RULES[symbology](text);
