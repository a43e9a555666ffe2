import type { InvoiceData } from '../templates/invoice/data.ts';
import type { Buyer, Seller } from '../templates/invoice/parties.ts';
import { isIban } from '../templates/invoice/payment/bank.ts';
import type { CountedInvoice } from '../templates/invoice/sums.ts';
import { toPlainText } from './values.ts';
import { isBlank } from './xml.ts';

// What XRechnung 3.0 demands beyond EN 16931; beside each demand stands its rule.

type Refuse = (path: PropertyKey[], message: string) => void;

const MISSING = 'must be there with einvoice xrechnung';
/** The scheme of electronic addresses that are mail addresses (EAS). */
const MAIL = 'EM';
/** A discount for paying early: the only line of terms that may begin with this sign. */
const EARLY = /^#SKONTO#TAGE=\d+#PROZENT=\d+\.\d\d(?:#BASISBETRAG=-?\d+\.\d\d)?#$/;

const mailOf = ({ email, contact }: Seller | Buyer): string | undefined =>
  [email, contact?.email].find((one) => !isBlank(one));

const withAddress = <Party extends Seller | Buyer>(party: Party): Party => {
  const mail = mailOf(party);
  if (party.electronicAddress || mail === undefined) return party;
  return { ...party, electronicAddress: { scheme: MAIL, id: mail } };
};

/** An invoice whose parties are reached by their mail addresses where they have no other electronic one. */
export const addressParties = (data: InvoiceData): InvoiceData => ({
  ...data,
  seller: withAddress(data.seller),
  buyer: withAddress(data.buyer),
});

/** How the seller is reached by people (BR-DE-2, 5, 6, 7, 27, 28). */
function checkContact({ contact, email }: Seller, refuse: Refuse): void {
  for (const field of ['name', 'phone'] as const) {
    if (isBlank(contact?.[field])) refuse(['seller', 'contact', field], MISSING);
  }
  const mail = contact?.email || email;
  if (isBlank(mail)) refuse(['seller', 'contact', 'email'], MISSING);
  else if (!/^[^@\s.][^@\s]*[^@\s.]@[^@\s.][^@\s]*[^@\s.]$/.test(mail ?? '')) {
    refuse(['seller', 'contact', 'email'], 'must be a mail address with einvoice xrechnung');
  }
  if (!isBlank(contact?.phone) && (contact?.phone?.match(/\d/g)?.length ?? 0) < 3) {
    refuse(['seller', 'contact', 'phone'], 'must have three digits or more with einvoice xrechnung');
  }
}

/** Where everybody is (BR-DE-3, 4, 8, 9, 10, 11), and how programs reach them (PEPPOL-EN16931-R010, R020). */
function checkPlaces({ seller, buyer, deliveryAddress }: InvoiceData, refuse: Refuse): void {
  const parties = { seller, buyer, ...(deliveryAddress && { deliveryAddress }) };
  for (const [field, party] of Object.entries(parties)) {
    for (const part of ['postalCode', 'city'] as const) if (isBlank(party[part])) refuse([field, part], MISSING);
  }
  for (const [field, party] of Object.entries({ seller, buyer })) {
    if (withAddress(party).electronicAddress === undefined) {
      refuse([field, 'electronicAddress'], 'must be there, or email, with einvoice xrechnung');
    }
  }
}

/** How it is paid is always said (BR-DE-1), and all that a card or a debit takes (BR-DE-24, 30, 31, PEPPOL-EN16931-R061). */
function checkPaying({ payment = {} }: InvoiceData, isCredit: boolean, refuse: Refuse): void {
  if (isCredit) {
    if (isBlank(payment.refundAccount)) refuse(['payment', 'refundAccount'], MISSING);
    return;
  }
  const { means, account, terms = '' } = payment;
  if (means === undefined && isBlank(account))
    refuse(['payment', 'means'], 'must be there, or account, with einvoice xrechnung');
  if (means === 'card')
    refuse(['payment', 'means'], 'must not be card with einvoice xrechnung, which wants to know the card');
  if (means === 'direct-debit') {
    for (const field of ['mandate', 'creditorId', 'debitedAccount'] as const) {
      if (isBlank(payment[field])) refuse(['payment', field], MISSING);
    }
    if (!isBlank(payment.debitedAccount) && !isIban(payment.debitedAccount ?? '')) {
      refuse(['payment', 'debitedAccount'], 'must be an IBAN with einvoice xrechnung');
    }
  }
  checkTerms(terms, refuse);
}

/** Discounts for paying early are lines of their own, and none of the lines behind them has two of their signs (BR-DE-18). */
function checkTerms(terms: string, refuse: Refuse): void {
  const plain = toPlainText(terms).trim();
  const signed = plain.split('\n').filter((line) => line.trim().startsWith('#'));
  if (signed.some((line) => !EARLY.test(line.trim()))) {
    refuse(
      ['payment', 'terms'],
      'must not have a line that begins with "#" with einvoice xrechnung, unless it is such as #SKONTO#TAGE=14#PROZENT=2.00#',
    );
  } else if (signed.length > 0 && !/^\s*\n/.test(plain.endsWith('#') ? '\n' : (plain.split(/#.+#/).at(-1) ?? ''))) {
    refuse(['payment', 'terms'], 'must not have two "#" in a line behind a discount with einvoice xrechnung');
  }
}

/** Periods of lines lie within that of the whole (PEPPOL-EN16931-R110, R111). */
function checkPeriods({ delivered, lines }: InvoiceData, refuse: Refuse): void {
  if (delivered === undefined || typeof delivered === 'string') return;
  for (const [index, { period }] of lines.entries()) {
    if (!period) continue;
    const isEarly = period.from !== undefined && delivered.from !== undefined && period.from < delivered.from;
    const isLate = period.to !== undefined && delivered.to !== undefined && period.to > delivered.to;
    if (!isEarly && !isLate) continue;
    refuse(['lines', index, 'period'], 'must lie within delivered with einvoice xrechnung');
  }
}

/** Says what XRechnung demands of an invoice that is not there. */
export function checkXRechnung(data: InvoiceData, { isCredit, vats }: CountedInvoice, refuse: Refuse): void {
  // BR-DE-15.
  if (isBlank(data.buyerReference)) {
    refuse(['buyerReference'], `${MISSING}: the Leitweg-ID of an authority, or what the buyer gave in its place`);
  }
  checkContact(data.seller, refuse);
  checkPlaces(data, refuse);
  checkPaying(data, isCredit, refuse);
  checkPeriods(data, refuse);
  // BR-DE-14 wants a rate, which BR-O-5 forbids.
  if (vats.some(({ category }) => category === 'O'))
    refuse(['lines'], 'must not have vatCategory O with einvoice xrechnung');
}
