/** How Intl writes the numbers of a format, but for their decimals. */
export function numberStyle(format: string): Intl.NumberFormatOptions {
  const [, sort, currency] = /^(currency|sign):([A-Z]{3})/.exec(format) ?? [];
  if (currency) return { style: 'currency', currency, ...(sort === 'sign' && { currencyDisplay: 'narrowSymbol' }) };
  return format.startsWith('percent') ? { style: 'percent' } : {};
}
