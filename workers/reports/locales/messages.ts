/** The texts that a report adds by itself, in one language. */
export interface Messages {
  /** `{page}` and `{pages}` are filled in. */
  footer: string;
  /** What rows below a table are called. */
  total: string;
  average: string;
  minimum: string;
  maximum: string;
  count: string;
  /** What `true` and `false` are printed as. */
  yes: string;
  no: string;
  monthlyReport: string;
  user: string;
  name: string;
  period: string;
  created: string;
  entries: string;
  details: string;
  /** The heading of a table of contents. */
  contents: string;
  subtotal: string;
  noData: string;
  other: string;
  barChart: string;
  lineChart: string;
  areaChart: string;
  pieChart: string;
  /** "Jan (lowest 3)": before a value in a sentence about a chart. */
  lowest: string;
  highest: string;
  invoice: string;
  creditNote: string;
  invoiceNumber: string;
  creditNoteNumber: string;
  issued: string;
  due: string;
  buyer: string;
  description: string;
  quantity: string;
  unitPrice: string;
  vat: string;
  amount: string;
  netTotal: string;
  /** `{rate}` and `{net}` are filled in. */
  vatOf: string;
  amountDue: string;
  amountCredited: string;
  payment: string;
  account: string;
  bic: string;
  reference: string;
  terms: string;
  notes: string;
  vatId: string;
  orgNumber: string;
  email: string;
  deliveryDate: string;
  deliveryPeriod: string;
  deliveryAddress: string;
  contact: string;
  customerNumber: string;
  buyerReference: string;
  orderNumber: string;
  contractNumber: string;
  projectNumber: string;
  deliveryNote: string;
  precedingInvoice: string;
  taxNumber: string;
  itemNumber: string;
  buyerItemNumber: string;
  discount: string;
  charge: string;
  linesTotal: string;
  /** Behind the title of a column of prices. */
  withVat: string;
  grossTotal: string;
  /** Of prices with VAT; `{rate}` and `{net}` are filled in. */
  vatIncluded: string;
  prepaid: string;
  rounding: string;
  /** `{currency}` is filled in. */
  vatInCurrency: string;
  /** Why there is no VAT. */
  reverseCharge: string;
  intraCommunity: string;
  exportOutsideEu: string;
  outOfScope: string;
  paymentMeans: string;
  /** Ways of paying. */
  transfer: string;
  directDebit: string;
  mandate: string;
  creditorId: string;
  debitedAccount: string;
  card: string;
  cash: string;
  cheque: string;
  online: string;
  refundAccount: string;
  /** At the foot of a page of a long table of amounts, and at the top of the next. */
  carriedForward: string;
  broughtForward: string;
  scanToPay: string;
  /** Below a total and a chart that show a part of the rows; `{read}` and `{all}` are filled in. */
  partialTotal: string;
  partialChart: string;
  /** What the other rows have; `{count}` is filled in, with one and with more. */
  noNumber: string;
  noNumbers: string;
  noDate: string;
  noDates: string;
  /** A quarter of a year; `{quarter}` and `{year}` are filled in. */
  quarter: string;
  /** Below a chart with a logarithmic scale; `{count}` is filled in. */
  notPositive: string;
}
