import type { SlipWords } from '../../../model.ts';

/** By language: those that the standard has. */
const WORDS: Record<string, SlipWords> = {
  de: {
    receipt: 'Empfangsschein',
    paymentPart: 'Zahlteil',
    payableTo: 'Konto / Zahlbar an',
    reference: 'Referenz',
    information: 'Zusätzliche Informationen',
    currency: 'Währung',
    amount: 'Betrag',
    payableBy: 'Zahlbar durch',
    payableByBlank: 'Zahlbar durch (Name/Adresse)',
    acceptancePoint: 'Annahmestelle',
    separate: 'Vor der Einzahlung abzutrennen',
  },
  fr: {
    receipt: 'Récépissé',
    paymentPart: 'Section paiement',
    payableTo: 'Compte / Payable à',
    reference: 'Référence',
    information: 'Informations supplémentaires',
    currency: 'Monnaie',
    amount: 'Montant',
    payableBy: 'Payable par',
    payableByBlank: 'Payable par (nom/adresse)',
    acceptancePoint: 'Point de dépôt',
    separate: 'A détacher avant le versement',
  },
  it: {
    receipt: 'Ricevuta',
    paymentPart: 'Sezione pagamento',
    payableTo: 'Conto / Pagabile a',
    reference: 'Riferimento',
    information: 'Informazioni supplementari',
    currency: 'Valuta',
    amount: 'Importo',
    payableBy: 'Pagabile da',
    payableByBlank: 'Pagabile da (nome/indirizzo)',
    acceptancePoint: 'Punto di accettazione',
    separate: 'Da staccare prima del versamento',
  },
};

const ENGLISH: SlipWords = {
  receipt: 'Receipt',
  paymentPart: 'Payment part',
  payableTo: 'Account / Payable to',
  reference: 'Reference',
  information: 'Additional information',
  currency: 'Currency',
  amount: 'Amount',
  payableBy: 'Payable by',
  payableByBlank: 'Payable by (name/address)',
  acceptancePoint: 'Acceptance point',
  separate: 'Separate before paying in',
};

/** Returns the words of a slip in a language; in others than those of the standard they are English. */
export const slipWords = (lang: string): SlipWords => WORDS[new Intl.Locale(lang).language] ?? ENGLISH;
