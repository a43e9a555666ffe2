import type { NumberEvidence } from './number-evidence.ts';

/** Last words of the names of columns whose digits are no amounts: `customerId`, `order_no`, `Kundennr.` */
const CODE_WORDS =
  'id|ids|nr|no|num|number|code|zip|zipcode|plz|postal|postcode|cap|cp|ean|gtin|isbn|sku|iban|bic|account|konto|phone|tel|' +
  'telefon|mobile|fax|year|år|jahr|année|año|anno|vuosi|rok|ref|reference|kid|ssn|vat|siret|siren|cvr';
const CODE_NAME = new RegExp(
  String.raw`(?:^|[^\p{L}])(?:${CODE_WORDS})[.\s]*$|\p{L}{2}(?:nr|nummer|numer|number|kode|code|jahr)[.\s]*$`,
  'iu',
);
/** Names of amounts, whatever their digits look like. */
const AMOUNT_NAME = new RegExp(
  'amount|sum|total|price|cost|qty|quantity|count|units|revenue|sales|value|balance|beløp|belop|pris|antall|betrag|preis|' +
    'menge|anzahl|umsatz|montant|prix|quantité|importe|precio|cantidad|importo|prezzo|bedrag|prijs|aantal|kwota|cena|' +
    'ilość|summa|määrä|hinta',
  'i',
);
/** From this length on digits are no amount that anybody adds up. */
const LONG = 16;
/** Digits all of one length, from this length on, are a code: a ZIP, an article, a telephone. */
const CODE_LENGTH = 5;
const FEW = 3;

const isCodeName = (name: string): boolean => CODE_NAME.test(name.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2'));

/**
 * Whether a column of digits is one of codes, ZIPs, years or ids, which are neither grouped nor summed up: by zeros in
 * front, by one length, by years' range, by great length, by its name.
 */
export function isCodeColumn({ digits, numbers, bare }: NumberEvidence, name: string): boolean {
  if (!digits.isPlain || bare < numbers) return false;
  if (digits.hasLeadingZero || digits.longest >= LONG) return true;
  if (digits.hasPlus && digits.longest >= 7) return true;
  if (AMOUNT_NAME.test(name)) return isCodeName(name);
  if (isCodeName(name) || digits.isYears) return true;
  return !digits.isJson && digits.shortest === digits.longest && digits.longest >= CODE_LENGTH && numbers >= FEW;
}
