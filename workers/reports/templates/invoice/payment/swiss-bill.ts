import { compact, isCreditorReference, isQrReference } from './bank.ts';

/** Somebody on a Swiss QR-bill: where they live in parts, as the code wants it. */
export interface BillParty {
  name: string;
  street: string;
  building: string;
  postalCode: string;
  city: string;
  country: string;
}

/** What a Swiss QR-bill asks for. */
export interface SwissBill {
  account: string;
  creditor: BillParty;
  /** Who pays; where it is not known, people write it down. */
  debtor?: BillParty | undefined;
  /** In the smallest units of the currency, of which it has two digits. */
  amount: bigint;
  currency: string;
  /** Empty where there is none of the two sorts that the standard knows. */
  reference: string;
  /** What is said to the creditor beside the reference. */
  message: string;
}

/** Letters that the standard allows: Latin ones. */
const LATIN = /^[\u0020-\u007e\u00a0-\u017f\u0218-\u021b\u20ac]*$/;
/** Whether a text has none but the characters that a QR-bill takes. */
export const isLatin = (text: string): boolean => LATIN.test(text);

/** Parts a street from the number of the house behind it. */
export function partStreet(line: string): { street: string; building: string } {
  const [, street = line, building = ''] = /^(.*\S)\s+(\d[\d/-]{0,8}\s?[A-Za-z]?)$/.exec(line) ?? [];
  return { street, building };
}

const NOBODY = ['', '', '', '', '', '', ''];
const partyLines = (party: BillParty | undefined): string[] =>
  party ? ['S', party.name, party.street, party.building, party.postalCode, party.city, party.country] : NOBODY;

/** An amount as the code has it: 1949.75. */
export const plainAmount = (amount: bigint): string => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`;

/** The sort of a reference: that of a QR-IBAN, a creditor reference, or none. */
function referenceType(reference: string): 'QRR' | 'SCOR' | 'NON' {
  if (isQrReference(reference)) return 'QRR';
  return isCreditorReference(reference) ? 'SCOR' : 'NON';
}

/** Writes a bill as the text of its QR code (SIX, implementation guidelines QR-bill 2.3). */
export function writeSwissBill(bill: SwissBill): string {
  const { account, creditor, debtor, amount, currency, reference, message } = bill;
  const type = referenceType(reference);
  const lines = [
    ...['SPC', '0200', '1', compact(account), ...partyLines(creditor), ...NOBODY],
    ...[plainAmount(amount), currency, ...partyLines(debtor)],
    ...[type, type === 'NON' ? '' : compact(reference), message, 'EPD'],
  ];
  return lines.join('\n');
}

/** The lines of somebody on paper; the country where it is not Switzerland. */
export function printParty({ name, street, building, postalCode, city, country }: BillParty): string[] {
  const place = [country === 'CH' ? '' : country, postalCode, city];
  return [[name], [street, building], place].map((parts) => parts.filter(Boolean).join(' ')).filter(Boolean);
}

/** An amount as the standard prints it: 1 949.75. */
export const printAmount = (amount: bigint): string => plainAmount(amount).replaceAll(/\B(?=(?:\d{3})+\.)/g, ' ');
