import type { InvoiceData } from '../templates/invoice/data.ts';
import type { VatCategory } from '../templates/invoice/fields.ts';
import type { CountedChange, CountedInvoice, VatSum } from '../templates/invoice/sums.ts';
import type { VatKey } from '../templates/invoice/vat.ts';
import { toAmount } from './values.ts';
import { group, isBlank, leaf, type XmlElement } from './xml.ts';

/** Why there is no VAT, where the category itself says it. */
const REASON_CODES: Partial<Record<VatCategory, string>> = {
  AE: 'VATEX-EU-AE',
  G: 'VATEX-EU-G',
  K: 'VATEX-EU-IC',
  O: 'VATEX-EU-O',
};

/** What is not subject to VAT has no rate, not even one of zero (BR-O-5). */
const rateOf = ({ category, rate }: VatKey): string | undefined => (category === 'O' ? undefined : rate);

/** Writes the category and rate that something bears. */
export const writeTax = (name: string, key: VatKey): XmlElement | undefined =>
  group(
    name,
    leaf('ram:TypeCode', 'VAT'),
    leaf('ram:CategoryCode', key.category),
    leaf('ram:RateApplicablePercent', rateOf(key)),
  );

/** Writes the VAT of one category and rate (BG-23). */
function writeVat(sum: VatSum, digits: number, { exemptions }: Pick<InvoiceData, 'exemptions'>) {
  const { reason, code } = exemptions.find(({ category }) => category === sum.category) ?? {};
  return group(
    'ram:ApplicableTradeTax',
    leaf('ram:CalculatedAmount', toAmount(sum.vat, digits)),
    leaf('ram:TypeCode', 'VAT'),
    leaf('ram:ExemptionReason', reason),
    leaf('ram:BasisAmount', toAmount(sum.net, digits)),
    leaf('ram:CategoryCode', sum.category),
    leaf('ram:ExemptionReasonCode', code ?? REASON_CODES[sum.category]),
    leaf('ram:RateApplicablePercent', rateOf(sum)),
  );
}

/** Writes the VAT of each category and rate. */
export const writeVats = ({ vats, digits }: CountedInvoice, data: InvoiceData): (XmlElement | undefined)[] =>
  vats.map((sum) => writeVat(sum, digits, data));

/** Reasons in the words of UNTDID 5189 and 7161, where none was given. */
const DISCOUNT = '95';
const MISCELLANEOUS = 'ABK';

/** How changes are written: with all of the currency's decimals, and what they are a part of only where that adds up. */
export interface ChangeSetting {
  digits: number;
  /** Percentages are of prices with VAT, which the XML does not have. */
  pricesIncludeVat: boolean;
}

/** Writes a discount or a charge (BG-20, 21, 27, 28). */
export function writeChange(change: CountedChange, { digits, pricesIncludeVat }: ChangeSetting) {
  const { isCharge, net, base, percent, reason, vat } = change;
  const isPart = !pricesIncludeVat && base !== undefined;
  return group(
    'ram:SpecifiedTradeAllowanceCharge',
    group('ram:ChargeIndicator', leaf('udt:Indicator', String(isCharge))),
    isPart ? leaf('ram:CalculationPercent', percent) : undefined,
    isPart ? leaf('ram:BasisAmount', toAmount(base, digits)) : undefined,
    leaf('ram:ActualAmount', toAmount(net, digits)),
    isBlank(reason) ? leaf('ram:ReasonCode', isCharge ? MISCELLANEOUS : DISCOUNT) : undefined,
    leaf('ram:Reason', reason),
    vat && writeTax('ram:CategoryTradeTax', vat),
  );
}
