// What an invoice comes to, counted another way than the product does: by fractions, straight from the norm's formulas.

/** A fraction of whole numbers. */
interface Fraction {
  over: bigint;
  under: bigint;
}

type Amount = number | string;

function fraction(value: Amount): Fraction {
  const [whole = '0', decimals = ''] = String(value).split('.');
  return { over: BigInt(whole + decimals), under: 10n ** BigInt(decimals.length) };
}

const times = (one: Fraction, other: Fraction): Fraction => ({
  over: one.over * other.over,
  under: one.under * other.under,
});
const plus = (one: Fraction, other: Fraction): Fraction => ({
  over: one.over * other.under + other.over * one.under,
  under: one.under * other.under,
});
const minus = (one: Fraction, other: Fraction): Fraction => plus(one, { ...other, over: -other.over });
const divide = (one: Fraction, other: Fraction): Fraction => ({
  over: one.over * other.under,
  under: one.under * other.over,
});
const total = (all: Fraction[]): Fraction => all.reduce(plus, fraction(0));
const percentOf = (one: Fraction, percent: Amount): Fraction => times(one, divide(fraction(percent), fraction(100)));

/** Rounds to a number of decimals; halves go away from zero. */
function round({ over, under }: Fraction, decimals: number): Fraction {
  const scale = 10n ** BigInt(decimals);
  const size = over < 0n ? -over : over;
  const units = (2n * size * scale + under) / (2n * under);
  return { over: over < 0n ? -units : units, under: scale };
}

/** Writes a fraction that has no more than these decimals. */
function write(one: Fraction, decimals: number): string {
  const { over } = round(one, decimals);
  const digits = String(over < 0n ? -over : over).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${over < 0n ? '-' : ''}${digits.slice(0, point)}${decimals > 0 ? `.${digits.slice(point)}` : ''}`;
}

interface Change {
  amount?: Amount;
  percent?: Amount;
  vat?: Amount;
}

interface Line {
  quantity?: Amount;
  unitPrice: Amount;
  vat?: Amount;
  vatCategory?: string;
  discount?: Change;
  charge?: Change;
}

/** The fields of an invoice that its sums follow from. */
export interface CalculatedFields {
  type?: string;
  currency: string;
  lines: Line[];
  discounts?: Change[];
  charges?: Change[];
  pricesIncludeVat?: boolean;
  prepaid?: Amount;
  rounding?: Amount;
  roundTo?: Amount;
  vatCurrency?: { currency: string; exchangeRate?: Amount; amount?: Amount };
}

const DECIMALS: Record<string, number> = { JPY: 0, KWD: 3 };
const rateOf = (fields: { vat?: Amount; vatCategory?: string }): number => Number(fields.vat ?? 0);

function lineAmount({ quantity = 1, unitPrice, discount, charge }: Line, sign: number, decimals: number): Fraction {
  const base = round(times(times(fraction(quantity), fraction(unitPrice)), fraction(sign)), decimals);
  const size = ({ amount, percent }: Change): Fraction => {
    if (percent !== undefined) return round(percentOf(base, percent), decimals);
    return times(fraction(amount ?? 0), fraction(base.over < 0n ? -1 : 1));
  };
  return total([
    base,
    charge ? size(charge) : fraction(0),
    times(fraction(-1), discount ? size(discount) : fraction(0)),
  ]);
}

/** What the whole adds to the amounts of one rate: discounts and charges that name it, or all of them. */
function changesAt(rate: number, base: Fraction, fields: CalculatedFields, decimals: number): Fraction {
  const rates = new Set(fields.lines.map(rateOf));
  const concerns = ({ vat, percent }: Change): boolean =>
    vat === undefined ? percent !== undefined || rates.size === 1 : Number(vat) === rate;
  const size = ({ amount, percent }: Change): Fraction =>
    percent === undefined ? fraction(amount ?? 0) : round(percentOf(base, percent), decimals);
  const sum = (changes: Change[] = []) => total(changes.filter(concerns).map(size));
  return minus(sum(fields.charges), sum(fields.discounts));
}

/** Calculates net, VAT, total and what is to be paid, as they are written in the invoice's currency. */
export function calculateInvoice(fields: CalculatedFields) {
  const decimals = DECIMALS[fields.currency] ?? 2;
  const calculate = (sign: number) => {
    const changed = [...(fields.discounts ?? []), ...(fields.charges ?? [])].flatMap(({ vat }) =>
      vat === undefined ? [] : [Number(vat)],
    );
    const rates = [...new Set([...fields.lines.map(rateOf), ...changed])];
    const parts = rates.map((rate) => {
      const own = total(
        fields.lines.filter((line) => rateOf(line) === rate).map((line) => lineAmount(line, sign, decimals)),
      );
      const amount = plus(own, changesAt(rate, own, fields, decimals));
      const within = divide(times(amount, fraction(rate)), fraction(100 + rate));
      const vat = round(fields.pricesIncludeVat ? within : percentOf(amount, rate), decimals);
      return { vat, net: fields.pricesIncludeVat ? minus(amount, vat) : amount };
    });
    const net = total(parts.map((part) => part.net));
    const vat = total(parts.map((part) => part.vat));
    return { net, vat, sum: plus(net, vat) };
  };
  const asGiven = calculate(1);
  const isBelow = asGiven.sum.over < 0n;
  const isTurned = fields.type === undefined && isBelow;
  const { net, vat, sum } = fields.type === 'credit-note' && isBelow ? calculate(-1) : asGiven;
  const open = minus(sum, fraction(fields.prepaid ?? 0));
  const { roundTo, rounding = 0, vatCurrency } = fields;
  const due =
    roundTo === undefined
      ? plus(open, fraction(rounding))
      : times(round(divide(open, fraction(roundTo)), 0), fraction(roundTo));
  const { exchangeRate } = vatCurrency ?? {};
  const given = times(fraction(vatCurrency?.amount ?? 0), fraction(vat.over < 0n ? -1 : 1));
  const foreign = exchangeRate === undefined ? given : times(vat, fraction(exchangeRate));
  // What comes to less than zero credits exactly that.
  const say = (one: Fraction, places: number) => write(isTurned ? times(one, fraction(-1)) : one, places);
  return {
    isCredit: isTurned || fields.type === 'credit-note',
    net: say(net, decimals),
    vat: say(vat, decimals),
    total: say(sum, decimals),
    due: say(due, decimals),
    ...(vatCurrency && { foreign: say(foreign, DECIMALS[vatCurrency.currency] ?? 2) }),
  };
}
