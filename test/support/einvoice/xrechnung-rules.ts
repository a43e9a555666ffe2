import { type Part, readCii } from './cii.ts';

// Rules of XRechnung 3.0 (BR-DE) and of Peppol, which it has taken over, as sentences of their own over the XML: nothing
// here is shared with what writes it.

const ROOT = '/CrossIndustryInvoice';
const AGREEMENT = `${ROOT}/SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement`;
const DELIVERY = `${ROOT}/SupplyChainTradeTransaction/ApplicableHeaderTradeDelivery`;
const SETTLEMENT = `${ROOT}/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement`;
const LINE = `${ROOT}/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem`;

const TRANSFERS = ['30', '58'];
const CARDS = ['48', '54', '55'];
const DEBITS = ['49', '59'];

type Rule = [name: string, holds: boolean];

function partyRules(cii: Part): Rule[] {
  const [seller, buyer] = ['SellerTradeParty', 'BuyerTradeParty'].map((name) => cii.parts(`${AGREEMENT}/${name}`)[0]);
  const contact = seller?.parts('DefinedTradeContact')[0];
  const [phone, mail] = [
    contact?.text('TelephoneUniversalCommunication/CompleteNumber') ?? '',
    contact?.text('EmailURIUniversalCommunication/URIID') ?? '',
  ];
  const has = (party: Part | undefined, ...names: string[]) => names.every((name) => Boolean(party?.text(name)));
  const places = ['PostalTradeAddress/CityName', 'PostalTradeAddress/PostcodeCode'];
  const shipTo = cii.parts(`${DELIVERY}/ShipToTradeParty`)[0];
  return [
    ['BR-DE-2: the seller has a contact', contact !== undefined],
    ['BR-DE-3, 4: where the seller is', has(seller, ...places)],
    ['BR-DE-5: who the contact is', has(contact, 'PersonName')],
    ['BR-DE-6, 27: its telephone', phone.replaceAll(/\D/g, '').length >= 3],
    ['BR-DE-7, 28: its mail address', /^[^@\s]{2,}@[^@\s]{2,}$/.test(mail) && !/^\.|\.$|\.@|@\./.test(mail)],
    ['BR-DE-8, 9: where the buyer is', has(buyer, ...places)],
    ['BR-DE-10, 11: where it was delivered', !shipTo || has(shipTo, ...places)],
    ['BR-DE-16: who the seller is for VAT', has(seller, 'SpecifiedTaxRegistration/ID')],
    ['PEPPOL-EN16931-R020: how programs reach the seller', has(seller, 'URIUniversalCommunication/URIID')],
    ['PEPPOL-EN16931-R010: how programs reach the buyer', has(buyer, 'URIUniversalCommunication/URIID')],
  ];
}

function payingRules(cii: Part): Rule[] {
  const means = cii.parts(`${SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans`);
  const isOf = (codes: string[]) => means.some((one) => codes.includes(one.text('TypeCode') ?? ''));
  const [to, from] = ['PayeePartyCreditorFinancialAccount', 'PayerPartyDebtorFinancialAccount/IBANID'].map((name) =>
    means.some((one) => one.parts(name).length > 0),
  );
  const card = means.some((one) => one.parts('ApplicableTradeSettlementFinancialCard').length > 0);
  const creditor = cii.text(`${SETTLEMENT}/CreditorReferenceID`);
  const mandate = cii.text(`${SETTLEMENT}/SpecifiedTradePaymentTerms/DirectDebitMandateID`);
  const terms = cii.text(`${SETTLEMENT}/SpecifiedTradePaymentTerms/Description`) ?? '';
  return [
    ['BR-DE-1: how it is paid', means.length > 0],
    [
      'BR-DE-18: discounts for paying early',
      terms
        .split('\n')
        .filter((line) => line.trim().startsWith('#'))
        .every(
          (line) =>
            /^#SKONTO#TAGE=\d+#PROZENT=\d+\.\d{2}(#BASISBETRAG=-?\d+\.\d{2})?#$/.test(line.trim()) &&
            /^\s*\n/.test(terms.split(/#.+#/).at(-1) ?? ''),
        ),
    ],
    ['BR-DE-23: a transfer has an account', !isOf(TRANSFERS) || (Boolean(to) && !card && !mandate)],
    ['BR-DE-24: a card has its number', !isOf(CARDS) || card],
    ['BR-DE-25, 30, 31: a debit has its creditor and account', !isOf(DEBITS) || Boolean(creditor && from && !to)],
    ['PEPPOL-EN16931-R061: a debit has its mandate', !isOf(DEBITS) || Boolean(mandate)],
  ];
}

/** The rules of XRechnung that an e-invoice breaks, of those that are checked here; none where all hold. */
export function brokenXRechnungRules(xml: string): string[] {
  const cii = readCii(xml);
  const header = `${SETTLEMENT}/BillingSpecifiedPeriod`;
  const [start, end] = ['StartDateTime', 'EndDateTime'].map((name) => cii.text(`${header}/${name}/DateTimeString`));
  const periods = cii.parts(`${LINE}/SpecifiedLineTradeSettlement/BillingSpecifiedPeriod`);
  const rules: Rule[] = [
    [
      'BR-DE-14: a rate of each VAT',
      cii.parts(`${SETTLEMENT}/ApplicableTradeTax`).every((one) => Boolean(one.text('RateApplicablePercent'))),
    ],
    ['BR-DE-15: the reference of the buyer', Boolean(cii.text(`${AGREEMENT}/BuyerReference`))],
    [
      'BR-DE-17: what the document is',
      ['326', '380', '384', '389', '381'].includes(cii.text(`${ROOT}/ExchangedDocument/TypeCode`) ?? ''),
    ],
    [
      'BR-DE-21: the rules that it follows',
      cii.text('//GuidelineSpecifiedDocumentContextParameter/ID') ===
        'urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0',
    ],
    [
      'PEPPOL-EN16931-R001: the process',
      cii.text('//BusinessProcessSpecifiedDocumentContextParameter/ID') ===
        'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0',
    ],
    [
      'PEPPOL-EN16931-R008: no empty elements',
      !/<(\w+:\w+)[^>]*>\s*<\/\1>|<[^>]+\/>/.test(xml.replaceAll(/<ram:ApplicableHeaderTradeDelivery\s*\/>/g, '')),
    ],
    [
      'PEPPOL-EN16931-R110, R111: periods of lines',
      periods.every((one) => {
        const [from, to] = ['StartDateTime', 'EndDateTime'].map((name) => one.text(`${name}/DateTimeString`));
        return (!start || !from || from >= start) && (!end || !to || to <= end);
      }),
    ],
  ];
  return [...rules, ...partyRules(cii), ...payingRules(cii)].flatMap(([name, holds]) => (holds ? [] : [name]));
}
