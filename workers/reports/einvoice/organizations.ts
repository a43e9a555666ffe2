/** Registers of organizations by country: the code of their scheme (ISO 6523), and how many digits their numbers have. */
const REGISTERS: Readonly<Record<string, readonly { scheme: string; digits: number }[]>> = {
  BE: [{ scheme: '0208', digits: 10 }],
  DK: [{ scheme: '0184', digits: 8 }],
  EE: [{ scheme: '0191', digits: 8 }],
  FI: [{ scheme: '0212', digits: 8 }],
  FR: [
    { scheme: '0002', digits: 9 },
    { scheme: '0009', digits: 14 },
  ],
  NL: [{ scheme: '0106', digits: 8 }],
  NO: [{ scheme: '0192', digits: 9 }],
  SE: [{ scheme: '0007', digits: 10 }],
};

/** A number of an organization, and the code of the register that it stands in; none where that is not certain. */
export interface OrganizationNumber {
  number: string;
  scheme?: string;
}

/**
 * Finds the register of an organization's number by its country and length: SIREN and SIRET, for example. A number of a
 * known register has digits alone; any other stays as it was written.
 */
export function schemeOfNumber(number: string, country: string | undefined): OrganizationNumber {
  const digits = number.replaceAll(/[\s.-]/g, '');
  const registers = /^\d+$/.test(digits) ? REGISTERS[country ?? ''] : undefined;
  const register = registers?.find((one) => one.digits === digits.length);
  return register ? { number: digits, scheme: register.scheme } : { number };
}
