import type { Messages } from '../messages.ts';

/** What Switzerland calls otherwise than Germany. */
export const deCH: Partial<Messages> = {
  vat: 'MWST',
  vatOf: 'MWST {rate} auf {net}',
  vatId: 'MWST-Nr.',
  orgNumber: 'UID',
  withVat: 'inkl. MWST',
  grossTotal: 'Total inkl. MWST',
  netTotal: 'Total exkl. MWST',
  vatIncluded: 'Enthaltene MWST {rate} auf {net}',
  vatInCurrency: 'MWST in {currency}',
  outOfScope: 'Nicht der MWST unterstellt',
};
