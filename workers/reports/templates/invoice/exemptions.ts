import type { Messages } from '../../locales/messages.ts';
import type { InvoiceData } from './data.ts';
import type { VatCategory } from './fields.ts';

/** Categories whose reason is the same for everybody: the word for it, and its code in the list VATEX. */
const USUAL: Partial<Record<VatCategory, { word: keyof Messages; code: string }>> = {
  AE: { word: 'reverseCharge', code: 'VATEX-EU-AE' },
  K: { word: 'intraCommunity', code: 'VATEX-EU-IC' },
  G: { word: 'exportOutsideEu', code: 'VATEX-EU-G' },
  O: { word: 'outOfScope', code: 'VATEX-EU-O' },
};

/** Why something of a category bears no VAT. */
export interface Exemption {
  /** BT-120. */
  reason?: string | undefined;
  /** BT-121. */
  code?: string | undefined;
}

/** Finds why a category bears no VAT: as the invoice says, else in the usual words; nothing of what bears VAT. */
export function exemptionOf(category: VatCategory, { exemptions }: InvoiceData, messages: Messages): Exemption {
  const usual = USUAL[category];
  const given = exemptions.find((exemption) => exemption.category === category);
  return {
    reason: given?.reason ?? (usual && messages[usual.word]),
    code: given?.code ?? usual?.code,
  };
}
