import type { Messages } from '../../../locales/messages.ts';
import type { Block } from '../../../model.ts';
import { facts, type InvoiceParts } from '../paper/parts.ts';
import { compact, looksLikeIban } from './bank.ts';
import type { Payment } from './fields.ts';

const MEANS: Record<NonNullable<Payment['means']>, keyof Messages> = {
  transfer: 'transfer',
  'direct-debit': 'directDebit',
  card: 'card',
  cash: 'cash',
  cheque: 'cheque',
  online: 'online',
};

/** An IBAN in groups of four, as people read it; another account as it came. */
const writeAccount = (account: string): string =>
  looksLikeIban(account) ? compact(account).replaceAll(/(.{4})(?=.)/g, '$1 ') : account;

/** An account by its name: an IBAN is called so everywhere. */
function accountFacts(account: string | undefined, messages: Messages): { key: string; value: string }[] {
  if (!account) return [];
  return [{ key: looksLikeIban(account) ? 'IBAN' : messages.account, value: writeAccount(account) }];
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
  if (sums.due <= 0n || (!payment.account && !payment.means)) return terms;
  const items = [
    ...facts(messages, [['paymentMeans', payment.means && messages[MEANS[payment.means]]]]),
    ...accountFacts(payment.account, messages),
    ...facts(messages, [
      ['bic', payment.bic],
      ['reference', payment.reference],
      ['due', due && write.date(due)],
    ]),
  ];
  return [...callout(items), ...terms];
}
