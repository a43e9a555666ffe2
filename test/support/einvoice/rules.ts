import { type Part, readCii } from './cii.ts';

// Rules of EN 16931 about what adds up and what goes together, as sentences of their own over the XML: nothing here is
// shared with what writes it.

const SCALE = 12;
const UNIT = 10n ** BigInt(SCALE);

/** A decimal as a whole count of millionths of millionths; undefined where there is none. */
function read(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '') throw new Error(`"${text}" is no decimal`);
  const value = BigInt(whole) * UNIT + BigInt(fraction.padEnd(SCALE, '0').slice(0, SCALE));
  return sign ? -value : value;
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** The smallest amount that a text of so many decimals may have. */
const unitOf = (text: string): bigint => UNIT / 10n ** BigInt(text.split('.')[1]?.length ?? 0);

const sum = (values: (bigint | undefined)[]): bigint => values.reduce<bigint>((all, one) => all + (one ?? 0n), 0n);

const SETTLEMENT = '/CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement';
const AGREEMENT = '/CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement';
const DELIVERY = '/CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeDelivery';
const LINE = '/CrossIndustryInvoice/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem';
const SUMS = `${SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation`;

interface Taxed {
  category: string;
  rate: bigint | undefined;
  /** What it adds to the total. */
  amount: bigint;
}

/** Lines, discounts and charges of the whole, each with what VAT it bears. */
function readTaxed(cii: Part): { lines: Taxed[]; changes: (Taxed & { isCharge: boolean })[] } {
  const lines = cii.parts(`${LINE}/SpecifiedLineTradeSettlement`).map((line) => ({
    category: line.text('ApplicableTradeTax/CategoryCode') ?? '',
    rate: read(line.text('ApplicableTradeTax/RateApplicablePercent')),
    amount: read(line.text('SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount')) ?? 0n,
  }));
  const changes = cii.parts(`${SETTLEMENT}/SpecifiedTradeAllowanceCharge`).map((change) => {
    const amount = read(change.text('ActualAmount')) ?? 0n;
    const isCharge = change.text('ChargeIndicator/Indicator') === 'true';
    return {
      isCharge,
      category: change.text('CategoryTradeTax/CategoryCode') ?? '',
      rate: read(change.text('CategoryTradeTax/RateApplicablePercent')),
      amount: isCharge ? amount : -amount,
    };
  });
  return { lines, changes };
}

type Rule = [name: string, holds: boolean];

function sumRules(cii: Part): Rule[] {
  const own = (name: string) => read(cii.text(`${SUMS}/${name}`));
  const { lines, changes } = readTaxed(cii);
  const currency = cii.text(`${SETTLEMENT}/InvoiceCurrencyCode`);
  const totals = cii.parts(`${SUMS}/TaxTotalAmount`);
  const vat = read(totals.find((one) => one.text('@currencyID') === currency)?.text('.'));
  const allowances = sum(changes.map(({ isCharge, amount }) => (isCharge ? 0n : -amount)));
  const charges = sum(changes.map(({ isCharge, amount }) => (isCharge ? amount : 0n)));
  const taxes = cii.parts(`${SETTLEMENT}/ApplicableTradeTax`);
  const grand = own('GrandTotalAmount');
  return [
    ['BR-CO-10: the sum of the lines', own('LineTotalAmount') === sum(lines.map(({ amount }) => amount))],
    ['BR-CO-11: the sum of the discounts', (own('AllowanceTotalAmount') ?? 0n) === allowances],
    ['BR-CO-12: the sum of the charges', (own('ChargeTotalAmount') ?? 0n) === charges],
    [
      'BR-33, BR-38, BR-42, BR-44: reasons of discounts and charges',
      cii.parts('//SpecifiedTradeAllowanceCharge').every((one) => one.text('Reason') ?? one.text('ReasonCode')),
    ],
    [
      'BR-CO-13: the total without VAT',
      own('TaxBasisTotalAmount') === (own('LineTotalAmount') ?? 0n) - allowances + charges,
    ],
    ['BR-CO-14: the sum of VAT', vat === sum(taxes.map((tax) => read(tax.text('CalculatedAmount'))))],
    ['BR-CO-15: the total with VAT', grand === (own('TaxBasisTotalAmount') ?? 0n) + (vat ?? 0n)],
    [
      'BR-CO-16: the amount due',
      own('DuePayableAmount') === (grand ?? 0n) - (own('TotalPrepaidAmount') ?? 0n) + (own('RoundingAmount') ?? 0n),
    ],
  ];
}

/** Categories of VAT without a rate above zero, whose breakdown has no VAT. */
const FREE = ['Z', 'E', 'AE', 'K', 'G', 'O'];
const REASONED = ['E', 'AE', 'K', 'G', 'O'];

function taxRules(cii: Part): Rule[] {
  const { lines, changes } = readTaxed(cii);
  const taxed = [...lines, ...changes];
  const taxes = cii.parts(`${SETTLEMENT}/ApplicableTradeTax`);
  const breakdowns = taxes.map((tax) => ({
    category: tax.text('CategoryCode') ?? '',
    rate: read(tax.text('RateApplicablePercent')),
    base: read(tax.text('BasisAmount')) ?? 0n,
    vat: read(tax.text('CalculatedAmount')) ?? 0n,
    unit: unitOf(tax.text('CalculatedAmount') ?? ''),
    reason: tax.text('ExemptionReason') ?? tax.text('ExemptionReasonCode'),
  }));
  const keyOf = ({ category, rate }: { category: string; rate: bigint | undefined }) => `${category} ${rate ?? 0n}`;
  const keys = breakdowns.map(keyOf);
  const perBreakdown = breakdowns.flatMap((one): Rule[] => {
    const { category, rate = 0n, base, vat, unit, reason } = one;
    const exact = (base * rate) / (100n * UNIT);
    // Half a unit where VAT is counted on its base; where it is taken out of prices, the base is rounded too.
    const off = (unit * (100n * UNIT + rate)) / (200n * UNIT);
    const own = taxed.filter((each) => keyOf(each) === keyOf(one));
    return [
      [`BR-${category}-8: the base of ${keyOf(one)}`, base === sum(own.map(({ amount }) => amount))],
      [`BR-CO-17: the VAT of ${keyOf(one)}`, size(vat - exact) <= off + 1n],
      [`BR-${category}-9: no VAT where there is none`, !FREE.includes(category) || vat === 0n],
      [`BR-${category}-10: a reason, or none`, REASONED.includes(category) === (reason !== undefined)],
      [
        `BR-${category}-5: its rate`,
        ['S', 'L'].includes(category) ? rate > 0n : !FREE.includes(category) || rate === 0n,
      ],
    ];
  });
  return [
    ['BR-CO-18: a breakdown of VAT', breakdowns.length > 0],
    ['BR-S-1: one breakdown for each category and rate', new Set(keys).size === keys.length],
    ['BR-S-1: a breakdown for all that is taxed', taxed.every((one) => keys.includes(keyOf(one)))],
    ...perBreakdown,
  ];
}

function partyRules(cii: Part): Rule[] {
  const seller = cii.parts(`${AGREEMENT}/SellerTradeParty`)[0];
  const buyer = cii.parts(`${AGREEMENT}/BuyerTradeParty`)[0];
  const categories = new Set(cii.texts(`${SETTLEMENT}/ApplicableTradeTax/CategoryCode`));
  const taxIds = seller?.texts('SpecifiedTaxRegistration/ID') ?? [];
  const vatId = seller?.text('SpecifiedTaxRegistration/ID[@schemeID="VA"]');
  const buyerVatId = buyer?.text('SpecifiedTaxRegistration/ID[@schemeID="VA"]');
  const organization = seller?.text('SpecifiedLegalOrganization/ID');
  const has = (...names: string[]) => names.some((name) => categories.has(name));
  const due = read(cii.text(`${SUMS}/DuePayableAmount`)) ?? 0n;
  const terms = cii.parts(`${SETTLEMENT}/SpecifiedTradePaymentTerms`)[0];
  const delivered =
    cii.text(`${DELIVERY}/ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString`) ??
    cii.text(`${SETTLEMENT}/BillingSpecifiedPeriod`);
  return [
    [
      'BR-9, BR-11: countries',
      Boolean(seller?.text('PostalTradeAddress/CountryID') && buyer?.text('PostalTradeAddress/CountryID')),
    ],
    ['BR-CO-26: who the seller is', vatId !== undefined || organization !== undefined],
    ['BR-S-2, Z, E, L, M: the seller for VAT', !has('S', 'Z', 'E', 'L', 'M') || taxIds.length > 0],
    [
      'BR-AE-2: both for reverse charge',
      !has('AE') || (taxIds.length > 0 && Boolean(buyerVatId ?? buyer?.text('SpecifiedLegalOrganization/ID'))),
    ],
    ['BR-IC-2: both for a supply within the EU', !has('K') || Boolean(vatId && buyerVatId)],
    [
      'BR-IC-11, BR-IC-12: delivery within the EU',
      !has('K') || Boolean(delivered && cii.text(`${DELIVERY}/ShipToTradeParty/PostalTradeAddress/CountryID`)),
    ],
    ['BR-G-2: the seller of an export', !has('G') || vatId !== undefined],
    [
      'BR-O-2, BR-O-11: nothing but what is outside of VAT',
      !has('O') || (categories.size === 1 && !vatId && !buyerVatId),
    ],
    ['BR-CO-25: when it is due', due <= 0n || terms !== undefined],
    [
      'BR-CO-9: VAT identifiers have a country',
      [vatId, buyerVatId].every((id) => id === undefined || /^[A-Z]{2}/.test(id)),
    ],
    [
      'BR-27: no price below zero',
      cii
        .texts(`${LINE}/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount`)
        .every((price) => (read(price) ?? 0n) >= 0n),
    ],
    [
      'BR-DEC: two decimals',
      cii
        .texts(`${SUMS}/*`)
        .concat(cii.texts('//BasisAmount'), cii.texts('//ActualAmount'), cii.texts('//CalculatedAmount'))
        .every((amount) => /^-?\d+(?:\.\d{1,2})?$/.test(amount)),
    ],
  ];
}

/** The rules of EN 16931 that an e-invoice breaks, of those that are checked here; none where all hold. */
export function brokenRules(xml: string): string[] {
  const cii = readCii(xml);
  return [...sumRules(cii), ...taxRules(cii), ...partyRules(cii)].flatMap(([name, holds]) => (holds ? [] : [name]));
}
