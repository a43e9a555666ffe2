import { minorDigits } from '../../text/currency-digits.ts';
import { type Decimal, divideRounded, multiply, readDecimal, roundToUnits } from '../../text/decimal.ts';
import type { InvoiceData, InvoiceLine } from './data.ts';
import type { WholeChange } from './fields.ts';
import { listVatKeys, type VatKey, vatKeyOf, vatName, wholeVatKey } from './vat.ts';

// Beside each figure stands the term of EN 16931 that it is. All are in the currency's smallest units, and in the sign of
// the document: what a credit note credits is positive, and a discount that it takes back is one below zero.

/** A discount or a charge, of a line or the whole. */
export interface CountedChange {
  isCharge: boolean;
  /** As prices are given, with or without VAT. */
  amount: bigint;
  /** Without VAT (BT-92, 99, 136, 141). */
  net: bigint;
  /** What it is a percentage of, as prices are given. */
  base?: bigint | undefined;
  percent?: string | undefined;
  reason?: string | undefined;
  vat?: VatKey | undefined;
}

/** A line of an invoice. */
export interface CountedLine {
  /** BT-129. */
  quantity: Decimal;
  /** Of one, as prices are given. */
  price: Decimal;
  /** Of one, without VAT (BT-146). */
  netPrice: Decimal;
  changes: CountedChange[];
  /** After its discount and charge, as prices are given. */
  amount: bigint;
  /** The same without VAT (BT-131). */
  net: bigint;
  vat: VatKey | undefined;
}

/** The VAT of all that has one category and rate (BG-23). */
export interface VatSum extends VatKey {
  /** BT-116. */
  net: bigint;
  /** BT-117. */
  vat: bigint;
}

/** An invoice with its sums. */
export interface CountedInvoice {
  isCredit: boolean;
  /** Digits after the point in the currency. */
  digits: number;
  lines: CountedLine[];
  /** Discounts and charges of the whole; what is a percentage of several rates of VAT is there for each. */
  changes: CountedChange[];
  /** The lines together, as prices are given, and without VAT (BT-106). */
  linesAmount: bigint;
  linesNet: bigint;
  /** BT-107, BT-108. */
  discountsNet: bigint;
  chargesNet: bigint;
  /** BT-109. */
  net: bigint;
  /** The highest rate first. */
  vats: VatSum[];
  /** BT-110. */
  vat: bigint;
  /** BT-112. */
  total: bigint;
  /** BT-113. */
  prepaid: bigint;
  /** BT-114. */
  rounding: bigint;
  /** BT-115. */
  due: bigint;
  /** VAT in the currency that it is accounted in (BT-6, BT-111). */
  vatInCurrency?: { currency: string; digits: number; amount: bigint };
}

/** Decimals of a price without VAT that was given with it. */
const PRICE_DECIMALS = 6;

type Amount = number | string;

const sum = (amounts: bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

const negateIf = (isNegative: boolean, amount: bigint): bigint => (isNegative ? -amount : amount);

function partOf(units: bigint, percent: Amount): bigint {
  const { digits, scale } = readDecimal(percent);
  return roundToUnits({ digits: units * digits, scale: scale + 2 }, 0);
}

/** The VAT that is in an amount with VAT. */
function vatWithin(units: bigint, rate: string): bigint {
  const { digits, scale } = readDecimal(rate);
  return divideRounded(units * digits, 100n * 10n ** BigInt(scale) + digits);
}

/** A price without VAT, of one with it. */
function priceWithout({ digits, scale }: Decimal, rate: string): Decimal {
  const { digits: percent, scale: places } = readDecimal(rate);
  const whole = 100n * 10n ** BigInt(places);
  const more = 10n ** BigInt(Math.max(0, PRICE_DECIMALS - scale));
  return { digits: divideRounded(digits * more * whole, whole + percent), scale: Math.max(scale, PRICE_DECIMALS) };
}

/** Takes the VAT out of amounts of one category and rate. */
interface Group {
  key: VatKey | undefined;
  amount: bigint;
  net: bigint;
}

/**
 * Creates what parts amounts from their VAT. Where prices are with VAT, that of each rate is taken out of the sum and
 * rounded there, so that net and VAT make exactly the sum of the prices; each amount bears what the sum's VAT grows by.
 */
function createGroups(isInclusive: boolean) {
  const groups = new Map<string, Group>();
  return {
    /** All that was added, by category and rate. */
    list: () => [...groups.values()],
    /** Adds an amount, and returns it without VAT. */
    add(amount: bigint, key: VatKey | undefined): bigint {
      const group = groups.get(vatName(key)) ?? { key, amount: 0n, net: 0n };
      groups.set(vatName(key), group);
      const before = group.net;
      group.amount += amount;
      group.net = isInclusive && key ? group.amount - vatWithin(group.amount, key.rate) : group.amount;
      return group.net - before;
    },
  };
}

/** Counts a line up to its amount; its net follows from the lines before it. */
function countLine(line: InvoiceLine, data: InvoiceData, sign: bigint, digits: number): CountedLine {
  const given = readDecimal(line.quantity);
  const quantity = { ...given, digits: given.digits * sign };
  const price = readDecimal(line.unitPrice);
  const base = roundToUnits(multiply(quantity, price), digits);
  const vat = vatKeyOf(line, data);
  const without = (units: bigint) => (data.pricesIncludeVat && vat ? units - vatWithin(units, vat.rate) : units);
  const changes = [line.discount, line.charge].flatMap((change, index): CountedChange[] => {
    if (!change) return [];
    const { amount: fixed, percent, reason } = change;
    // Of a line below zero it takes off (or adds) what is below zero too.
    const amount =
      percent === undefined
        ? negateIf(base < 0n, roundToUnits(readDecimal(fixed ?? 0), digits))
        : partOf(base, percent);
    const part = percent === undefined ? {} : { base, percent: String(percent) };
    return [{ isCharge: index === 1, amount, net: without(amount), reason, ...part }];
  });
  const amount = base + sum(changes.map((change) => negateIf(!change.isCharge, change.amount)));
  const netPrice = data.pricesIncludeVat && vat ? priceWithout(price, vat.rate) : price;
  return { quantity, price, netPrice, changes, amount, net: amount, vat };
}

/** What the lines of each category and rate come to, as prices are given. */
type Bases = ReadonlyMap<string, bigint>;

function addUpLines(lines: CountedLine[]): Bases {
  const bases = new Map<string, bigint>();
  for (const { vat, amount } of lines) bases.set(vatName(vat), (bases.get(vatName(vat)) ?? 0n) + amount);
  return bases;
}

/** Counts a discount or charge of the whole: one for each rate of VAT that it is a percentage of. */
function countChange(change: WholeChange, isCharge: boolean, bases: Bases, data: InvoiceData): CountedChange[] {
  const { amount, percent, reason } = change;
  const key = wholeVatKey(change, data);
  if (percent === undefined) {
    const units = roundToUnits(readDecimal(amount ?? 0), minorDigits(data.currency));
    return [{ isCharge, amount: units, net: units, reason, vat: key ?? undefined }];
  }
  return (key === null ? listVatKeys(data) : [key]).map((vat) => {
    const base = bases.get(vatName(vat)) ?? 0n;
    const units = partOf(base, percent);
    return { isCharge, amount: units, net: units, base, percent: String(percent), reason, vat };
  });
}

function sumVat({ key, amount, net }: Group, isInclusive: boolean): VatSum[] {
  if (!key) return [];
  return [{ ...key, net, vat: isInclusive ? amount - net : partOf(net, key.rate) }];
}

/** What an amount is changed by to be a multiple of `roundTo`, or by as much as was asked for. */
function countRounding({ rounding, roundTo }: InvoiceData, due: bigint, digits: number): bigint {
  if (roundTo === undefined) return roundToUnits(readDecimal(rounding ?? 0), digits);
  const step = roundToUnits(readDecimal(roundTo), digits);
  return divideRounded(due, step) * step - due;
}

function countVatCurrency({ vatCurrency }: InvoiceData, vat: bigint, digits: number): CountedInvoice['vatInCurrency'] {
  if (!vatCurrency) return undefined;
  const { currency, exchangeRate, amount } = vatCurrency;
  const own = minorDigits(currency);
  const exact =
    exchangeRate === undefined
      ? readDecimal(amount ?? 0)
      : multiply({ digits: vat, scale: digits }, readDecimal(exchangeRate));
  const units = roundToUnits(exact, own);
  // An amount is given without a sign.
  return { currency, digits: own, amount: negateIf(exchangeRate === undefined && vat < 0n, units) };
}

type Counted = Omit<CountedInvoice, 'isCredit'>;

/** Counts all of an invoice; `sign` is that of what its lines are quantities of. */
function countAs(data: InvoiceData, sign: bigint): Counted {
  const { currency, pricesIncludeVat: isInclusive } = data;
  const digits = minorDigits(currency);
  const { list, add } = createGroups(isInclusive);
  const lines = data.lines.map((line) => countLine(line, data, sign, digits));
  for (const line of lines) line.net = add(line.amount, line.vat);
  const bases = addUpLines(lines);
  const changes = [
    ...data.discounts.flatMap((change) => countChange(change, false, bases, data)),
    ...data.charges.flatMap((change) => countChange(change, true, bases, data)),
  ];
  for (const change of changes) {
    change.net = negateIf(!change.isCharge, add(negateIf(!change.isCharge, change.amount), change.vat));
  }
  const vats = list()
    .flatMap((group) => sumVat(group, isInclusive))
    .sort((one, other) => Number(other.rate) - Number(one.rate));
  const netOf = (isCharge: boolean) => sum(changes.filter((one) => one.isCharge === isCharge).map((one) => one.net));
  const net = sum(list().map((group) => group.net));
  const vat = sum(vats.map((one) => one.vat));
  const prepaid = roundToUnits(readDecimal(data.prepaid ?? 0), digits);
  const rounding = countRounding(data, net + vat - prepaid, digits);
  const vatInCurrency = countVatCurrency(data, vat, digits);
  return {
    digits,
    lines,
    changes,
    linesAmount: sum(lines.map((line) => line.amount)),
    linesNet: sum(lines.map((line) => line.net)),
    discountsNet: netOf(false),
    chargesNet: netOf(true),
    net,
    vats,
    vat,
    total: net + vat,
    prepaid,
    rounding,
    due: net + vat - prepaid + rounding,
    ...(vatInCurrency && { vatInCurrency }),
  };
}

function negateChange(change: CountedChange): CountedChange {
  const { amount, net, base } = change;
  return { ...change, amount: -amount, net: -net, ...(base !== undefined && { base: -base }) };
}

/** What takes back all that was counted: each figure with the other sign, but for prices. */
function negate(counted: Counted): Counted {
  const { lines, changes, vats, vatInCurrency: foreign } = counted;
  return {
    digits: counted.digits,
    lines: lines.map((line) => ({
      ...line,
      quantity: { ...line.quantity, digits: -line.quantity.digits },
      changes: line.changes.map(negateChange),
      amount: -line.amount,
      net: -line.net,
    })),
    changes: changes.map(negateChange),
    linesAmount: -counted.linesAmount,
    linesNet: -counted.linesNet,
    discountsNet: -counted.discountsNet,
    chargesNet: -counted.chargesNet,
    net: -counted.net,
    vats: vats.map((one) => ({ ...one, net: -one.net, vat: -one.vat })),
    vat: -counted.vat,
    total: -counted.total,
    prepaid: -counted.prepaid,
    rounding: -counted.rounding,
    due: -counted.due,
    ...(foreign && { vatInCurrency: { ...foreign, amount: -foreign.amount } }),
  };
}

/**
 * Counts an invoice exactly, as EN 16931 has it. Each line is quantity times price, rounded to the currency's smallest
 * unit, and so are its discount and charge; VAT is counted once for each category and rate, on the sum, and rounded
 * there. Halves go away from zero. What comes to less than zero is a credit note of as much, unless its type says
 * otherwise. Lines of a credit note by its type may be written with a minus or without; all else of it is as it is given.
 */
export function countInvoice(data: InvoiceData): CountedInvoice {
  const counted = countAs(data, 1n);
  const isBelow = counted.total < 0n;
  if (data.type === 'credit-note') return { ...(isBelow ? countAs(data, -1n) : counted), isCredit: true };
  const isCredit = data.type === undefined && isBelow;
  return { ...(isCredit ? negate(counted) : counted), isCredit };
}
