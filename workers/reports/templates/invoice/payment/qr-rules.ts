import type { InvoiceData } from '../data.ts';
import type { Buyer, Seller } from '../parties.ts';
import { type CountedInvoice, countInvoice } from '../sums.ts';
import { isBic, isIban, isQrIban, isQrReference, isSwissIban } from './bank.ts';
import { MAX_EPC_BYTES, writeEpc } from './epc.ts';
import { isAddressed, listStreets, MAX_MESSAGE, messageOf, onLine, transferOf } from './qr.ts';
import { isLatin } from './swiss-bill.ts';

type Refuse = (path: PropertyKey[], message: string) => void;

/** Most that a code asks for, in cents. */
const MOST = 99_999_999_999n;
const MAX_NAME = 70;
const MAX_STREET = 70;
const MAX_CITY = 35;
const MAX_POSTAL_CODE = 16;

const BLANK = 'must have letters or digits with qr';
const isSilent = (text: string): boolean => !/[\p{L}\p{N}]/u.test(text);

function checkEpc(data: InvoiceData, { due }: CountedInvoice, refuse: Refuse): void {
  const { currency, seller, payment } = data;
  if (currency !== 'EUR') refuse(['payment', 'qr'], 'must not be "epc" in a currency other than EUR');
  if (!isIban(payment?.account ?? '')) refuse(['payment', 'account'], 'must be an IBAN with qr');
  if (isSilent(seller.name)) refuse(['seller', 'name'], BLANK);
  if (isSilent(transferOf(data, due).reference)) refuse(['number'], BLANK);
  if (seller.name.length > MAX_NAME) refuse(['seller', 'name'], `must have at most ${MAX_NAME} characters with qr`);
  if (Buffer.byteLength(writeEpc(transferOf(data, due))) <= MAX_EPC_BYTES) return;
  refuse(['payment', 'reference'], `must be shorter: with the name a QR code takes ${MAX_EPC_BYTES} bytes`);
}

function checkBillParty(party: Seller | Buyer, field: string, refuse: Refuse): void {
  const check = (path: PropertyKey[], most: number, value = '') => {
    if (value.length > most) refuse([field, ...path], `must have at most ${most} characters with qr "swiss"`);
    if (!isLatin(value)) refuse([field, ...path], 'must be in Latin letters with qr "swiss"');
  };
  check(['name'], MAX_NAME, party.name);
  const [street = '', ...others] = listStreets(party);
  if (others.length > 0) {
    refuse(
      [field, 'address'],
      'must have one line alone with the number of a house, or none but the street, with qr "swiss"',
    );
  }
  check(['address'], MAX_STREET, street);
  check(['postalCode'], MAX_POSTAL_CODE, party.postalCode);
  check(['city'], MAX_CITY, party.city);
}

function checkSwiss({ number, currency, seller, buyer, payment }: InvoiceData, refuse: Refuse): void {
  const { account = '', reference = '' } = payment ?? {};
  if (currency !== 'CHF' && currency !== 'EUR') {
    refuse(['payment', 'qr'], 'must not be "swiss" in a currency other than CHF and EUR');
  }
  if (!isSwissIban(account)) {
    refuse(['payment', 'account'], 'must be an IBAN of Switzerland or Liechtenstein with qr "swiss"');
  } else if (isQrIban(account) && !isQrReference(reference)) {
    refuse(['payment', 'reference'], 'must be a QR reference, 27 digits with their check digit, with a QR-IBAN');
  } else if (!isQrIban(account) && isQrReference(reference)) {
    refuse(['payment', 'account'], 'must be a QR-IBAN with a QR reference');
  }
  if (!isLatin(reference)) refuse(['payment', 'reference'], 'must be in Latin letters with qr "swiss"');
  if (!isLatin(number)) refuse(['number'], 'must be in Latin letters with qr "swiss"');
  for (const part of ['name', 'postalCode', 'city', 'country'] as const) {
    if (onLine(seller[part]) === '') refuse(['seller', part], 'must be there with qr "swiss"');
  }
  checkBillParty(seller, 'seller', refuse);
  // Who is not printed may be called as they like.
  if (isAddressed(buyer)) checkBillParty(buyer, 'buyer', refuse);
  if (messageOf(number, reference).length > MAX_MESSAGE) {
    refuse(
      ['payment', 'reference'],
      `must be shorter: with the number a QR-bill says at most ${MAX_MESSAGE} characters`,
    );
  }
}

/** Says what an invoice lacks for the QR code that it asks for, or has too much of. */
export function checkQr(data: InvoiceData, refuse: Refuse): void {
  const qr = data.payment?.qr;
  if (qr === undefined) return;
  const { bic } = data.payment ?? {};
  if (bic && !isBic(bic)) refuse(['payment', 'bic'], 'must be a BIC, 8 or 11 letters and digits, with qr');
  const means = data.payment?.means ?? 'transfer';
  if (means !== 'transfer') refuse(['payment', 'means'], 'must be transfer or left out with qr');
  const sums = countInvoice(data);
  if (sums.due > MOST) refuse(['payment', 'qr'], 'must be left out above 999,999,999.99');
  if (qr === 'epc') checkEpc(data, sums, refuse);
  else checkSwiss(data, refuse);
}
