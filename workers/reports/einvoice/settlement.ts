import { messagesFor } from '../locales/index.ts';
import type { InvoiceData } from '../templates/invoice/data.ts';
import { isIban } from '../templates/invoice/payment/bank.ts';
import type { Payment } from '../templates/invoice/payment/fields.ts';
import type { CountedInvoice } from '../templates/invoice/sums.ts';
import { plainId } from './parties.ts';
import { writeChange, writeVats } from './taxes.ts';
import { toAmount, toPlainText, writeDay, writePeriod } from './values.ts';
import { group, isBlank, leaf, type XmlElement } from './xml.ts';

/** How it is paid, as UNTDID 4461 numbers it; a transfer is one of SEPA where it is of euros to an IBAN. */
const MEANS = { card: '48', cash: '10', cheque: '20', online: '68' } as const;
const TRANSFER = '30';
const SEPA_TRANSFER = '58';
const DIRECT_DEBIT = '49';
const SEPA_DIRECT_DEBIT = '59';

/** Writes that it is debited, and from where (BG-19); it is a debit of SEPA where all is there that one takes. */
function writeDirectDebit({ mandate, creditorId, debitedAccount }: Payment, currency: string): XmlElement | undefined {
  const iban = debitedAccount && isIban(debitedAccount) ? plainId(debitedAccount) : undefined;
  const isSepa = currency === 'EUR' && iban !== undefined && !isBlank(mandate) && !isBlank(creditorId);
  return group(
    'ram:SpecifiedTradeSettlementPaymentMeans',
    leaf('ram:TypeCode', isSepa ? SEPA_DIRECT_DEBIT : DIRECT_DEBIT),
    group('ram:PayerPartyDebtorFinancialAccount', leaf('ram:IBANID', iban)),
  );
}

/** Writes how it is paid (BG-16); nothing where neither an account nor another way is named. */
function writeMeans(payment: Payment, currency: string): XmlElement | undefined {
  const { means, account, bic } = payment;
  if (means === 'direct-debit') return writeDirectDebit(payment, currency);
  if (means !== undefined && means !== 'transfer') {
    return group('ram:SpecifiedTradeSettlementPaymentMeans', leaf('ram:TypeCode', MEANS[means]));
  }
  if (account === undefined || isBlank(account)) return undefined;
  const iban = isIban(account) ? plainId(account) : undefined;
  return group(
    'ram:SpecifiedTradeSettlementPaymentMeans',
    leaf('ram:TypeCode', iban !== undefined && currency === 'EUR' ? SEPA_TRANSFER : TRANSFER),
    group(
      'ram:PayeePartyCreditorFinancialAccount',
      leaf('ram:IBANID', iban),
      leaf('ram:ProprietaryID', iban === undefined ? account : undefined),
    ),
    group('ram:PayeeSpecifiedCreditorFinancialInstitution', leaf('ram:BICID', bic && plainId(bic))),
  );
}

function writeSums(counted: CountedInvoice, currency: string): XmlElement | undefined {
  const amount = (name: string, units: bigint) => leaf(name, toAmount(units, counted.digits));
  const { changes, vatInCurrency } = counted;
  const hasSome = (isCharge: boolean) => changes.some((change) => change.isCharge === isCharge);
  return group(
    'ram:SpecifiedTradeSettlementHeaderMonetarySummation',
    amount('ram:LineTotalAmount', counted.linesNet),
    hasSome(true) ? amount('ram:ChargeTotalAmount', counted.chargesNet) : undefined,
    hasSome(false) ? amount('ram:AllowanceTotalAmount', counted.discountsNet) : undefined,
    amount('ram:TaxBasisTotalAmount', counted.net),
    leaf('ram:TaxTotalAmount', toAmount(counted.vat, counted.digits), { currencyID: currency }),
    vatInCurrency &&
      leaf('ram:TaxTotalAmount', toAmount(vatInCurrency.amount, vatInCurrency.digits), {
        currencyID: vatInCurrency.currency,
      }),
    counted.rounding === 0n ? undefined : amount('ram:RoundingAmount', counted.rounding),
    amount('ram:GrandTotalAmount', counted.total),
    counted.prepaid === 0n ? undefined : amount('ram:TotalPrepaidAmount', counted.prepaid),
    amount('ram:DuePayableAmount', counted.due),
  );
}

/** How and when it is paid: of what is credited, where the money goes, since there is nothing to pay. */
function payingOf({ payment, due }: InvoiceData, { isCredit }: CountedInvoice): Pick<InvoiceData, 'payment' | 'due'> {
  if (!isCredit) return { payment, due };
  return { payment: payment?.refundAccount ? { account: payment.refundAccount } : undefined };
}

/** A discount for paying early, as XRechnung writes it, ends with its line, also where it is the last one (BR-DE-18). */
const withLastLineEnded = (element: XmlElement): XmlElement =>
  typeof element.content === 'string' && /(?:^|\n)[ \t]*#[^\n]*#$/.test(element.content)
    ? { ...element, content: `${element.content}\n` }
    : element;

/** Writes by when it is to be paid (BT-9, BT-20); of what is credited, that it is. */
function writeTerms(
  { payment, due }: Pick<InvoiceData, 'payment' | 'due'>,
  { isCredit }: CountedInvoice,
  lang: string,
) {
  const terms = payment?.terms && toPlainText(payment.terms);
  const description = leaf('ram:Description', isCredit ? messagesFor(lang).amountCredited : terms);
  return group(
    'ram:SpecifiedTradePaymentTerms',
    description && withLastLineEnded(description),
    writeDay('ram:DueDateDateTime', due),
    leaf('ram:DirectDebitMandateID', payment?.mandate),
  );
}

/** Writes what is to be paid, how and when, with its VAT. `lang` is the language of what the product says itself. */
export function writeSettlement(data: InvoiceData, counted: CountedInvoice, lang: string): XmlElement | undefined {
  const { currency, delivered, preceding, pricesIncludeVat } = data;
  const paying = payingOf(data, counted);
  const change = { digits: counted.digits, pricesIncludeVat };
  return group(
    'ram:ApplicableHeaderTradeSettlement',
    leaf('ram:CreditorReferenceID', paying.payment?.creditorId),
    leaf('ram:PaymentReference', paying.payment?.reference),
    leaf('ram:TaxCurrencyCode', counted.vatInCurrency?.currency),
    leaf('ram:InvoiceCurrencyCode', currency),
    paying.payment && writeMeans(paying.payment, currency),
    writeVats(counted, data),
    writePeriod(typeof delivered === 'string' ? undefined : delivered),
    counted.changes.map((one) => writeChange(one, change)),
    writeTerms(paying, counted, lang),
    writeSums(counted, currency),
    preceding.map(({ number, issued }) =>
      group(
        'ram:InvoiceReferencedDocument',
        leaf('ram:IssuerAssignedID', number),
        writeDay('ram:FormattedIssueDateTime', issued, 'qdt:DateTimeString'),
      ),
    ),
  );
}
