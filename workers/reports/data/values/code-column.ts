import type { NumberEvidence } from './number-evidence.ts';

const PHONES =
  'phone|tel|tlf|tfn|telefon|mobile|mobil|mob|móvil|movil|celular|cellulare|cell|gsm|handy|puhelin|whatsapp|fax';
/** Last words of the names of columns whose digits are no amounts: `customerId`, `order_no`, `Kundennr.`, `Tlf (1)` */
const CODES =
  `${PHONES}|id|ids|nr|no|num|number|code|zip|zipcode|plz|postal|postcode|cap|cp|ean|gtin|isbn|sku|iban|bic|` +
  'invoice|faktura|rechnung|facture|factura|fattura|voucher|bilag|beleg|week|uke|woche|vecka|uge|semaine|kw|' +
  'account|konto|ref|reference|kid|ssn|vat|siret|siren|cvr';
const YEARS = 'year|yr|år|jahr|année|año|anno|vuosi|rok|jaar|årgang|vintage|season|sesong|period|periode';
const VERSIONS = 'version|versjon|ver|rev|revision|release|ip';

/** A pattern of names whose last word is one of these, or ends with one of those. */
const lastWord = (words: string, ends: string): RegExp =>
  new RegExp(String.raw`(?:(?:^|[^\p{L}])(?:${words})|\p{L}{2}(?:${ends}))[.\s]*(?:\(.*\)|\d+)?$`, 'iu');

const CODE_NAME = lastWord(CODES, 'nr|nummer|numer|number|kode|code');
const YEAR_NAME = lastWord(YEARS, 'year|år|jahr|jaar|jahrgang');
const VERSION_NAME = lastWord(VERSIONS, 'version|versjon');
/** From this length on digits are no amount that anybody adds up. */
const LONG = 16;
/** With a plus in front so many digits are a telephone. */
const PHONE = 7;
const MOST_CHARACTERS = 100;

/** Whether a column has `R1`, `R2`, which are no amounts in rand. */
const areLabels = ({ currencies, bare, pointDecimals, commaDecimals }: NumberEvidence): boolean =>
  bare === 0 && [...currencies.values()].join() === 'R' && pointDecimals + commaDecimals === 0;

const wordsOf = (name: string): string =>
  name
    .slice(-MOST_CHARACTERS)
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .trim();

/** Whether a column is called as columns of years are: `Year`, `Årgang`. */
export const isYearName = (name: string): boolean => YEAR_NAME.test(wordsOf(name));

/**
 * What tells that a column of numbers is one of codes, ZIPs, telephones, years or ids, which are neither grouped nor
 * summed up: its form (zeros in front, great length, that of addresses of the internet, years in a column of years), or
 * its name alone. That all have one length says nothing. Undefined for amounts.
 */
export function findCode(evidence: NumberEvidence, name: string): 'form' | 'name' | undefined {
  const { digits, numbers, bare } = evidence;
  if (bare < numbers) return areLabels(evidence) ? 'form' : undefined;
  const words = wordsOf(name);
  const isForm =
    digits.isAddress ||
    VERSION_NAME.test(words) ||
    (digits.isPlain &&
      (digits.hasLeadingZero ||
        digits.longest >= LONG ||
        (digits.hasPlus && digits.longest >= PHONE) ||
        (digits.isYears && YEAR_NAME.test(words))));
  if (isForm || (digits.hasLeadingZero && CODE_NAME.test(words))) return 'form';
  return digits.isWhole && CODE_NAME.test(words) ? 'name' : undefined;
}
