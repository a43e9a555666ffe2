const POINTS = { mm: 72 / 25.4, cm: 72 / 2.54, in: 72, pt: 1 } as const;
const LENGTH = /^(\d{1,4}(?:\.\d{1,3})?)(mm|cm|in|pt)$/;
/** Figures that are the same to people may differ by this much as they are counted. */
const NEAR = 0.01;

/** A length such as `20mm` in points (1/72 inch); undefined when it is none. */
export function parseLength(length: string): number | undefined {
  const [, amount, unit] = LENGTH.exec(length) ?? [];
  return amount && unit ? Number(amount) * POINTS[unit as keyof typeof POINTS] : undefined;
}

/** Whether it is a length of so many millimetres, both bounds included. */
export function isLength(text: string, least: number, most: number): boolean {
  const points = parseLength(text);
  return points !== undefined && points >= least * POINTS.mm - NEAR && points <= most * POINTS.mm + NEAR;
}
