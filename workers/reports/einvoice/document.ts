import type { InvoiceData } from '../templates/invoice/data.ts';
import { type CountedInvoice, countInvoice } from '../templates/invoice/sums.ts';
import { writeLines } from './lines.ts';
import { writeBuyer, writeSeller, writeShipTo } from './parties.ts';
import type { EInvoiceProfile } from './profiles.ts';
import { writeSettlement } from './settlement.ts';
import { toPlainText, writeDay } from './values.ts';
import { group, leaf, writeXml, type XmlElement } from './xml.ts';

const UN = 'urn:un:unece:uncefact:data:standard';
const NAMESPACES = {
  'xmlns:rsm': `${UN}:CrossIndustryInvoice:100`,
  'xmlns:ram': `${UN}:ReusableAggregateBusinessInformationEntity:100`,
  'xmlns:udt': `${UN}:UnqualifiedDataType:100`,
  'xmlns:qdt': `${UN}:QualifiedDataType:100`,
};

/** What the document is (BT-3), as UNTDID 1001 numbers it. */
const INVOICE = '380';
const CREDIT_NOTE = '381';

/** Writes a number under which others know something. */
const writeReference = (name: string, number: string | undefined): XmlElement | undefined =>
  group(name, leaf('ram:IssuerAssignedID', number));

function writeAgreement(data: InvoiceData): XmlElement | undefined {
  const { projectNumber } = data;
  return group(
    'ram:ApplicableHeaderTradeAgreement',
    leaf('ram:BuyerReference', data.buyerReference),
    writeSeller(data.seller),
    writeBuyer(data.buyer),
    writeReference('ram:BuyerOrderReferencedDocument', data.orderNumber),
    writeReference('ram:ContractReferencedDocument', data.contractNumber),
    // The schema wants a name beside the number, which the profile does not know.
    group('ram:SpecifiedProcuringProject', leaf('ram:ID', projectNumber), leaf('ram:Name', projectNumber)),
  );
}

/** Writes where and when it was delivered; within the EU the place is always said, and is the buyer's where no other is given. */
function writeDelivery(data: InvoiceData, { vats }: CountedInvoice): XmlElement {
  const { delivered, deliveryAddress, buyer, deliveryNote } = data;
  const isWithinUnion = vats.some(({ category }) => category === 'K');
  const place = deliveryAddress ?? (isWithinUnion ? buyer : undefined);
  const day = typeof delivered === 'string' ? delivered : undefined;
  const name = 'ram:ApplicableHeaderTradeDelivery';
  const written = group(
    name,
    place && writeShipTo(place),
    group('ram:ActualDeliverySupplyChainEvent', writeDay('ram:OccurrenceDateTime', day)),
    writeReference('ram:DespatchAdviceReferencedDocument', deliveryNote),
  );
  // It is there even if nothing is known of it.
  return written ?? { name, attributes: {}, content: [] };
}

/**
 * Writes an invoice as a CrossIndustryInvoice (UN/CEFACT CII D16B) of a profile, from the same exact sums that
 * are printed. `lang` is the language of its words. What the profile demands must be there: see checkEInvoice.
 */
export function writeCii(data: InvoiceData, lang: string, { guideline, process }: EInvoiceProfile): string {
  const counted = countInvoice(data);
  const content = [
    group(
      'rsm:ExchangedDocumentContext',
      group('ram:BusinessProcessSpecifiedDocumentContextParameter', leaf('ram:ID', process)),
      group('ram:GuidelineSpecifiedDocumentContextParameter', leaf('ram:ID', guideline)),
    ),
    group(
      'rsm:ExchangedDocument',
      leaf('ram:ID', data.number),
      leaf('ram:TypeCode', counted.isCredit ? CREDIT_NOTE : INVOICE),
      writeDay('ram:IssueDateTime', data.issued),
      group('ram:IncludedNote', leaf('ram:Content', data.notes && toPlainText(data.notes))),
    ),
    group(
      'rsm:SupplyChainTradeTransaction',
      writeLines(data, counted, lang),
      writeAgreement(data),
      writeDelivery(data, counted),
      writeSettlement(data, counted, lang),
    ),
  ].filter((part) => part !== undefined);
  return writeXml({ name: 'rsm:CrossIndustryInvoice', attributes: NAMESPACES, content });
}
