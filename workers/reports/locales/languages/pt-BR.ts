import type { Messages } from '../messages.ts';

/** What Brazil calls otherwise than Portugal. */
export const ptBR: Partial<Messages> = {
  user: 'Usuário',
  entries: 'Registros',
  contents: 'Sumário',
  pieChart: 'Gráfico de pizza',
  due: 'Vencimento',
  vat: 'Impostos',
  netTotal: 'Total sem impostos',
  vatOf: 'Impostos {rate} sobre {net}',
  vatId: 'Inscrição fiscal',
  orgNumber: 'CNPJ',
  quarter: '{quarter}º trim. {year}',
};
