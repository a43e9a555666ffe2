import type { Messages } from '../../../locales/messages.ts';
import type { Block } from '../../../model.ts';
import { facts, type InvoiceParts } from '../paper/parts.ts';
import { looksLikeIban, writeAccount, writeReference } from './bank.ts';
import { writeEpc } from './epc.ts';
import type { Payment } from './fields.ts';
import { swissBillOf, transferOf } from './qr.ts';
import { slipWords } from './slip-words.ts';
import { printAmount, printParty, writeSwissBill } from './swiss-bill.ts';

const MEANS: Record<NonNullable<Payment['means']>, keyof Messages> = {
  transfer: 'transfer',
  'direct-debit': 'directDebit',
  card: 'card',
  cash: 'cash',
  cheque: 'cheque',
  online: 'online',
};

/** An account by its name: an IBAN is called so everywhere. */
function accountFacts(account: string | undefined, messages: Messages): { key: string; value: string }[] {
  if (!account) return [];
  return [{ key: looksLikeIban(account) ? 'IBAN' : messages.account, value: writeAccount(account) }];
}

/** Makes the payment slip of a Swiss QR-bill, where one is asked for and something is open. */
export function makeSlip({ data, sums, messages, lang }: InvoiceParts): Block[] {
  if (data.payment?.qr !== 'swiss' || sums.isCredit || sums.due <= 0n) return [];
  const bill = swissBillOf(data, sums.due, `${messages.invoice} ${data.number}`);
  if (!bill) return [];
  const { account, creditor, debtor, amount, currency, reference, message } = bill;
  return [
    {
      ...{ type: 'paymentSlip', words: slipWords(lang), account: writeAccount(account), currency, message },
      ...{ creditor: printParty(creditor), debtor: debtor && printParty(debtor) },
      ...{ reference: writeReference(reference), amount: printAmount(amount), code: writeSwissBill(bill) },
    },
  ];
}

/** Makes what says how an invoice is paid; of a credit note, where to the money goes. Nothing where nothing is open. */
export function makePaying({ data, sums, write, messages }: InvoiceParts): Block[] {
  const { payment, due } = data;
  if (!payment) return [];
  const callout = (items: { key: string; value: string }[]): Block[] =>
    items.length === 0 ? [] : [{ type: 'callout', title: messages.payment, items }];
  if (sums.isCredit) {
    const { refundAccount } = payment;
    return callout(facts(messages, [['refundAccount', refundAccount && writeAccount(refundAccount)]]));
  }
  const terms: Block[] = payment.terms ? [{ type: 'text', text: payment.terms }] : [];
  // A payment slip has all of it.
  if (payment.qr === 'swiss' || sums.due <= 0n || (!payment.account && !payment.means)) return terms;
  const items = [
    ...facts(messages, [['paymentMeans', payment.means && messages[MEANS[payment.means]]]]),
    ...accountFacts(payment.account, messages),
    ...facts(messages, [
      ['mandate', payment.mandate],
      ['creditorId', payment.creditorId],
      ['debitedAccount', payment.debitedAccount && writeAccount(payment.debitedAccount)],
    ]),
    ...facts(messages, [
      ['bic', payment.bic],
      ['reference', payment.reference && writeReference(payment.reference)],
      ['due', due && write.date(due)],
    ]),
  ];
  if (payment.qr === 'epc') {
    const code = { text: writeEpc(transferOf(data, sums.due)), caption: messages.scanToPay };
    return [{ type: 'callout', title: messages.payment, items, code }, ...terms];
  }
  return [...callout(items), ...terms];
}
