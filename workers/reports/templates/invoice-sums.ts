import { multiply, readDecimal, roundToUnits } from '../text/decimal.ts';

/** A line of an invoice as far as it is counted. `vat` is a percentage; absent where there is no VAT. */
export interface CountedLine {
  quantity: number | string;
  unitPrice: number | string;
  vat?: number | string | undefined;
}

/** The VAT of all lines with one rate, in the currency's smallest units. */
export interface VatSum {
  rate: string;
  net: bigint;
  vat: bigint;
}

/** An invoice's sums, in the currency's smallest units. */
export interface InvoiceSums {
  /** Each line's amount without VAT. */
  lines: bigint[];
  net: bigint;
  /** The highest rate first. */
  vats: VatSum[];
  total: bigint;
}

/** Digits after the point in a currency: 2 in NOK, none in JPY, 3 in KWD. */
export const minorDigits = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

const sum = (amounts: bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

/** Rates that are the same number are the same rate: 25 and "25.0". */
const rateOf = ({ vat }: CountedLine): string | undefined => (vat === undefined ? undefined : String(Number(vat)));

function sumVat(rate: string, net: bigint): VatSum {
  const { digits, scale } = readDecimal(rate);
  return { rate, net, vat: roundToUnits({ digits: net * digits, scale: scale + 2 }, 0) };
}

/**
 * Counts an invoice exactly. Each line is quantity times price, rounded to the currency's smallest unit; VAT is
 * counted once for each rate, on the sum of its lines, and rounded there, as EN 16931 has it. Halves go away from zero.
 */
export function sumInvoice(lines: CountedLine[], currency: string): InvoiceSums {
  const digits = minorDigits(currency);
  const amounts = lines.map(({ quantity, unitPrice }) =>
    roundToUnits(multiply(readDecimal(quantity), readDecimal(unitPrice)), digits),
  );
  const rates = [...new Set(lines.map(rateOf))].filter((rate) => rate !== undefined);
  const vats = rates
    .sort((one, other) => Number(other) - Number(one))
    .map((rate) => sumVat(rate, sum(amounts.filter((_, index) => rateOf(lines[index] as CountedLine) === rate))));
  const net = sum(amounts);
  return { lines: amounts, net, vats, total: net + sum(vats.map(({ vat }) => vat)) };
}
