import { type Address, type Buyer, type Seller, streetLines } from '../templates/invoice/parties.ts';
import { schemeOfNumber } from './organizations.ts';
import { group, leaf, type XmlElement } from './xml.ts';

/** Identifiers for VAT are written in many ways; what counts are letters and digits. */
export const plainId = (id: string): string => id.toUpperCase().replaceAll(/[\s.\-/]/g, '');

const LINES = ['ram:LineOne', 'ram:LineTwo', 'ram:LineThree'] as const;

/** The lines of an address that the XML has: those beyond three stand in the third. */
function threeLines(address: Address): string[] {
  const lines = streetLines(address);
  return [...lines.slice(0, 2), lines.slice(2).join(', ')].filter(Boolean);
}

/** The code of a country, for which the list has another one where ISO 3166 has none. */
export const listedCountry = (country: string): string => (country === 'XK' ? '1A' : country);

function writeAddress(address: Address): XmlElement | undefined {
  const lines = threeLines(address);
  return group(
    'ram:PostalTradeAddress',
    leaf('ram:PostcodeCode', address.postalCode),
    LINES.map((name, index) => leaf(name, lines[index])),
    leaf('ram:CityName', address.city),
    leaf('ram:CountryID', address.country && listedCountry(address.country)),
  );
}

function writeContact({ contact, email }: Seller | Buyer): XmlElement | undefined {
  return group(
    'ram:DefinedTradeContact',
    leaf('ram:PersonName', contact?.name),
    group('ram:TelephoneUniversalCommunication', leaf('ram:CompleteNumber', contact?.phone)),
    group('ram:EmailURIUniversalCommunication', leaf('ram:URIID', contact?.email || email)),
  );
}

function writeOrganization({ orgNumber, country }: Seller | Buyer): XmlElement | undefined {
  const { number, scheme } = schemeOfNumber(orgNumber ?? '', country);
  return group('ram:SpecifiedLegalOrganization', leaf('ram:ID', number, scheme ? { schemeID: scheme } : {}));
}

const writeTaxNumber = (scheme: 'VA' | 'FC', id: string | undefined): XmlElement | undefined =>
  group('ram:SpecifiedTaxRegistration', leaf('ram:ID', id, { schemeID: scheme }));

/** What both parties have, in the order of the schema. */
function writeParty(name: string, party: Seller | Buyer, ids: { own?: string | undefined; tax?: string | undefined }) {
  const { electronicAddress: address, vatId } = party;
  return group(
    name,
    leaf('ram:ID', ids.own),
    leaf('ram:Name', party.name),
    writeOrganization(party),
    writeContact(party),
    writeAddress(party),
    group('ram:URIUniversalCommunication', address && leaf('ram:URIID', address.id, { schemeID: address.scheme })),
    writeTaxNumber('VA', vatId && plainId(vatId)),
    writeTaxNumber('FC', ids.tax),
  );
}

/** Writes who sells (BG-4). */
export const writeSeller = (seller: Seller): XmlElement | undefined =>
  writeParty('ram:SellerTradeParty', seller, { tax: seller.taxNumber });

/** Writes who buys (BG-7). */
export const writeBuyer = (buyer: Buyer): XmlElement | undefined =>
  writeParty('ram:BuyerTradeParty', buyer, { own: buyer.customerNumber });

/** Writes where it was delivered (BG-13, BG-15). */
export const writeShipTo = (place: Address & { name?: string | undefined }): XmlElement | undefined =>
  group('ram:ShipToTradeParty', leaf('ram:Name', place.name), writeAddress(place));
