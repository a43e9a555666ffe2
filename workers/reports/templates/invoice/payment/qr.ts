import type { InvoiceData } from '../data.ts';
import { type Address, type Buyer, type Seller, streetLines } from '../parties.ts';
import { isCreditorReference, isQrReference } from './bank.ts';
import type { Transfer } from './epc.ts';
import { type BillParty, isLatin, partStreet, type SwissBill } from './swiss-bill.ts';

/** Most characters of what a Swiss bill says beside its reference. */
export const MAX_MESSAGE = 140;

/** Returns a text on one line, without what can't be seen: what a code says is parted by lines. */
export const onLine = (text = ''): string => text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();

/** The transfer that an invoice asks for; its number is the reference where there is no other. */
export function transferOf({ seller, number, payment }: InvoiceData, amount: bigint): Transfer {
  const { account = '', bic, reference } = payment ?? {};
  return { name: onLine(seller.name), account, bic, amount, reference: onLine(reference) || onLine(number) };
}

/** Finds the lines of an address that may be its street: those with the number of a house, where there are any. */
export function listStreets(address: Address): string[] {
  const lines = streetLines(address).map(onLine);
  // Behind its name, or before it: 3 quai des Brumes.
  const numbered = lines.filter((line) => partStreet(line).building !== '' || /^\d+\s?[A-Za-z]?[\s,]/.test(line));
  return numbered.length > 0 ? numbered : lines;
}

/** Whether somebody can stand on a bill: their name, and where they live in parts. */
export const isAddressed = ({ name, postalCode, city, country }: Seller | Buyer): boolean =>
  [name, postalCode, city, country].every((part) => onLine(part) !== '');

/** ISO 3166 has no code of Northern Ireland's own. */
const countryOf = (country: string): string => (country === 'XI' ? 'GB' : country);

function billParty(party: Seller | Buyer): BillParty | undefined {
  if (!isAddressed(party)) return undefined;
  const [street = ''] = listStreets(party);
  const { name, postalCode, city, country = '' } = party;
  return {
    name: onLine(name),
    ...partStreet(street),
    postalCode: onLine(postalCode),
    city: onLine(city),
    country: countryOf(country),
  };
}

/** Whether a reference is of the two sorts that a bill has a field for. */
const isTyped = (reference: string): boolean => isQrReference(reference) || isCreditorReference(reference);

/** What a bill says beside its reference: what is paid, first, and a reference of another sort. */
export function messageOf(title: string, reference: string): string {
  return [title, isTyped(reference) ? '' : reference].map(onLine).filter(Boolean).join(', ');
}

/** The Swiss QR-bill of an invoice; undefined where the seller's address is not known in parts. */
export function swissBillOf(data: InvoiceData, amount: bigint, title: string): SwissBill | undefined {
  const { seller, buyer, currency, payment, number } = data;
  const { account = '', reference = '' } = payment ?? {};
  const creditor = billParty(seller);
  if (!creditor) return undefined;
  // The number alone where the word before it is in other letters, or too much.
  const isPlain = isLatin(title) && messageOf(title, reference).length <= MAX_MESSAGE;
  return {
    account,
    creditor,
    debtor: billParty(buyer),
    amount,
    currency,
    reference: isTyped(reference) ? reference : '',
    message: messageOf(isPlain ? title : number, reference),
  };
}
