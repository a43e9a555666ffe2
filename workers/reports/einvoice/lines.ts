import type { InvoiceData, InvoiceLine } from '../templates/invoice/data.ts';
import type { CountedInvoice, CountedLine } from '../templates/invoice/sums.ts';
import type { Decimal } from '../text/decimal.ts';
import { writeChange, writeTax } from './taxes.ts';
import { unitCodeOf } from './units.ts';
import { toAmount, toPlainDecimal, writePeriod } from './values.ts';
import { group, leaf, type XmlElement } from './xml.ts';

/** A price is never below zero (BR-27): what is taken back is a quantity below zero. */
function turnSign({ quantity, netPrice }: CountedLine): { quantity: Decimal; price: Decimal } {
  if (netPrice.digits >= 0n) return { quantity, price: netPrice };
  const negate = ({ digits, scale }: Decimal) => ({ digits: -digits, scale });
  return { quantity: negate(quantity), price: negate(netPrice) };
}

/** Writes what was sold: the first line of its description is its name, the others describe it. */
function writeProduct({ description, itemNumber, buyerItemNumber }: InvoiceLine): XmlElement | undefined {
  const [name = '', ...others] = description.trim().split(/\r?\n/);
  return group(
    'ram:SpecifiedTradeProduct',
    leaf('ram:SellerAssignedID', itemNumber),
    leaf('ram:BuyerAssignedID', buyerItemNumber),
    leaf('ram:Name', name),
    leaf('ram:Description', others.join('\n')),
  );
}

interface LineSetting {
  data: InvoiceData;
  digits: number;
  lang: string;
}

function writeLine(line: InvoiceLine, counted: CountedLine, number: number, setting: LineSetting) {
  const { data, digits, lang } = setting;
  const { quantity, price } = turnSign(counted);
  const change = { digits, pricesIncludeVat: data.pricesIncludeVat };
  return group(
    'ram:IncludedSupplyChainTradeLineItem',
    group(
      'ram:AssociatedDocumentLineDocument',
      leaf('ram:LineID', String(number)),
      group('ram:IncludedNote', leaf('ram:Content', line.note)),
    ),
    writeProduct(line),
    group(
      'ram:SpecifiedLineTradeAgreement',
      group('ram:NetPriceProductTradePrice', leaf('ram:ChargeAmount', toPlainDecimal(price))),
    ),
    group(
      'ram:SpecifiedLineTradeDelivery',
      leaf('ram:BilledQuantity', toPlainDecimal(quantity), { unitCode: unitCodeOf(line.unit, lang) }),
    ),
    group(
      'ram:SpecifiedLineTradeSettlement',
      counted.vat && writeTax('ram:ApplicableTradeTax', counted.vat),
      writePeriod(line.period),
      counted.changes.map((one) => writeChange(one, change)),
      group(
        'ram:SpecifiedTradeSettlementLineMonetarySummation',
        leaf('ram:LineTotalAmount', toAmount(counted.net, digits)),
      ),
    ),
  );
}

/** Writes the lines of an invoice (BG-25). */
export const writeLines = (data: InvoiceData, counted: CountedInvoice, lang: string): (XmlElement | undefined)[] =>
  counted.lines.map((line, index) =>
    writeLine(data.lines[index] as InvoiceLine, line, index + 1, { data, digits: counted.digits, lang }),
  );
